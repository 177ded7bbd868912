"""An app beside the same app in other environments: what a person would compare by hand, values apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from runback.facts import views
from runback.facts.expected import expectations
from runback.model import App, Compared, Comparison, Evidence, Gap, Platform, Process, Variable

Subject: TypeAlias = Literal["service", "route", "policy"]
LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - looked for, not bound to
AGREE = 2  # peers that must say the same before one that differs is remarked


def compare(evidence: Evidence, name: str) -> Comparison:
    """The comparison of the app `name` with its peers, as far as they were collected."""
    world = views.platform(evidence)
    apps = () if world is None or isinstance(world.apps, Gap) else world.apps
    app = next((one for one in apps if one.name == name), None)
    if world is None or app is None:
        gap = Gap(what=name, reason="it could not be read")
        return Comparison(app=name, peers=(), rows=(), unknown=(gap,))
    peers = views.peers_of(evidence, app)
    rows = (
        *_variables(evidence, app, peers),
        *_named("service", app, peers, {one.guid: _services(one) for one in (app, *peers)}),
        *_named("route", app, peers, {one.guid: _routes(one) for one in (app, *peers)}),
        *_named("policy", app, peers, {one.guid: _policies(world, one) for one in (app, *peers)}),
        *_scale(app, peers),
    )
    return Comparison(
        app=name, peers=tuple(peer.name for peer in peers), rows=rows, unknown=_gaps(app, peers)
    )


def _gaps(app: App, peers: Sequence[App]) -> tuple[Gap, ...]:
    parts = (
        part for one in (app, *peers) for part in (one.variables, one.bindings, one.routes, one.processes)
    )
    return tuple(dict.fromkeys(part for part in parts if isinstance(part, Gap)))


# --- variables ------------------------------------------------------------------------------------


def _variables(evidence: Evidence, app: App, peers: Sequence[App]) -> Iterator[Compared]:
    listed = {
        one.name.known: one.place
        for one in expectations(evidence, app.name, "variable")
        if one.name.known is not None
    }
    own = _by_name(app)
    theirs = [_by_name(peer) for peer in peers]
    tables = [table for table in (own, *theirs) if not isinstance(table, Gap)]
    for name in sorted({*listed, *(name for table in tables for name in table)}):
        mine = own if isinstance(own, Gap) else own.get(name)
        cells = [table if isinstance(table, Gap) else table.get(name) for table in theirs]
        yield Compared(
            subject="variable",
            name=name,
            expected=listed.get(name, ""),
            actual=mine if isinstance(mine, Gap) else _said(app, mine),
            peers=tuple(_beside(mine, cell) for cell in cells),
            remark=_variable_remark(app, mine, cells, name in listed, peers),
        )


def _by_name(app: App) -> dict[str, Variable] | Gap:
    if isinstance(app.variables, Gap):
        return app.variables
    return {variable.name: variable for variable in app.variables}


def _said(app: App, variable: Variable | None) -> str:
    """What may be told of a variable: its shape, and of an address host and port."""
    if variable is None:
        return "missing"
    if variable.shape == "empty":
        return "empty"
    address = next((one for one in app.addresses if one.variable == variable.name), None)
    if address is None:
        return f"set ({variable.shape})"
    return f"set ({address.host}{f':{address.port}' if address.port else ''})"


def _beside(mine: Variable | Gap | None, other: Variable | Gap | None) -> str | Gap:
    if isinstance(other, Gap):
        return other
    if other is None or other.shape == "empty":
        return "missing" if other is None else "empty"
    if mine is None or isinstance(mine, Gap):
        return "set"
    return "same" if mine.fingerprint == other.fingerprint else "different"


def _variable_remark(
    app: App,
    mine: Variable | Gap | None,
    cells: Sequence[Variable | Gap | None],
    listed: bool,
    peers: Sequence[App],
) -> str:
    if isinstance(mine, Gap):
        return ""
    others = [cell for cell in cells if isinstance(cell, Variable) and cell.shape != "empty"]
    if mine is None or mine.shape == "empty":
        if others:
            return f"{len(others)} of {len(cells)} peers have it"
        return "the deployment lists it" if listed else ""
    address = next((one for one in app.addresses if one.variable == mine.name), None)
    if address is not None and address.host in LOCAL:
        return "still points to this machine"
    if address is not None and any(end in re.split(r"[-.]", address.host) for end in _ends(app, peers)):
        return "points to another environment"
    shapes = Counter(cell.shape for cell in others)
    if len(others) >= AGREE and len(shapes) == 1 and mine.shape not in shapes:
        return f"all peers have {next(iter(shapes))}"
    prints = {cell.fingerprint for cell in others}
    if len(others) >= AGREE and len(prints) == 1 and mine.fingerprint not in prints:
        return "all peers agree on another value"
    return ""


def _ends(app: App, peers: Sequence[App]) -> set[str]:
    """The words that tell the peers' environments from the app's own."""
    return {_end(peer.name) for peer in peers} - {_end(app.name)}


def _end(name: str) -> str:
    return name.rpartition("-")[2]


# --- services, routes, policies -------------------------------------------------------------------


def _named(
    subject: Subject, app: App, peers: Sequence[App], found: Mapping[str, Mapping[str, str] | Gap]
) -> Iterator[Compared]:
    """A row for each thing that the app or a peer has; a thing's key has '*' for the environment."""
    mine, theirs = found[app.guid], [found[peer.guid] for peer in peers]
    keys = {key for table in (mine, *theirs) if not isinstance(table, Gap) for key in table}
    for key in sorted(keys):
        cells = [table if isinstance(table, Gap) else table.get(key, "missing") for table in theirs]
        with_it = sum(not isinstance(cell, Gap) and cell != "missing" for cell in cells)
        actual = mine if isinstance(mine, Gap) else mine.get(key, "missing")
        lacks = actual == "missing" and with_it
        alone = not isinstance(actual, Gap) and actual != "missing" and len(cells) >= AGREE and not with_it
        yield Compared(
            subject=subject,
            name=key,
            actual=actual,
            peers=tuple(cells),
            remark=f"{with_it} of {len(cells)} peers have it" if lacks else "no peer has it" if alone else "",
        )


