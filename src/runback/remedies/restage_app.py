"""Stages an app again, and replaces its instances one by one."""

from __future__ import annotations

from runback.model import Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, command, go_to_space


def plan(asked: Asked) -> Plan:
    app = asked.app()
    step = PlanStep(
        sentence=f"Stage {app.name} again and replace its instances one by one.",
        # Without the strategy cf stops the app while it stages.
        command=command("cf", "restage", app.name, "--strategy", "rolling"),
        changes="a new droplet of the newest package, with the buildpacks of today",
        undo=command("cf", "rollback", app.name),
        needs=DEVELOPER,
        action="POST /v3/builds",
        parameters={"app": app.guid},
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Restage {app.name}.",
        safe=False,
        steps=(*go_to_space(asked, app), step),
    )
