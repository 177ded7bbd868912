"""Services, routes and policies of an app: what is expected, what is there, what the peers have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from runback.facts import views
from runback.facts.expected import Expectation, expectations
from runback.facts.expected import instances as created
from runback.facts.instances import wanted_plan
from runback.facts.values import AGREE, starred
from runback.model import App, Compared, Evidence, Gap, Match, Platform, Service

Subject: TypeAlias = Literal["service", "route", "policy"]
Found: TypeAlias = Mapping[str, str] | Gap
_STATES = {"succeeded": "bound"}


class Listed(NamedTuple):
    """What files say of one kind of thing: key → who says it. `any` tells whether they say anything."""

    wanted: dict[str, Expectation]
    word: str  # bound, mapped, allowed
    any: bool


def services(evidence: Evidence, app: App, peers: Sequence[App]) -> Iterator[Compared]:
    world = views.platform(evidence)
    existing = [] if world is None or isinstance(world.services, Gap) else world.services
    bound = [] if isinstance(app.bindings, Gap) else app.bindings
    names = {one.name for one in existing if one.space == app.space} | {one.service for one in bound}
    listed = _listed(evidence, app, "service", names)
    plans = created(evidence)
    of = {starred(one.name, app): one for one in existing if one.space == app.space}
    rows = _compared("service", app, peers, [_services(one) for one in (app, *peers)], listed)
    for row in rows:
        service = of.get(row.name)
        odd = _in_trouble(service, plans) if service is not None and row.actual == "bound" else None
        yield replace(row, remark=odd, verdict="different") if odd else row


def _in_trouble(service: Service, plans: tuple[Expectation, ...]) -> str | None:
    """What of a bound service is not as it should be: what its broker did last, or its plan."""
    operation, _, state = service.operation.partition(" ")
    if state in ("failed", "in progress"):
        return f"its last {operation} failed" if state == "failed" else f"its {operation} is still going on"
    wanted, _ = wanted_plan(service.name, plans)
    plan = f"{service.offering} {service.plan}"
    return f"it has the plan {plan}, the deployment says {wanted}" if wanted and wanted != plan else None


def routes(evidence: Evidence, app: App, peers: Sequence[App]) -> Iterator[Compared]:
    mapped = set() if isinstance(app.routes, Gap) else {route.url for route in app.routes}
    listed = _listed(evidence, app, "route", mapped)
    yield from _compared("route", app, peers, [_routes(one) for one in (app, *peers)], listed)


def policies(evidence: Evidence, world: Platform, app: App, peers: Sequence[App]) -> Iterator[Compared]:
    listed = Listed({}, "allowed", False)
    own = [] if isinstance(world.policies, Gap) else [one for one in world.policies if one.source == app.guid]
    names = sorted({world.names[one.destination] for one in own if one.destination in world.names})
    for item in expectations(evidence, app.name, "policy"):
        fits = [name for name in names if item.name.matches(name)]
        name = fits[0] if fits else item.name.likely
        ports = item.value.likely
        if name is not None and ports is not None and (fits or not item.doubtful):
            listed.wanted[f"to {starred(name, app)} {ports}"] = item
    others = views.apps(evidence)
    for other in () if isinstance(others, Gap) else others:
        for item in expectations(evidence, other.name, "policy") if other.name != app.name else ():
            if item.name.known == app.name and not item.doubtful:
                listed.wanted[f"from {starred(other.name, app)} {item.value.shown}"] = item
    listed = listed._replace(any=bool(listed.wanted))
    read = {starred(other.name, app) for other in (() if isinstance(others, Gap) else others)}
    for row in _compared("policy", app, peers, [_policies(world, one) for one in (app, *peers)], listed):
        direction, name, *_ = row.name.split()
        # What an app that was not read may expect, nobody can tell.
        told = row.verdict != "extra" or direction == "to" or name in read
        yield row if told else replace(row, remark="", verdict="same")


def _listed(evidence: Evidence, app: App, subject: Subject, names: set[str]) -> Listed:
    """Names with holes are those of the platform that fit; what is only done elsewhere is not expected."""
    wanted: dict[str, Expectation] = {}
    found = expectations(evidence, app.name, "service" if subject == "service" else "route")
    for item in found:
        fits = sorted(name for name in names if item.name.matches(name))
        name = fits[0] if fits else item.name.likely
        if name is not None and (fits or not item.doubtful):
            wanted[starred(name, app)] = item
    return Listed(wanted, "bound" if subject == "service" else "mapped", bool(found))


def _compared(
    subject: Subject, app: App, peers: Sequence[App], found: Sequence[Found], listed: Listed
) -> Iterator[Compared]:
    """A row for each thing that is expected, or that the app or a peer has."""
    mine, theirs = found[0], found[1:]
    has = {key for table in found if not isinstance(table, Gap) for key in table}
    for key in sorted({*has, *listed.wanted}):
        cells = [table if isinstance(table, Gap) else table.get(key, "missing") for table in theirs]
        actual = mine if isinstance(mine, Gap) else mine.get(key, "missing")
        expected = listed.wanted.get(key)
        remark, verdict = _remark(actual, cells, expected, listed)
        yield Compared(
            subject=subject,
            name=key,
            expected=expected.place if expected else "",
            wanted=listed.word if expected else "",
            actual=actual,
            peers=tuple(cells),
            remark=remark,
            verdict=verdict,
        )


def _remark(
    actual: str | Gap, cells: Sequence[str | Gap], expected: Expectation | None, listed: Listed
) -> tuple[str, Match]:
    if isinstance(actual, Gap):
        return "", ""
    asked = [cell for cell in cells if not isinstance(cell, Gap)]
    with_it = sum(cell != "missing" for cell in asked)
    if actual == "missing":
        said = ["the deployment makes it"] if expected is not None else []
        if with_it * 2 > len(asked):
            said.append(f"{with_it} of {len(asked)} peers have it")
        return "; ".join(said), "missing"
    if actual not in ("bound", "mapped", "allowed"):
        return f"the binding is {actual}", "different"
    if expected is None and not with_it and (listed.any or len(asked) >= AGREE):
        return "nobody expects it", "extra"
    return "", "same"


def _services(app: App) -> Found:
    if isinstance(app.bindings, Gap):
        return app.bindings
    return {starred(one.service, app): _STATES.get(one.state, one.state) for one in app.bindings}


def _routes(app: App) -> Found:
    if isinstance(app.routes, Gap):
        return app.routes
    return {starred(route.url, app): "mapped" for route in app.routes}


def unseen(world: Platform, app: App) -> Gap | None:
    """Why an empty list proves nothing: the user sees no policy of the app's space, or could not be told."""
    if isinstance(world.policies, Gap):
        return world.policies
    if isinstance(world.spaces_seen, Gap):
        return world.spaces_seen
    if app.space in world.spaces_seen:
        return None
    return Gap(what=f"policies of {app.name}", reason=f"policies of space {app.space} are invisible to you")


def _policies(world: Platform, app: App) -> Found:
    if isinstance(world.policies, Gap):
        return world.policies
    if (gap := unseen(world, app)) is not None:
        return gap

    def other(guid: str) -> str:
        return starred(world.names[guid], app) if guid in world.names else f"app {guid[:8]}"

    found = {}
    for policy in world.policies:
        ports = str(policy.start) if policy.start == policy.end else f"{policy.start}-{policy.end}"
        if policy.source == app.guid:
            found[f"to {other(policy.destination)} {policy.protocol} {ports}"] = "allowed"
        elif policy.destination == app.guid:
            found[f"from {other(policy.source)} {policy.protocol} {ports}"] = "allowed"
    return found
