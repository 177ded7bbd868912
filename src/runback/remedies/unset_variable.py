"""Takes a variable away from an app."""

from __future__ import annotations

from runback.model import Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, command, go_to_space
from runback.remedies.restarts import restart


def plan(asked: Asked) -> Plan:
    app, name = asked.app(), asked.word("name")
    step = PlanStep(
        sentence=f"Take {name} away from {app.name}.",
        command=command("cf", "unset-env", app.name, name),
        changes=f"{name} of {app.name}; its value is not kept, and the process sees it until it restarts",
        needs=DEVELOPER,
        action="PATCH /v3/apps/{guid}/environment_variables",
        parameters={"guid": app.guid, "name": name, "unset": True},
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Unset {name} in {app.name}.",
        safe=False,
        steps=(*go_to_space(asked, app), step, restart(app)),
    )
