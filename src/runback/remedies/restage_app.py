"""Stages an app again, and replaces its instances one by one."""

from __future__ import annotations

from runback.model import Plan
from runback.remedies.interface import Asked, go_to_space
from runback.remedies.restarts import restage


def plan(asked: Asked) -> Plan:
    app = asked.app()
    return Plan(
        remedy=asked.remedy,
        sentence=f"Restage {app.name}.",
        safe=False,
        steps=(*go_to_space(asked, app), restage(app)),
    )
