"""Routes of an app: mapped and unmapped."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runback.model import Scalar
from runback.remedies.actions.interface import Action, Handle, Look, Parameters, text
from runback.remedies.reach import Reach


class _Guid(msgspec.Struct):
    guid: str = ""


class Destination(msgspec.Struct):
    guid: str = ""
    app: _Guid = msgspec.field(default_factory=_Guid)


class Route(msgspec.Struct):
    guid: str
    url: str = ""
    destinations: list[Destination] = []


def _mapped(route: Route, app: str) -> Destination | None:
    return next((one for one in route.destinations if one.app.guid == app), None)


class MapRoute(Action):
    """Given `app` and the `route`, by their guids: a route that is there, mapped to one more app."""

    def look(self, reach: Reach, given: Parameters) -> Look:
        route = reach.found(f"/v3/routes/{text(given, 'route')}", Route)
        if route is None:
            return Look({}, moved="the route is not there any more")
        there = _mapped(route, text(given, "app")) is not None
        return Look({"route": route.url, "mapped": there}, done=there)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        map_route(reach, text(given, "route"), text(given, "app"))
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if before.get("mapped"):
            return "the route was mapped before: it stays so"
        unmap_route(reach, text(given, "route"), text(given, "app"))
        return "unmapped the route again"


class UnmapRoute(Action):
    def look(self, reach: Reach, given: Parameters) -> Look:
        route = reach.found(f"/v3/routes/{text(given, 'route')}", Route)
        if route is None:
            return Look({"mapped": False}, done=True)
        there = _mapped(route, text(given, "app")) is not None
        return Look({"route": route.url, "mapped": there}, done=not there)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        unmap_route(reach, text(given, "route"), text(given, "app"))
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if not before.get("mapped"):
            return "the route was not mapped before"
        map_route(reach, text(given, "route"), text(given, "app"))
        return "mapped the route again"


def map_route(reach: Reach, route: str, app: str) -> None:
    reach.send("POST", f"/v3/routes/{route}/destinations", {"destinations": [{"app": {"guid": app}}]})


def unmap_route(reach: Reach, route: str, app: str) -> None:
    """Every destination of the route that is this app."""
    found = reach.read(f"/v3/routes/{route}", Route)
    for destination in found.destinations:
        if destination.app.guid == app:
            reach.send("DELETE", f"/v3/routes/{route}/destinations/{destination.guid}")
