"""Routes of an app: mapped and unmapped.

Given `app` by its guid, `host` ('' for the domain itself) and `domain` by name; `path`, the app's `port`, and
the `router_port` of a TCP domain, where the route has them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runback.model import Scalar
from runback.remedies.actions.apps import app_of
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import Guid, NotDone, Reach, one_name


class Destination(msgspec.Struct):
    guid: str = ""
    app: Guid = msgspec.field(default_factory=Guid)


class Route(msgspec.Struct):
    guid: str
    url: str = ""
    host: str = ""
    path: str | None = None
    port: int | None = None  # of the router, where the domain is one of TCP
    destinations: list[Destination] = []


def find(reach: Reach, given: Parameters) -> Route | None:
    """The route of this host, domain and path; of a TCP domain that of this port."""
    domains = reach.listed(f"/v3/domains?names={one_name(text(given, 'domain'))}", Guid)
    if not domains:
        return None
    outside = given.get("router_port")
    query = f"ports={outside}" if outside else f"hosts={one_name(_host(given))}"
    found = reach.listed(f"/v3/routes?{query}&domain_guids={domains[0].guid}", Route)
    wanted = _host(given), given.get("path") or "", outside
    return next((one for one in found if (one.host, one.path or "", one.port) == wanted), None)


def _host(given: Parameters) -> str:
    host = given.get("host")
    return host if isinstance(host, str) else ""


def create(reach: Reach, given: Parameters) -> str:
    """Makes the route in the app's own space; its guid."""
    app = app_of(reach, given, "app")
    domains = reach.listed(f"/v3/domains?names={one_name(text(given, 'domain'))}", Guid)
    if not domains or app is None or app.space is None:
        raise NotDone(f"there is no domain {text(given, 'domain')} for this space")
    body: dict[str, object] = {
        **({"port": given["router_port"]} if given.get("router_port") else {"host": _host(given)}),
        **({"path": given["path"]} if given.get("path") else {}),
        "relationships": {
            "space": {"data": {"guid": app.space}},
            "domain": {"data": {"guid": domains[0].guid}},
        },
    }
    return msgspec.json.decode(reach.send("POST", "/v3/routes", body).bytes(), type=Guid).guid


def _mapped(route: Route | None, app: str) -> bool:
    return route is not None and any(one.app.guid == app for one in route.destinations)


class MapRoute(Action):
    def look(self, reach: Reach, given: Parameters) -> Look:
        if app_of(reach, given, "app") is None:
            return Look({}, moved="the app is not there any more")
        route = find(reach, given)
        there = _mapped(route, text(given, "app"))
        return Look({"route": route.guid if route else None, "mapped": there}, done=there)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        guid = look.before["route"] or create(reach, given)
        map_route(reach, str(guid), text(given, "app"), given.get("port"))
        return {"route": str(guid)}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if before.get("mapped"):
            return "the route was mapped before: it stays so"
        route = find(reach, given)
        if route is not None:
            unmap_route(reach, route, text(given, "app"))
        if route is not None and before.get("route") is None:
            reach.send("DELETE", f"/v3/routes/{route.guid}")
            return "unmapped the route again and deleted it"
        return "unmapped the route again"


class UnmapRoute(Action):
    def look(self, reach: Reach, given: Parameters) -> Look:
        there = _mapped(find(reach, given), text(given, "app"))
        return Look({"mapped": there}, done=not there)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        route = find(reach, given)
        if route is not None:
            unmap_route(reach, route, text(given, "app"))
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        route = find(reach, given)
        if not before.get("mapped") or route is None:
            return "the route was not mapped before"
        map_route(reach, route.guid, text(given, "app"), given.get("port"))
        return "mapped the route again"


def map_route(reach: Reach, route: str, app: str, port: Scalar = None) -> None:
    destination: dict[str, object] = {"app": {"guid": app}, **({"port": port} if port else {})}
    reach.send("POST", f"/v3/routes/{route}/destinations", {"destinations": [destination]})


def unmap_route(reach: Reach, route: Route, app: str) -> None:
    """Every destination of the route that is this app."""
    for destination in route.destinations:
        if destination.app.guid == app:
            reach.send("DELETE", f"/v3/routes/{route.guid}/destinations/{destination.guid}")