def _services(app: App) -> dict[str, str] | Gap:
    if isinstance(app.bindings, Gap):
        return app.bindings
    states = {"succeeded": "bound"}
    return {_starred(one.service, app): states.get(one.state, one.state) for one in app.bindings}


def _routes(app: App) -> dict[str, str] | Gap:
    if isinstance(app.routes, Gap):
        return app.routes
    return {_starred(route.url, app): "mapped" for route in app.routes}


def _policies(world: Platform, app: App) -> dict[str, str] | Gap:
    if isinstance(world.policies, Gap):
        return world.policies

    def other(guid: str) -> str:
        return _starred(world.names[guid], app) if guid in world.names else f"app {guid[:8]}"

    found = {}
    for policy in world.policies:
        ports = str(policy.start) if policy.start == policy.end else f"{policy.start}-{policy.end}"
        if policy.source == app.guid:
            found[f"to {other(policy.destination)} {policy.protocol} {ports}"] = "allowed"
        elif policy.destination == app.guid:
            found[f"from {other(policy.source)} {policy.protocol} {ports}"] = "allowed"
    return found


def _starred(name: str, app: App) -> str:
    """The name with '*' where it says its environment: the end of the app's or of its space's name."""
    ends = {_end(app.name), _end(app.space)}
    words = re.split(r"([-.])", name)
    return "".join("*" if word in ends else word for word in words)


# --- scale ----------------------------------------------------------------------------------------


def _scale(app: App, peers: Sequence[App]) -> Iterator[Compared]:
    mine = _by_type(app)
    theirs = [_by_type(peer) for peer in peers]
    types = sorted({kind for table in (mine, *theirs) if not isinstance(table, Gap) for kind in table})
    for kind in types:
        for what, tell in SCALE.items():
            cells = [_told(table, kind, tell) for table in theirs]
            actual = _told(mine, kind, tell)
            yield Compared(
                subject="scale",
                name=f"{kind} {what}",
                actual=actual,
                peers=tuple(cells),
                remark=_scale_remark(actual, cells),
            )


def _by_type(app: App) -> dict[str, Process] | Gap:
    if isinstance(app.processes, Gap):
        return app.processes
    return {process.type: process for process in app.processes}


def _told(table: dict[str, Process] | Gap, kind: str, tell: Callable[[Process], str]) -> str | Gap:
    if isinstance(table, Gap):
        return table
    process = table.get(kind)
    return tell(process) if process is not None else "missing"


def _instances(process: Process) -> str:
    return str(process.desired)


def _memory(process: Process) -> str:
    return f"{process.memory_mb} MB"


def _health(process: Process) -> str:
    health = process.health
    return " ".join(filter(None, (health.type, health.endpoint))) if health else "none"


SCALE: Mapping[str, Callable[[Process], str]] = {
    "instances": _instances,
    "memory": _memory,
    "health check": _health,
}


def _scale_remark(actual: str | Gap, cells: Iterable[str | Gap]) -> str:
    known = [cell for cell in cells if isinstance(cell, str)]
    if isinstance(actual, Gap) or len(known) < AGREE or len(set(known)) != 1 or actual == known[0]:
        return ""
    return f"all peers have {known[0]}"
