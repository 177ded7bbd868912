"""Addresses that name the right app in the wrong domain: the public one for an internal route, or the other
way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runback.facts import views
from runback.facts.routes import all_routes, host_of
from runback.model import Address, App, Cell, Evidence, Gap, Route, Row, Table, Tables


def mistaken(evidence: Evidence, tables: Tables) -> views.Read:
    """A row for each variable whose host is no route, while the same name in another domain is one."""
    apps, world = views.apps(evidence), views.platform(evidence)
    if isinstance(apps, Gap) or world is None:
        return apps if isinstance(apps, Gap) else ()
    routes = {host_of(route): route for route in all_routes(world)}
    domains = {host.partition(".")[2] for host in routes}
    requests = tables["requests"]
    rows = [
        _row(app, address, route, requests)
        for app in apps
        for address in app.addresses
        if address.host not in routes and address.host.partition(".")[2] in domains
        for route in _namesakes(routes.values(), address.host)
    ]
    return views.partly(rows, views.unread_addresses(evidence))


def _namesakes(routes: Iterable[Route], host: str) -> Iterator[Route]:
    """The routes that have the same name in another domain, and lead somewhere."""
    first = host.partition(".")[0]
    return (route for route in routes if host_of(route).partition(".")[0] == first and route.destinations)


def _row(app: App, address: Address, route: Route, requests: Table | Gap) -> Row:
    leads = route.destinations[0].app
    return Row(
        cells={
            "source": app.name,
            "variable": address.variable,
            "hostname": address.host,
            "route": route.url,
            "internal": route.internal,
            "destination": leads,
            "failing": _failing(requests, app, address),
        },
        app=app.name,
        where=(
            views.resource(f"environment of {app.name}", f"{address.variable} names {address.host}"),
            views.resource("routes", f"{route.url} leads to {leads or 'an app that you cannot see'}"),
        ),
    )


def _failing(requests: Table | Gap, app: App, address: Address) -> Cell:
    if isinstance(requests, Gap):
        return requests
    return any(
        row.app == app.name and row.cells["upstream"] == address.host and row.cells["recovered"] is False
        for row in requests.rows
    )
