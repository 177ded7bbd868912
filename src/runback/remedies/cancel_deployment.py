"""Cancels a deployment that does not move."""

from __future__ import annotations

from runback.model import Gap, Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space


def plan(asked: Asked) -> Plan:
    app = asked.app()
    found = () if isinstance(app.deployments, Gap) else app.deployments
    active = next((one for one in found if one.status == "ACTIVE"), None)
    if active is None:
        raise Blocked(f"no deployment of {app.name} is under way")
    cancel = PlanStep(
        sentence=f"Cancel the deployment of {app.name}: its old instances serve on with the old droplet.",
        command=command("cf", "cancel-deployment", app.name),
        changes="the droplet goes back; variables and bindings that were changed stay changed",
        needs=DEVELOPER,
        action="POST /v3/deployments/{guid}/actions/cancel",
        parameters={"guid": active.guid},
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Cancel the deployment of {app.name}.",
        safe=False,
        steps=(*go_to_space(asked, app), cancel),
    )
