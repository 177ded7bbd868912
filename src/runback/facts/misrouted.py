"""Where each route ends: at the app after which it is called, at another, at several, or at a wrong port."""

from __future__ import annotations

from collections.abc import Sequence

from runback.facts import views
from runback.facts.ports import said_ports
from runback.facts.routes import all_routes, host_of
from runback.model import App, Cell, Destination, Evidence, Gap, Route, Row, Tables


def ends(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    """A row for each app to which a route of the evidence leads; those that only peers have are left out."""
    apps, world = views.apps(evidence), views.platform(evidence)
    if isinstance(apps, Gap) or world is None:
        return apps if isinstance(apps, Gap) else ()
    peers = {name for names in evidence.target.peers.values() for name in names}
    return tuple(
        _row(evidence, apps, route, destination)
        for route in all_routes(world)
        if _meant(apps, route) or not peers.issuperset(one.app for one in route.destinations)
        for destination in route.destinations
    )


def _row(evidence: Evidence, apps: Sequence[App], route: Route, destination: Destination) -> Row:
    behind = {one.app_guid: one.app for one in route.destinations}
    first = min(behind, key=lambda guid: behind[guid] or "~")  # several apps are said once, with the first
    others = [
        name or "an app that you cannot see"
        for guid, name in behind.items()
        if destination.app_guid == first != guid
    ]
    meant = _meant(apps, route)
    leads = f"{route.url} leads to {views.comma(str(name) for name in behind.values())}"
    return Row(
        cells={
            "url": route.url,
            "hostname": host_of(route),
            "internal": route.internal,
            "app": destination.app,
            "others": views.comma(others),
            "weight": destination.weight,
            "meant": meant.name if meant else None,
            "port": destination.port,
            "fits": _fits(evidence, apps, route, destination),
            "served": _served(evidence, destination),
        },
        app=destination.app,
        where=(views.resource("routes", leads),),
    )


def _meant(apps: Sequence[App], route: Route) -> App | None:
    """The app after which the route is called, where it leads to others only.

    An app whose name only adds a word ('-green', '-venerable') is the same one in another version.
    """
    name = host_of(route).split(".")[0]
    behind = [one.app or "" for one in route.destinations]
    if any(one == "" or one.startswith(name) or name.startswith(one) for one in behind):
        return None
    return next((app for app in apps if app.name == name), None)


def _fits(evidence: Evidence, apps: Sequence[App], route: Route, destination: Destination) -> Cell:
    """Whether the app listens where the router asks it, as far as its log says where that is.

    An internal route has no port of its own. A log that does not say so is the rule, and no gap.
    """
    if route.internal or destination.port is None:
        return True
    if not any(app.guid == destination.app_guid for app in apps):
        return Gap(what=f"the app behind {route.url}", reason="it was not looked at")
    said = said_ports(evidence, destination.app or "")
    return destination.port in said if said else None


def _served(evidence: Evidence, destination: Destination) -> str | None:
    return views.comma(map(str, sorted(said_ports(evidence, destination.app or ""))))
