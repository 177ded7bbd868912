"""Gives an app the health check that its manifest says, or that the same app has elsewhere."""

from __future__ import annotations

from typing import NamedTuple

from runback.facts.processes import web_process
from runback.facts.views import peers_of
from runback.model import App, Evidence, Plan, PlanStep, Scalar
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space
from runback.remedies.manifests import setting
from runback.remedies.restarts import restart

KINDS = ("http", "port", "process")


class Check(NamedTuple):
    kind: str
    endpoint: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        return (
            (self.kind, "--endpoint", self.endpoint)
            if self.kind == "http" and self.endpoint
            else (self.kind,)
        )

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.endpoint}" if self.kind == "http" and self.endpoint else self.kind


def plan(asked: Asked) -> Plan:
    """Which path answers 200 is nobody's to guess: a file or another environment must say it."""
    app = asked.app()
    process = web_process(app)
    if process is None or process.health is None:
        raise Blocked(f"the health check of {app.name} could not be read")
    now = Check(process.health.type, process.health.endpoint if process.health.type == "http" else None)
    wanted, why = _wanted(asked.evidence, app, now)
    parameters: dict[str, Scalar] = {"guid": app.guid, "type": process.type, "check_type": wanted.kind}
    if wanted.endpoint:
        parameters["check_endpoint"] = wanted.endpoint
    step = PlanStep(
        sentence=f"Check the health of {app.name} by {wanted.shown}, {why}, and not by {now.shown}.",
        command=command("cf", "set-health-check", app.name, *wanted.words),
        changes=f"how the platform tells whether {app.name} is well; it counts from the next start on",
        undo=command("cf", "set-health-check", app.name, *now.words),
        needs=DEVELOPER,
        action="PATCH /v3/apps/{guid}/processes/{type}",
        parameters=parameters,
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Give {app.name} the health check {wanted.shown} again.",
        safe=True,
        steps=(*go_to_space(asked, app), step, restart(app)),
    )


def _wanted(evidence: Evidence, app: App, now: Check) -> tuple[Check, str]:
    """The check that differs from the present one, and who says so. Raises Blocked."""
    kind = setting(evidence, app, "health check")
    if kind in KINDS:
        endpoint = setting(evidence, app, "health endpoint") if kind == "http" else None
        declared = Check(kind, endpoint or ("/" if kind == "http" else None))
        if declared != now:
            return declared, "as its manifest says"
    for peer in peers_of(evidence, app):
        process = web_process(peer)
        if process is not None and process.health is not None:
            other = Check(
                process.health.type, process.health.endpoint if process.health.type == "http" else None
            )
            if other != now:
                return other, f"as {peer.name} does"
    raise Blocked(
        f"which health check {app.name} should have is not said: its manifest has the present one or none"
    )
