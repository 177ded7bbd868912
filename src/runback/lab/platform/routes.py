"""Routes and their destinations.

Sentences are those of app/actions/route_create.rb and update_route_destinations.rb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, Destination, Domain, Party, Route, Space, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World


DEFAULT_PORT = 8080  # app/models/runtime/process_model.rb, DEFAULT_HTTP_PORT


class Routes:
    def __init__(self, world: World) -> None:
        self._world = world

    def url(self, route: Route) -> str:
        """host.domain[:port][/path], as the API prints it."""
        domain = self._world.state.domains[route.domain_guid].name
        name = f"{route.host}.{domain}" if route.host else domain
        return f"{name}:{route.port}{route.path}" if route.port else f"{name}{route.path}"

    def find(self, host: str, domain: Domain, path: str = "", port: int | None = None) -> Route | None:
        return next(
            (
                route
                for route in self._world.state.routes.values()
                if (route.host, route.domain_guid, route.path, route.port) == (host, domain.guid, path, port)
            ),
            None,
        )

    def named(self, hostname: str) -> Route | None:
        """The route (without a path) that a host name in a log or a Host header means."""
        for route in self._world.state.routes.values():
            if not route.path and self.url(route) == hostname:
                return route
        return None

    def of(self, app: App) -> list[Route]:
        """The routes that lead to an app."""
        return [
            route
            for route in self._world.state.routes.values()
            if any(destination.app_guid == app.guid for destination in route.destinations)
        ]

    def create(
        self,
        actor: User,
        space: Space,
        domain: Domain,
        host: str = "",
        path: str = "",
        port: int | None = None,
    ) -> Route:
        self._check_port(domain, host, path, port)
        if self.find(host, domain, path, port) is not None:
            with_path = f" and path '{path}'" if path else ""
            with_host = f"port '{port}'" if port else f"host '{host}'"
            raise Refusal(f"Route already exists with {with_host}{with_path} for domain '{domain.name}'.")
        if domain.internal and (host == "*" or path):
            raise Refusal(
                "Wildcard hosts are not supported for internal domains."
                if host == "*"
                else "Paths are not supported for internal domains."
            )
        world = self._world
        now = world.clock.now()
        route = Route(
            guid=world.guid(),
            created_at=now,
            updated_at=now,
            host=host,
            domain_guid=domain.guid,
            space_guid=space.guid,
            path=path,
            port=port,
            protocol="http" if port is None else "tcp",
        )
        world.state.routes[route.guid] = route
        target = Party(route.guid, "route", host)
        request: dict[str, object] = {"request": {"host": host, "path": path, "domain": domain.name}}
        world.events.record("audit.route.create", actor, target, request, space=space)
        return route

    def _check_port(self, domain: Domain, host: str, path: str, port: int | None) -> None:
        """Routes of TCP domains have a port, and neither host nor path; all others have none."""
        if "tcp" not in domain.supported_protocols:
            if port is not None:
                raise Refusal("Routes with protocol 'http' do not support ports.")
            return
        if host or path:
            raise Refusal(f"{'Hosts' if host else 'Paths'} are not supported for TCP routes.")
        if port is None:
            raise Refusal("Routes with protocol 'tcp' must specify a port.")

    def delete(self, actor: User, route: Route) -> None:
        world = self._world
        space = world.state.spaces[route.space_guid]
        target = Party(route.guid, "route", route.host)
        world.events.record(
            "audit.route.delete-request", actor, target, {"request": {"recursive": True}}, space=space
        )
        del world.state.routes[route.guid]

    def map(
        self,
        actor: User,
        route: Route,
        app: App,
        *,
        process_type: str = "web",
        port: int | None = None,
        protocol: str | None = None,
        weight: int | None = None,
    ) -> Destination:
        """Add a destination; the one that is there already is returned, with its new weight."""
        asked = port or DEFAULT_PORT
        for known in route.destinations:
            there = (known.app_guid, known.process_type, known.port or DEFAULT_PORT)
            if there == (app.guid, process_type, asked):
                known.weight = weight
                return known
        if app.space_guid != route.space_guid:
            raise Refusal("Routes cannot be mapped to destinations in different spaces.")
        now = self._world.clock.now()
        destination = Destination(
            guid=self._world.guid(),
            app_guid=app.guid,
            process_type=process_type,
            port=port,
            protocol=protocol or "http1",
            weight=weight,
            created_at=now,
            updated_at=now,
        )
        route.destinations.append(destination)
        self._mapped("audit.app.map-route", actor, route, app, destination)
        return destination

    def unmap(self, actor: User, route: Route, destination: Destination) -> None:
        if destination not in route.destinations:
            raise Refusal(
                "Unable to unmap route from destination. Ensure the route has a destination with this guid."
            )
        route.destinations.remove(destination)
        app = self._world.state.apps[destination.app_guid]
        self._mapped("audit.app.unmap-route", actor, route, app, destination)

    def forget(self, app: App) -> None:
        """Take a deleted app out of its routes."""
        for route in self.of(app):
            route.destinations = [d for d in route.destinations if d.app_guid != app.guid]

    def _mapped(self, type_: str, actor: User, route: Route, app: App, destination: Destination) -> None:
        data: dict[str, object] = {
            "route_guid": route.guid,
            "app_port": destination.port,
            "route_mapping_guid": destination.guid,
            "destination_guid": destination.guid,
            "process_type": destination.process_type,
            "weight": destination.weight,
            "protocol": destination.protocol,
        }
        self._world.events.of_app(type_, actor, app, data)
