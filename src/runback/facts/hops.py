"""The ways from app to app that variables name: address, route, and the app that it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from runback.facts import deletions, views
from runback.facts.routes import all_routes, host_of, meant, meant_by_policy
from runback.model import Address, App, Destination, Evidence, Gap, Platform, Route

FOUND = ("refused", "timed_out", "reset")  # errors of connections to a name that leads somewhere
ERRORS = (*FOUND, "not_resolved")


class Hop(NamedTuple):
    """One way from an app to another: the app that connects, its address, the route, and where it leads."""

    source: App
    address: Address
    route: Route | None
    destination: Destination | None


def hops(evidence: Evidence) -> tuple[Hop, ...] | Gap:
    """All the ways that the apps' variables name. Hosts outside the platform are left out.

    The destination of a name that leads nowhere is the app that it is meant to lead to, where that is known.
    """
    apps, world = views.apps(evidence), views.platform(evidence)
    if isinstance(apps, Gap) or world is None:
        return apps if isinstance(apps, Gap) else ()
    routes = {host_of(route): route for route in all_routes(world)}
    # A bare name is completed by the app itself, in a configuration file: an internal route's first part.
    bare = {host.split(".")[0]: route for host, route in routes.items() if route.internal}
    names = {app.name for app in apps} | deletions.names(world)
    found: list[Hop] = []
    for app in apps:
        for address in app.addresses:
            route = routes.get(address.host) or bare.get(address.host)
            if route is not None and route.destinations:
                found += [Hop(app, address, route, destination) for destination in route.destinations]
            elif route is not None or address.host.endswith(".internal") or address.host in names:
                known = meant(apps, address.host, route)
                led = known.destination if known else deletions.led_to(world, address.host)
                found.append(Hop(app, address, route, led))
    return tuple(_completed(world, found))


def _completed(world: Platform, found: list[Hop]) -> Iterator[Hop]:
    """The hops, with what policies tell of those that lead nowhere."""
    reached: dict[str, set[str]] = {}
    for hop in found:
        if hop.destination is not None:
            reached.setdefault(hop.source.guid, set()).add(hop.destination.app_guid)
    for hop in found:
        if hop.destination is None:
            elsewhere = frozenset(reached.get(hop.source.guid, ()))
            yield hop._replace(destination=meant_by_policy(world, hop.source, hop.address, elsewhere))
        else:
            yield hop


def app_of(evidence: Evidence, destination: Destination | None) -> App | None:
    """The app behind a destination, where it was collected."""
    world = views.platform(evidence)
    if destination is None or world is None or isinstance(world.apps, Gap):
        return None
    return next((app for app in world.apps if app.guid == destination.app_guid), None)


def name_of(evidence: Evidence, destination: Destination | None) -> str | None:
    if destination is None:
        return None
    app = app_of(evidence, destination)
    return app.name if app else destination.app
