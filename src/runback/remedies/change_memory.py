"""Gives an app more memory."""

from __future__ import annotations

from runback.model import Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, command, go_to_space

LARGEST_MB = 65536


def plan(asked: Asked) -> Plan:
    app = asked.app()
    now = asked.integer("memory", 1, LARGEST_MB)
    process = asked.word("type", r"[\w-]+") if "type" in asked.parameters else "web"
    more = min(now * 2, LARGEST_MB)
    other = () if process == "web" else ("--process", process)
    scale = PlanStep(
        sentence=f"Give {app.name} {more} MB instead of {now} MB.",
        command=command("cf", "scale", app.name, *other, "-m", f"{more}M", "-f"),
        changes=f"the memory limit of {app.name}; it counts against the quota of the organisation",
        interrupts=True,
        undo=command("cf", "scale", app.name, *other, "-m", f"{now}M", "-f"),
        needs=DEVELOPER,
        action="POST /v3/apps/{guid}/processes/{type}/actions/scale",
        parameters={"guid": app.guid, "type": process, "memory_in_mb": more},
    )
    keep = PlanStep(
        sentence=f"Write the same limit into the manifest of {app.name}; the next push takes it from there."
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Raise the memory limit of {app.name} to {more} MB.",
        safe=False,
        steps=(*go_to_space(asked, app), scale, keep),
    )
