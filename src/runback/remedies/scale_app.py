"""Gives an app's process another number of instances."""

from __future__ import annotations

from runback.facts.processes import web_process
from runback.model import App, Gap, Plan, PlanStep, Process
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space

MOST = 100


def plan(asked: Asked) -> Plan:
    """`instances`, by default one; `type`, by default web."""
    app = asked.app()
    wanted = asked.integer("instances", 1, MOST) if "instances" in asked.parameters else 1
    kind = asked.word("type", r"[\w-]+") if "type" in asked.parameters else "web"
    process = _process(app, kind)
    if process is None:
        raise Blocked(f"{app.name} has no process {kind}")
    other = () if kind == "web" else ("--process", kind)
    step = PlanStep(
        sentence=f"Give {app.name} {_instances(wanted)} instead of {process.desired}.",
        command=command("cf", "scale", app.name, *other, "-i", str(wanted)),
        changes="instances start or end; those that stay serve on",
        undo=command("cf", "scale", app.name, *other, "-i", str(process.desired)),
        needs=DEVELOPER,
        action="POST /v3/apps/{guid}/processes/{type}/actions/scale",
        parameters={"guid": app.guid, "type": kind, "instances": wanted, "from_instances": process.desired},
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Scale {app.name} to {_instances(wanted)}.",
        safe=True,
        steps=(*go_to_space(asked, app), step),
    )


def _instances(number: int) -> str:
    return "1 instance" if number == 1 else f"{number} instances"


def _process(app: App, kind: str) -> Process | None:
    if kind == "web":
        return web_process(app)
    found = () if isinstance(app.processes, Gap) else app.processes
    return next((one for one in found if one.type == kind), None)
