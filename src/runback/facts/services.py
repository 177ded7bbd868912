"""Service bindings: what each app is bound to, and what it should be bound to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from runback.facts import views
from runback.facts.expected import expectations
from runback.model import App, Binding, Evidence, Gap, Row, Tables, Where

STATES = {"succeeded": "bound", "failed": "failed", "in progress": "in_progress", "initial": "in_progress"}
RECENT = timedelta(days=7)  # a binding that was removed earlier is not missed any more
REMOVED = ("audit.service_binding.delete", "audit.user_provided_service_instance.unbind")


class Expected(NamedTuple):
    """Why a service should be bound: in words, with its proof."""

    by: str
    where: Where
    unbound_by: str | None = None


def bindings(evidence: Evidence, tables: Tables) -> views.Read:
    return views.by_app(
        evidence,
        lambda app: app.bindings,
        lambda app, found: _rows(evidence, app, found),
        without=lambda app, gap: _unknown(evidence, app, gap),
    )


def services_of_space(evidence: Evidence, space: str) -> list[str] | Gap:
    """Names of the service instances that an app of this space could be bound to."""
    world = views.platform(evidence)
    if world is None:
        return []
    if isinstance(world.services, Gap):
        return world.services
    return [service.name for service in world.services if service.space == space]


def _unknown(evidence: Evidence, app: App, gap: Gap) -> Iterator[Row]:
    for service, expected in _expected(evidence, app, ()).items():
        yield _row(evidence, app, service, None, expected, gap)


def _rows(evidence: Evidence, app: App, found: tuple[Binding, ...]) -> Iterator[Row]:
    bound = {binding.service: binding for binding in found}
    expected = _expected(evidence, app, found)
    for service in dict.fromkeys((*bound, *expected)):
        yield _row(evidence, app, service, bound.get(service), expected.get(service))


def _expected(evidence: Evidence, app: App, bound: tuple[Binding, ...]) -> dict[str, Expected]:
    """What should be bound, by the strongest reason: a removed binding, a file, then a sibling of the app."""
    names = services_of_space(evidence, app.space)
    existing = [] if isinstance(names, Gap) else names
    found: dict[str, Expected] = {}
    events = () if isinstance(app.events, Gap) else app.events
    for event in sorted(events, key=lambda e: e.at, reverse=True):
        service = str(event.data.get("service", ""))
        recent = evidence.collected_at - event.at < RECENT
        if event.type in REMOVED and recent and service and service not in found:
            where = views.resource(
                f"event {event.type}", f"{event.actor or 'somebody'} at {event.at:%H:%M} UTC"
            )
            found[service] = Expected(f"was bound until {event.at:%Y-%m-%d %H:%M} UTC", where, event.actor)
    for expected in expectations(evidence, app.name, "service"):
        if expected.doubtful:
            continue  # perhaps only for another environment
        for service in (name for name in existing if expected.name.matches(name)):
            if service not in found or found[service].unbound_by is None:
                found[service] = Expected(expected.place, expected.where)
    for service, reason in _from_siblings(evidence, app, bound).items():
        found.setdefault(service, reason)
    return found


def _from_siblings(evidence: Evidence, app: App, bound: tuple[Binding, ...]) -> dict[str, Expected]:
    """Services of an app of the same space that is bound to all that this one is: a sibling."""
    apps = views.apps(evidence)
    own = {binding.service for binding in bound}
    found: dict[str, Expected] = {}
    for other in () if isinstance(apps, Gap) else apps:
        if other.name == app.name or other.space != app.space or isinstance(other.bindings, Gap):
            continue
        theirs = {binding.service for binding in other.bindings}
        if own and own <= theirs and len(own) >= 2:
            for service in theirs - own:
                where = views.resource(f"bindings of {other.name}", service)
                found[service] = Expected(f"{other.name} has it, with all that {app.name} has", where)
    return found


def _row(
    evidence: Evidence,
    app: App,
    service: str,
    binding: Binding | None,
    expected: Expected | None,
    gap: Gap | None = None,
) -> Row:
    names = services_of_space(evidence, app.space)
    state = STATES.get(binding.state, binding.state) if binding else "not_bound"
    text = f"{service}: {state.replace('_', ' ')}"
    return Row(
        cells={
            "app": app.name,
            "service": service,
            "state": gap if gap is not None else state,
            "expected_by": expected.by if expected else None,
            "exists": names if isinstance(names, Gap) else service in names or binding is not None,
            "description": binding.description or None if binding else None,
            "unbound_by": expected.unbound_by if expected else None,
        },
        app=app.name,
        where=(
            views.resource(f"service bindings of {app.name}", text),
            *((expected.where,) if expected else ()),
        ),
    )
