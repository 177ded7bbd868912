"""Gives an app more memory or disk: what its manifest asks for where that is more, else twice as much."""

from __future__ import annotations

from runback.facts.processes import web_process
from runback.model import App, Gap, Plan, PlanStep, Process
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space
from runback.remedies.manifests import megabytes
from runback.remedies.restarts import restart

LARGEST_MB = 65536


def plan(asked: Asked) -> Plan:
    """`memory`: the MB that the app has; `type` of the process, by default web."""
    process = _process(asked)
    now = asked.integer("memory", 1, LARGEST_MB) if "memory" in asked.parameters else process.memory_mb
    return _more(asked, process, now, what="memory", option="-m", parameter="memory_in_mb")


def disk(asked: Asked) -> Plan:
    """As `plan`, for the disk of each instance."""
    process = _process(asked)
    return _more(asked, process, process.disk_mb, what="disk", option="-k", parameter="disk_in_mb")


def _more(asked: Asked, process: Process, now: int, *, what: str, option: str, parameter: str) -> Plan:
    app = asked.app()
    there = process.memory_mb if what == "memory" else process.disk_mb
    in_manifest = megabytes(asked.evidence, app, what) if process.type == "web" else None
    more = min(max(now * 2, in_manifest or 0), LARGEST_MB)
    if in_manifest is not None and in_manifest > now:
        more = in_manifest
    other = () if process.type == "web" else ("--process", process.type)
    why = ", as its manifest says" if more == in_manifest else ""
    kind = "" if what == "memory" else f" of {what}"
    scale = PlanStep(
        sentence=f"Give {app.name} {more} MB{kind} instead of {now} MB{why}.",
        command=command("cf", "scale", app.name, *other, option, f"{more}M", "-f"),
        changes=f"the {what} limit of {app.name}"
        + ("; it counts against the quota of the organisation" if what == "memory" else ""),
        interrupts=True,
        undo=command("cf", "scale", app.name, *other, option, f"{now}M", "-f"),
        needs=DEVELOPER,
        action="POST /v3/apps/{guid}/processes/{type}/actions/scale",
        parameters={"guid": app.guid, "type": process.type, parameter: more, f"from_{parameter}": there},
    )
    keep = PlanStep(
        sentence=f"Write the same limit into the manifest of {app.name}; the next push takes it from there."
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Raise the {what} limit of {app.name} to {more} MB.",
        safe=False,
        steps=(*go_to_space(asked, app), scale, _bring_in(app), *(() if why else (keep,))),
    )


def _bring_in(app: App) -> PlanStep:
    """cf scale restarts the app by itself; the API does not."""
    again = restart(app)
    return PlanStep(
        sentence=f"{again.sentence} (cf scale has done so already.)",
        changes=again.changes,
        needs=again.needs,
        action=again.action,
        parameters=again.parameters,
    )


def _process(asked: Asked) -> Process:
    app = asked.app()
    kind = asked.word("type", r"[\w-]+") if "type" in asked.parameters else "web"
    found = () if isinstance(app.processes, Gap) else app.processes
    process = web_process(app) if kind == "web" else next((one for one in found if one.type == kind), None)
    if process is None:
        raise Blocked(f"{app.name} has no process {kind}")
    return process
