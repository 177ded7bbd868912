"""What goes on in the world each minute: visits through the router, and what apps do by themselves.

Only the last quarter of an hour of a long step is played: older lines could not be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runback.lab.platform import router
from runback.lab.platform.programs import PROGRAMS, Reply, Run

if TYPE_CHECKING:
    from runback.lab.platform.behaviour import Request
    from runback.lab.platform.network import Backend
    from runback.lab.platform.state import App, Process, ServiceInstance
    from runback.lab.platform.world import World

WINDOW_SECONDS = 15 * 60
TICK_SECONDS = 20
MOST_PROXIES = 10


class Traffic:
    def __init__(self, world: World) -> None:
        self._world = world
        self._ticks = 0
        self._passed_on = 0  # how often the request that is served now was passed on
        self.client_ip = "10.10.66.7"  # the router that nginx sees as its client

    def start(self) -> None:
        """From now on things happen. Before this the world is silent, so that building it is quick."""
        self._world.clock.every(TICK_SECONDS, self._tick, window=WINDOW_SECONDS)

    def serve(self, backend: Backend, method: str, path: str) -> Reply:
        """Let a running instance answer a request that came over the internal network, or from the router."""
        if backend.process.desired is None:
            return Reply(502)
        if self._is_stuck(backend):
            return Reply(504, 167, 60.0, late=True)
        if backend.process.desired.behaviour.tls:
            return Reply(502, 67, reset=True, router_error="endpoint_failure (EOF)")
        run = Run(self._world, backend.app, backend.process, backend.instance)
        self._passed_on += 1
        try:
            return PROGRAMS[backend.process.desired.behaviour.runs].serve(run, method, path)
        finally:
            self._passed_on -= 1

    @property
    def circles(self) -> bool:
        """Whether the request that is served now was passed on so often that proxies ask each other."""
        return self._passed_on > MOST_PROXIES

    def _is_stuck(self, backend: Backend) -> bool:
        after = backend.process.desired.behaviour.stuck_after if backend.process.desired else 0
        age = (self._world.clock.now() - backend.instance.since).total_seconds()
        return bool(after) and age > after

    def listens(self, backend: Backend) -> bool:
        """Whether the program of a running instance takes connections already."""
        if backend.process.desired is None:
            return False
        run = Run(self._world, backend.app, backend.process, backend.instance)
        return PROGRAMS[backend.process.desired.behaviour.runs].listens(run)

    def lost(self, service: ServiceInstance) -> None:
        """A service goes away under the running instances of the apps that are bound to it."""
        bound = {
            one.app_guid
            for one in self._world.state.bindings.values()
            if one.service_instance_guid == service.guid
        }
        for process in list(self._world.state.processes.values()):
            if process.app_guid not in bound or process.desired is None:
                continue
            app = self._world.state.apps[process.app_guid]
            for instance in process.actual.values():
                if instance.state == "RUNNING":
                    run = Run(self._world, app, process, instance)
                    PROGRAMS[process.desired.behaviour.runs].lost(run, service)

    def visit(self, host: str, method: str, path: str) -> Reply:
        """A request at a public route, as anybody could make it, and what the router answers."""
        return router.visit(self._world, host, method, path)

    def host_of(self, app: App) -> str:
        """The public host name of an app, or its name where it has none."""
        domains = self._world.state.domains
        for route in self._world.routes.of(app):
            if not domains[route.domain_guid].internal:
                return self._world.routes.url(route)
        return app.name

    def _tick(self) -> None:
        self._ticks += 1
        now = self._ticks * TICK_SECONDS
        for process in list(self._world.state.processes.values()):
            if process.desired is None or not process.instances:
                continue
            for instance in process.actual.values():
                if instance.state == "RUNNING":
                    self._world.logs.measure(process, instance)
            for request in process.desired.behaviour.requests:
                if now % max(request.every, TICK_SECONDS) < TICK_SECONDS:
                    self._play(process, request)

    def _play(self, process: Process, request: Request) -> None:
        app = self._world.state.apps[process.app_guid]
        if request.kind == "visit":
            self.visit(self.host_of(app), request.method, request.path)
            return
        running = [instance for instance in process.actual.values() if instance.state == "RUNNING"]
        if not running or process.desired is None:
            return
        run = Run(self._world, app, process, running[self._ticks % len(running)])
        program = PROGRAMS[process.desired.behaviour.runs]
        if not program.works(run):
            return
        if request.kind == "line":
            program.log(run, request.line)
        else:
            program.call(run, process.desired.behaviour.connection(request.to))
