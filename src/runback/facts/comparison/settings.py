"""How an app runs: instances, memory, disk, health check, buildpacks, stack, command, sidecars."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from runback.facts.expected import Expectation, expectations
from runback.facts.values import AGREE
from runback.model import App, Compared, Evidence, Gap, Match, Process

_SIZE = re.compile(r"(\d{1,9})\s*([KMGT]?)B?", re.IGNORECASE)
_MB = {"K": 1 / 1024, "": 1, "M": 1, "G": 1024, "T": 1024 * 1024}
OF_PROCESS = ("instances", "memory", "disk", "health check", "command")


def settings(evidence: Evidence, app: App, peers: Sequence[App]) -> Iterator[Compared]:
    listed = {
        one.name.known: one
        for one in expectations(evidence, app.name, "setting")
        if one.name.known is not None and not one.doubtful
    }
    mine, theirs = _processes(app), [_processes(peer) for peer in peers]
    kinds = sorted({kind for table in (mine, *theirs) if not isinstance(table, Gap) for kind in table})
    for kind in kinds:
        for what in OF_PROCESS:
            key = what if kind == "web" else f"{kind} {what}"
            actual, cells = _told(mine, kind, what), [_told(table, kind, what) for table in theirs]
            wanted = _wanted(what, listed, key)
            yield from _row(
                "scale" if what in OF_PROCESS[:3] else "setting", f"{kind} {what}", actual, cells, wanted
            )
    for what, tell in _OF_APP.items():
        packs = listed.get(what)
        said = (packs.value.likely or "", packs) if packs is not None else None
        yield from _row("setting", what, tell(app), [tell(peer) for peer in peers], said)


def _row(
    subject: str,
    name: str,
    actual: str | Gap,
    cells: Sequence[str | Gap],
    wanted: tuple[str, Expectation] | None,
) -> Iterator[Compared]:
    """Nothing where nobody says anything. A command's text is never told."""
    secret = name.endswith("command")
    expected = wanted[0] if wanted is not None else ""
    if actual == "none" and not expected and all(cell == "none" for cell in cells):
        return
    remark, verdict = _remark(actual, cells, expected)
    if secret:
        remark = (
            {"missing": "the manifest gives one", "different": "not the manifest's"}.get(verdict, "")
            if remark
            else ""
        )
    yield Compared(
        subject=subject,  # type: ignore[arg-type]
        name=name,
        expected=wanted[1].place if wanted is not None else "",
        wanted="set" if secret and expected else expected,
        actual=_shape(actual) if secret else actual,
        peers=tuple(_shape(cell) for cell in cells) if secret else tuple(cells),
        remark=remark,
        verdict=verdict,
    )


def _shape(cell: str | Gap) -> str | Gap:
    return "set" if isinstance(cell, str) and cell not in ("none", "missing") else cell


def _remark(actual: str | Gap, cells: Sequence[str | Gap], expected: str) -> tuple[str, Match]:
    if isinstance(actual, Gap):
        return "", ""
    asked = [cell for cell in cells if isinstance(cell, str)]
    if expected:
        if actual == expected:
            return "", "same"
        return f"the deployment says {expected}", "missing" if actual == "none" else "different"
    if len(asked) < AGREE or len(set(asked)) != 1 or actual == asked[0]:
        return "", "same"
    return f"all peers have {asked[0]}", "different"


def _wanted(what: str, listed: Mapping[str, Expectation], key: str) -> tuple[str, Expectation] | None:
    """What the files say of a process's setting, in the form in which the platform tells it."""
    found = listed.get(key)
    value = found.value.likely if found is not None else None
    if found is None or value is None:
        return None
    if what in ("memory", "disk"):
        size = _SIZE.fullmatch(value.strip())
        return (f"{round(int(size[1]) * _MB[size[2].upper()])} MB", found) if size else None
    if what == "health check" and value == "http":
        endpoint = listed.get(key.replace("check", "endpoint"))
        return f"http {(endpoint.value.likely if endpoint is not None else '') or '/'}", found
    return ("process" if value == "none" and what == "health check" else value), found


def _processes(app: App) -> dict[str, Process] | Gap:
    if isinstance(app.processes, Gap):
        return app.processes
    return {process.type: process for process in app.processes}


def _told(table: dict[str, Process] | Gap, kind: str, what: str) -> str | Gap:
    if isinstance(table, Gap):
        return table
    process = table.get(kind)
    return _TELL[what](process) if process is not None else "missing"


def _health(process: Process) -> str:
    health = process.health
    if health is None:
        return "none"
    return f"http {health.endpoint or '/'}" if health.type == "http" else health.type


def _buildpacks(app: App) -> str | Gap:
    return ", ".join(app.buildpacks) or "none"


def _stack(app: App) -> str | Gap:
    return app.stack or "none"


def _sidecars(app: App) -> str | Gap:
    if isinstance(app.sidecars, Gap):
        return app.sidecars
    return ", ".join(sorted(one.name for one in app.sidecars)) or "none"


_TELL: Mapping[str, Callable[[Process], str]] = {
    "instances": lambda process: str(process.desired),
    "memory": lambda process: f"{process.memory_mb} MB",
    "disk": lambda process: f"{process.disk_mb} MB",
    "health check": _health,
    "command": lambda process: process.command or "none",
}
_OF_APP: Mapping[str, Callable[[App], str | Gap]] = {
    "buildpacks": _buildpacks,
    "stack": _stack,
    "sidecars": _sidecars,
}
