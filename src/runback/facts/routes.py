"""Routes: which apps have them, and which lead to no app any more though one is meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from runback.facts import deletions, views
from runback.facts.expected import expectations
from runback.facts.pipeline import group_of
from runback.model import (
    Address,
    App,
    AuditEvent,
    Confidence,
    Destination,
    Evidence,
    Gap,
    Platform,
    Route,
    Row,
    Table,
    Tables,
    Where,
)

MAPPED, UNMAPPED = "audit.app.map-route", "audit.app.unmap-route"
RECENT = timedelta(days=7)  # a public route that was taken earlier is not missed any more


class Meant(NamedTuple):
    """The app that a route without an app is meant to lead to, and how that is known."""

    destination: Destination
    how: str
    confidence: Confidence
    event: AuditEvent | None = None


def host_of(route: Route) -> str:
    return route.url.split("/")[0].split(":")[0]


def all_routes(world: Platform) -> tuple[Route, ...]:
    """Every route of the evidence once, whoever owns it."""
    found: dict[str, Route] = {}
    groups = [world.routes] + ([] if isinstance(world.apps, Gap) else [app.routes for app in world.apps])
    for group in groups:
        for route in () if isinstance(group, Gap) else group:
            found.setdefault(route.guid, route)
    return tuple(found.values())


def routes(evidence: Evidence, tables: Tables) -> views.Read:
    return views.by_app(
        evidence,
        lambda app: app.routes,
        lambda app, found: (_route_row(app, route) for route in found),
    )


def _route_row(app: App, route: Route) -> Row:
    own = next((d for d in route.destinations if d.app_guid == app.guid), None)
    return Row(
        cells={
            "app": app.name,
            "url": route.url,
            "internal": route.internal,
            "port": own.port if own else None,
            "destinations": len(route.destinations),
        },
        app=app.name,
        at=route.created_at,
        where=(views.resource(f"routes of {app.name}", route.url),),
    )


# --- routes that lost their app --------------------------------------------------------------------


def meant(apps: Sequence[App], host: str, route: Route | None) -> Meant | None:
    """The app to which a name without an app is meant to lead: the last that had it, or its namesake."""
    if route is not None and route.destinations:
        return None
    for app in apps if route is not None else ():
        event = last_change(app, route.guid) if route is not None else None
        if event is not None and event.type == UNMAPPED:
            return Meant(Destination(app_guid=app.guid, app=app.name), "event", "high", event)
    namesake = next((app for app in apps if app.name == host.split(".")[0]), None)
    if namesake is None:
        return None
    return Meant(Destination(app_guid=namesake.guid, app=namesake.name), "name", "high")


def meant_by_policy(
    world: Platform, source: App, address: Address, reached: frozenset[str]
) -> Destination | None:
    """The one app that a policy lets the source reach, on this port, and that no other address leads to."""
    if isinstance(world.policies, Gap):
        return None
    ends = {
        policy.destination
        for policy in world.policies
        if policy.source == source.guid
        and policy.destination not in reached
        and (address.port is None or policy.start <= address.port <= policy.end)
    }
    guid = ends.pop() if len(ends) == 1 else ""
    name = world.names.get(guid)
    return Destination(app_guid=guid, app=name) if name else None


def last_change(app: App, route: str) -> AuditEvent | None:
    """The last event that mapped the route (its GUID) to the app or took it."""
    found = [
        event
        for event in (() if isinstance(app.events, Gap) else app.events)
        if event.type in (MAPPED, UNMAPPED) and event.data.get("route_guid") == route
    ]
    return max(found, key=lambda event: event.at, default=None)


def told(event: AuditEvent, app: str | None) -> Where:
    """Who did it, and when."""
    said = f"{event.actor or 'somebody'} at {event.at:%Y-%m-%d %H:%M} UTC"
    return views.resource(f"event {event.type} of {app}", said)


def lost(evidence: Evidence, tables: Tables) -> views.Read:
    """Routes without any app that some app is meant to have, and is asked by."""
    apps, world, asked = views.apps(evidence), views.platform(evidence), tables["network.path"]
    if isinstance(apps, Gap) or world is None:
        return apps if isinstance(apps, Gap) else ()
    if isinstance(asked, Gap):
        return asked
    if isinstance(world.routes, Gap):
        return world.routes  # which nobody may see is not one that is not there
    rows = {(row.app, str(row.cells["url"])): row for row in _taken(evidence, world, apps)}
    for row in (*_asked_for(evidence, world, apps, asked), *_declared(evidence, world, apps)):
        rows.setdefault((row.app, str(row.cells["url"])), row)
    now = evidence.collected_at.isoformat()
    made = [replace(row, cells={**row.cells, "until": now}) for row in rows.values()]
    return views.partly(made, asked.unseen)


def _taken(evidence: Evidence, world: Platform, apps: Sequence[App]) -> Iterator[Row]:
    """Public routes that were taken from an app that has no other: nobody reaches it any more.

    What a deployment that went well took, it was told to take.
    """
    for route in all_routes(world):
        found = None if route.internal else meant(apps, host_of(route), route)
        if found is None or found.event is None or evidence.collected_at - found.event.at > RECENT:
            continue
        app = next(app for app in apps if app.guid == found.destination.app_guid)
        if isinstance(app.routes, Gap) or not all(one.internal for one in app.routes):
            continue
        if views.belongs(evidence, app) and not _deployed(evidence, found):
            row = _lost_row(found, route.url, False, None, ())
            hidden = isinstance(views.pipelines(evidence), Gap)  # then it may be a deployment that took it
            yield replace(row, confidence="low") if hidden else row


def _declared(evidence: Evidence, world: Platform, apps: Sequence[App]) -> Iterator[Row]:
    """Public routes that a file maps to an app of the environment, which has no public route at all: of one
    that was deleted no event of the app tells.
    """
    led = {route.url for route in all_routes(world) if route.destinations}
    named = {address.host for app in apps for address in app.addresses}
    for app in apps:
        if isinstance(app.routes, Gap) or not views.belongs(evidence, app):
            continue
        if not all(route.internal for route in app.routes):
            continue
        for one in expectations(evidence, app.name, "route"):
            # A domain that is the script's default is the one where a variable holds the same address.
            url = one.name.known or (one.name.likely if one.name.likely in named else None)
            if url and not one.doubtful and url not in led and not url.split("/")[0].endswith(".internal"):
                found = Meant(Destination(app_guid=app.guid, app=app.name), "file", "high")
                yield _lost_row(found, url, False, None, (one.where,))


def _deployed(evidence: Evidence, found: Meant) -> bool:
    """Whether it was taken while a deploy job ran that ended well."""
    pipelines = views.pipelines(evidence)
    pairs = [views.jobs(one) for one in (() if isinstance(pipelines, Gap) else pipelines)]
    return any(
        found.event is not None
        and job.started_at is not None
        and job.stopped_at is not None
        and job.started_at <= found.event.at <= job.stopped_at
        and group_of(job.status) == "passed"
        and views.deploys(evidence, job)
        for jobs in pairs
        if not isinstance(jobs, Gap)
        for _, job in jobs
    )


def _asked_for(evidence: Evidence, world: Platform, apps: Sequence[App], asked: Table) -> Iterator[Row]:
    """Routes without an app that a variable of an app names."""
    by_host = {host_of(route): route for route in all_routes(world)}
    domain = next((host.partition(".")[2] for host, route in by_host.items() if route.internal), None)
    for row in asked.rows:
        host, variable, name = str(row.cells["hostname"]), row.cells["variable"], row.cells["destination"]
        route = by_host.get(host)
        if (route is not None and route.destinations) or not isinstance(name, str) or not variable:
            continue
        if name in deletions.names(world):  # no route brings it back
            continue
        found = meant(apps, host, route)
        if found is None or found.destination.app != name:
            found = Meant(Destination(app_guid="", app=name), "policy", "medium")
        if route is None and "." not in host and domain is None:
            continue
        url = route.url if route else host if "." in host else f"{host}.{domain}"
        yield _lost_row(found, url, route.internal if route else True, row.app, row.where)


def _lost_row(found: Meant, url: str, internal: bool, source: str | None, proof: tuple[Where, ...]) -> Row:
    event, app = found.event, found.destination.app
    taken: tuple[Where, ...] = ()
    if event is not None:
        taken = (told(event, app),)
    return Row(
        cells={
            "app": app,
            "url": url,
            "hostname": url.split("/")[0].split(":")[0],
            "internal": internal,
            "asked_by": source,
            "unmapped_by": event.actor or None if event else None,
            "known_by": found.how,
        },
        app=app,
        at=event.at if event else None,
        confidence=found.confidence,
        where=(views.resource("routes", f"{url} leads to no app"), *taken, *proof),
    )
