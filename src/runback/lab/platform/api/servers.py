"""The platform's four listeners, and what is common to every call of the v3 API."""

from __future__ import annotations

import uuid
from types import TracebackType
from typing import TYPE_CHECKING, Self

from runback.errors import LabError
from runback.lab.platform.api import (
    apps,
    bindings,
    builds,
    catalog,
    copies,
    deployments,
    droplets,
    manifests,
    packages,
    processes,
    quotas,
    root,
    routes,
    services,
    sharing,
    spaces,
    tasks,
    unused,
    users,
)
from runback.lab.platform.api.call import Call, CallHandler, refusal
from runback.lab.platform.api.gorouter import router_routes
from runback.lab.platform.api.limits import RateLimit, too_many
from runback.lab.platform.api.logcache import log_cache_routes
from runback.lab.platform.api.policies import policy_routes
from runback.lab.platform.api.root import Endpoints, root_routes
from runback.lab.platform.api.uaa import InvalidToken, Uaa
from runback.lab.platform.refusal import Refusal
from runback.lab.server import Faults, Handler, Listener, Request, RequestLog, Response, Route, route

if TYPE_CHECKING:
    from runback.lab.platform.world import World

_MODULES = (
    apps,
    bindings,
    builds,
    catalog,
    copies,
    deployments,
    droplets,
    manifests,
    packages,
    processes,
    quotas,
    root,
    routes,
    services,
    sharing,
    spaces,
    tasks,
    unused,
    users,
)
ENDPOINTS: tuple[tuple[str, str, CallHandler], ...] = tuple(
    endpoint for module in _MODULES for endpoint in module.ENDPOINTS
)


def api_routes(world: World, uaa: Uaa, endpoints: Endpoints, limit: RateLimit) -> tuple[Route, ...]:
    """The v3 API and the policy server's, which share a host."""
    called = tuple(
        route(method, pattern, _authenticated(world, uaa, limit, handler))
        for method, pattern, handler in ENDPOINTS
    )
    return (*root_routes(endpoints), *called, *policy_routes(world, uaa))


def _authenticated(world: World, uaa: Uaa, limit: RateLimit, handler: CallHandler) -> Handler:
    def handle(request: Request) -> Response:
        try:
            user = uaa.user(request.headers.get("authorization", ""))
        except InvalidToken:
            if "authorization" in request.headers:
                return _marked(refusal(Refusal("Invalid Auth Token", "CF-InvalidAuthToken")))
            return _marked(refusal(Refusal("Authentication error", "CF-NotAuthenticated")))
        headers, exceeded = limit.headers(user.guid, world.clock.now().timestamp())
        if exceeded:
            detail = "Rate Limit Exceeded"
            refused = refusal(Refusal(detail, "CF-RateLimitExceeded")).with_headers(*headers)
            return _marked(too_many(refused))
        with world.entered():
            try:
                response = handler(Call(request, world, user))
            except Refusal as refused:
                response = refusal(refused)
        return _marked(response.with_headers(*headers))

    return handle


def _marked(response: Response) -> Response:
    return response.with_headers(("X-Vcap-Request-Id", f"{uuid.uuid4()}::{uuid.uuid4()}"))


def _unknown(request: Request) -> Response:
    # cloud_controller_ng, application_controller.rb
    return _marked(
        Response.json({"errors": [{"detail": "Unknown request", "title": "CF-NotFound", "code": 10000}]}, 404)
    )


class Servers:
    """A world's listeners: `api`, `uaa` (login too), `log_cache`, `router`. Close them, or use a `with`."""

    def __init__(
        self,
        world: World,
        *,
        log: RequestLog | None = None,
        faults: Faults | None = None,
        latency: float = 0.0,
        port: int = 0,
    ) -> None:
        """`port` is the API's; the others follow it (0: whatever is free). Raises LabError."""
        self.endpoints = Endpoints()
        self.tokens = Uaa(world, self.endpoints)
        self.limit = RateLimit()
        self.log = log if log is not None else RequestLog()
        self.faults = faults if faults is not None else Faults()
        self._listeners: list[Listener] = []
        tables = (
            ("api", api_routes(world, self.tokens, self.endpoints, self.limit)),
            ("uaa", self.tokens.routes()),
            ("log-cache", log_cache_routes(world, self.tokens)),
            ("router", router_routes(world)),
        )
        try:
            for offset, (name, table) in enumerate(tables):
                listener = Listener(
                    name,
                    table,
                    now=world.clock.now,
                    port=port + offset if port else 0,
                    log=self.log,
                    faults=self.faults,
                    latency=latency,
                )
                self._listeners.append(listener)
        except LabError:
            self.close()
            raise
        self.api, self.uaa, self.log_cache, self.router = self._listeners
        self.api.fallback = _unknown
        self.endpoints.uaa = self.uaa.url
        self.endpoints.log_cache = self.log_cache.url

    def close(self) -> None:
        for listener in self._listeners:
            listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
