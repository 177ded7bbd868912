"""The steps that bring new settings into a running app: a restart, or a restage."""

from __future__ import annotations

from runback.facts.processes import is_down
from runback.model import App, PlanStep
from runback.remedies.interface import DEVELOPER, command


def restart(app: App) -> PlanStep:
    """One by one where instances still serve; at once where none does: nothing is interrupted."""
    if is_down(app) or app.state == "STOPPED":
        return PlanStep(
            sentence=f"Restart {app.name}, so that it sees the change.",
            command=command("cf", "restart", app.name),
            changes=f"{app.name} starts anew",
            needs=DEVELOPER,
            action="POST /v3/apps/{guid}/actions/restart",
            parameters={"guid": app.guid},
        )
    return PlanStep(
        sentence=f"Restart {app.name} instance by instance, so that it sees the change.",
        command=command("cf", "restart", app.name, "--strategy", "rolling"),
        changes="each instance is replaced once the new one is healthy",
        needs=DEVELOPER,
        action="POST /v3/deployments",
        parameters={"app": app.guid, "strategy": "rolling"},
    )
