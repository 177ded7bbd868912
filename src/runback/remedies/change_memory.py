"""Gives an app more memory: what its manifest asks for, where that is more, else twice what it has."""

from __future__ import annotations

import re

from runback.model import App, Evidence, Plan, PlanStep, Repository
from runback.remedies.interface import DEVELOPER, Asked, command, go_to_space
from runback.remedies.restarts import restart

LARGEST_MB = 65536
_NAME = re.compile(r"^\s*-?\s*name:\s*[\"']?([\w.-]+)", re.MULTILINE)
_MEMORY = re.compile(r"^\s*-?\s*memory:\s*[\"']?(\d+)\s*([MG])B?\b", re.MULTILINE | re.IGNORECASE)


def plan(asked: Asked) -> Plan:
    app = asked.app()
    now = asked.integer("memory", 1, LARGEST_MB)
    process = asked.word("type", r"[\w-]+") if "type" in asked.parameters else "web"
    in_manifest = manifest_memory(asked.evidence, app) if process == "web" else None
    more = min(max(now * 2, in_manifest or 0), LARGEST_MB)
    other = () if process == "web" else ("--process", process)
    why = ", as its manifest says" if more == in_manifest else ""
    scale = PlanStep(
        sentence=f"Give {app.name} {more} MB instead of {now} MB{why}.",
        command=command("cf", "scale", app.name, *other, "-m", f"{more}M", "-f"),
        changes=f"the memory limit of {app.name}; it counts against the quota of the organisation",
        interrupts=True,
        undo=command("cf", "scale", app.name, *other, "-m", f"{now}M", "-f"),
        needs=DEVELOPER,
        action="POST /v3/apps/{guid}/processes/{type}/actions/scale",
        parameters={"guid": app.guid, "type": process, "memory_in_mb": more},
    )
    again = restart(app)
    bring = PlanStep(
        sentence=f"{again.sentence} (cf scale has done so already.)",
        changes=again.changes,
        needs=again.needs,
        action=again.action,
        parameters=again.parameters,
    )
    keep = PlanStep(
        sentence=f"Write the same limit into the manifest of {app.name}; the next push takes it from there."
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Raise the memory limit of {app.name} to {more} MB.",
        safe=False,
        steps=(*go_to_space(asked, app), scale, bring, *(() if why else (keep,))),
    )


def manifest_memory(evidence: Evidence, app: App) -> int | None:
    """MB that the app's manifest asks for; a manifest's name may lack the environment at its end.

    Only for a manifest with one application: which memory belongs to which is not guessed.
    """
    repository = evidence.repository
    best: tuple[int, int] | None = None  # length of the name that fits, MB
    for file in repository.files if isinstance(repository, Repository) else ():
        names, memory = _NAME.findall(file.text), _MEMORY.findall(file.text)
        if "manifest" not in file.path.rsplit("/", 1)[-1] or len(names) != 1 or len(memory) != 1:
            continue
        size = int(memory[0][0]) * (1024 if memory[0][1].upper() == "G" else 1)
        fits = app.name == names[0] or app.name.startswith(f"{names[0]}-")
        if fits and (best is None or len(names[0]) > best[0]):
            best = (len(names[0]), size)
    return best[1] if best else None
