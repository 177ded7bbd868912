"""The services that an app is bound to, or should be: what state they are in, whose they are, and whether the
running processes know what they hold now.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from runback.facts import views
from runback.facts.environment import exceptions_naming
from runback.facts.expected import Expectation, expectations
from runback.facts.expected import instances as created
from runback.facts.processes import down
from runback.facts.revisions import running_since
from runback.model import App, Binding, Cell, Evidence, Gap, Row, Service, Tables, Where

_STARTS = ("audit.app.start", "audit.app.restart", "audit.app.deployment.create", "audit.app.droplet.mapped")
LAG = timedelta(seconds=30)  # a script binds and starts in one go
# What cannot be said of a service that is not bound.
_ABSENT: Mapping[str, Cell] = {
    "operation": None,
    "description": None,
    "shared_from": None,
    "plan": None,
    "wanted_plan": None,
    "plan_differs": False,
    "bound_late": False,
    "stale": False,
    "near": None,
    "renamed": None,
    "host": None,
}


def instances(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    apps, world = views.apps(evidence), views.platform(evidence)
    if isinstance(apps, Gap):
        return apps
    known = () if world is None else world.services
    if isinstance(known, Gap):
        return known
    plans = created(evidence)
    rows: list[Row] = []
    for app in apps:
        own = {one.name: one for one in known if one.space == app.space}
        bound = {} if isinstance(app.bindings, Gap) else {one.service: one for one in app.bindings}
        shared = {(one.name, one.space): one for one in known}
        pairs = [(one, own.get(name) or shared.get((name, one.space or ""))) for name, one in bound.items()]
        unready = _unready(evidence, app, own, bound)
        words = {word for one, service in pairs for word in _words(one.service, service, one.hosts)}
        words |= {word for _, service in unready for word in _words(service.name, service)}
        named = exceptions_naming(evidence, app, words).keys()  # the logs are read once
        for one, service in pairs:
            matters = bool(_words(one.service, service, one.hosts) & named) or down(app)
            rows.append(_row(app, one, service, plans, matters))
        for expected, service in unready:
            matters = bool(_words(service.name, service) & named) or down(app)
            rows.append(_not_bound(app, service, expected, matters))
        rows += _missing(evidence, app, {*own, *bound}, [service for _, service in pairs if service])
    return tuple(rows)


def _unready(
    evidence: Evidence, app: App, own: Mapping[str, Service], bound: Mapping[str, Binding]
) -> list[tuple[Expectation, Service]]:
    """Services that a file binds to the app, and that cannot be bound yet, or never: they are not made."""
    return [
        (one, service)
        for one in expectations(evidence, app.name, "service")
        for name, service in own.items()
        if not one.doubtful
        and one.name.matches(name)
        and name not in bound
        and service.operation.partition(" ")[2] not in ("", "succeeded")
    ]


def _not_bound(app: App, service: Service, expected: Expectation, matters: Cell) -> Row:
    operation, _, state = service.operation.partition(" ")
    cells: dict[str, Cell] = {
        **_ABSENT,
        "app": app.name,
        "service": service.name,
        "state": state.replace(" ", "_"),
        "operation": operation,
        "description": service.description or None,
        "plan": f"{service.offering} {service.plan}" if service.plan else None,
        "matters": matters,
    }
    said = views.resource("service instances", f"{service.name}: {service.operation}")
    return Row(cells=cells, app=app.name, where=(said, expected.where))


def last_start(app: App) -> datetime | None:
    """When the processes that run now, or try to, got their environment. An instance that crashed and was
    started anew has the one of before.
    """
    events = () if isinstance(app.events, Gap) else app.events
    starts = [event.at for event in events if event.type in _STARTS]
    since = running_since(app)
    return max([*starts, *([since] if since is not None else [])], default=None)


def _row(
    app: App, binding: Binding, service: Service | None, plans: tuple[Expectation, ...], matters: Cell
) -> Row:
    started = last_start(app)
    operation, _, state = (service.operation if service is not None else "").partition(" ")
    wanted, where = wanted_plan(binding.service, plans)
    plan = f"{service.offering} {service.plan}" if service is not None and service.plan else None
    late = started is not None and app.state == "STARTED" and _after(binding.created_at, started)
    provided = service is not None and service.type == "user-provided"
    stale = provided and started is not None and service is not None and _after(service.updated_at, started)
    cells: dict[str, Cell] = {
        "app": app.name,
        "service": binding.service,
        "state": state.replace(" ", "_") or ("succeeded" if provided else None),
        "operation": operation or None,
        "description": (service.description or None) if service is not None else None,
        "shared_from": binding.space,
        "plan": plan,
        "wanted_plan": wanted,
        "plan_differs": bool(wanted and plan and wanted != plan),
        "bound_late": late,
        "stale": bool(stale),
        "near": None,
        "renamed": None,
        "host": binding.hosts[0] if binding.hosts else None,
        "matters": matters,
    }
    younger = binding.created_at if late else service.updated_at if stale and service is not None else None
    if younger is not None and started is not None:
        said = _younger(binding.service, "bound" if late else "changed", younger, app, started)
    else:
        said = f"{binding.service}: {operation} {state}" if operation else f"{binding.service} is bound"
    return Row(
        cells=cells,
        app=app.name,
        at=binding.created_at if late else None,
        where=(views.resource(f"services of {app.name}", said), *where),
    )


def _younger(service: str, verb: str, at: datetime, app: App, started: datetime) -> str:
    return (
        f"{service} was {verb} {at:%Y-%m-%d %H:%M} UTC; "
        f"{app.name} got its environment {started:%Y-%m-%d %H:%M} UTC"
    )


def _missing(evidence: Evidence, app: App, existing: set[str], bound: list[Service]) -> Iterator[Row]:
    """Services that a file binds to the app, and that the space has not: by this name, or at all."""
    listed = [one for one in expectations(evidence, app.name, "service") if not one.doubtful]
    missing = [one for one in listed if one.name.known is not None and one.name.known not in existing]
    strangers = [one for one in bound if not any(each.name.matches(one.name) for each in listed)]
    for one in missing:
        name = str(one.name.known)
        renamed = _renamed(evidence, app, name, strangers, alone=len(missing) == 1)
        near = difflib.get_close_matches(name, sorted(existing), n=1, cutoff=0.8)
        cells: dict[str, Cell] = {
            **_ABSENT,
            "app": app.name,
            "service": name,
            "state": "gone",
            "near": near[0] if near and renamed is None else None,
            "renamed": renamed.name if renamed is not None else None,
            "matters": down(app),
        }
        text = f"the space {app.space} has no {name}"
        where = [views.resource("service instances", text), one.where]
        if renamed is not None:
            where.insert(1, views.resource(f"service bindings of {app.name}", f"{renamed.name}: bound"))
        yield Row(cells=cells, app=app.name, where=tuple(where))


def _renamed(
    evidence: Evidence, app: App, name: str, strangers: list[Service], *, alone: bool
) -> Service | None:
    """The instance that has another name now: bound to the app, known to no file, changed since it was made
    and older than what runs. A file that creates the missing one tells its plan, which must be the same.
    """
    wanted, _ = wanted_plan(name, created(evidence))
    since = running_since(app)
    fitting = [
        one
        for one in strangers
        if (wanted == f"{one.offering} {one.plan}" if wanted else alone)
        and since is not None
        and one.created_at is not None
        and one.created_at < since
        and _after(one.updated_at, one.created_at)
    ]
    return fitting[0] if len(fitting) == 1 else None


def wanted_plan(name: str, plans: tuple[Expectation, ...]) -> tuple[str | None, tuple[Where, ...]]:
    """Offering and plan that a file creates the service with, where it says so."""
    found = next((one for one in plans if one.name.matches(name) and not one.name.bare), None)
    value = found.value.known if found is not None else None
    return (value, (found.where,)) if found is not None and value and " " in value else (None, ())


def _after(time: datetime | None, started: datetime) -> bool:
    return time is not None and time > started + LAG


def _words(name: str, service: Service | None, hosts: tuple[str, ...] = ()) -> set[str]:
    """What an error about the service names: itself or its offering in VCAP_SERVICES, or its host."""
    return {name, *hosts, *([service.offering] if service is not None and service.offering else [])}
