"""Starts an app that is stopped."""

from __future__ import annotations

from runback.model import Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space


def plan(asked: Asked) -> Plan:
    app = asked.app()
    if app.state != "STOPPED":
        raise Blocked(f"{app.name} is started already")
    start = PlanStep(
        sentence=f"Start {app.name} with the droplet it has.",
        command=command("cf", "start", app.name),
        changes=f"{app.name} runs",
        undo=command("cf", "stop", app.name),
        needs=DEVELOPER,
        action="POST /v3/apps/{guid}/actions/start",
        parameters={"guid": app.guid},
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Start {app.name}.",
        safe=True,
        steps=(*go_to_space(asked, app), start),
    )
