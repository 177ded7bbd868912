"""The public router as a listener: the Host header names the route."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from runback.lab.server import Request, Response, Route, route

if TYPE_CHECKING:
    from runback.lab.platform.world import World


def router_routes(world: World) -> tuple[Route, ...]:
    """Any method and path of any route of the world, e.g. `curl -H 'Host: app.lab.example' ROUTER`."""

    def visit(request: Request) -> Response:
        host = request.headers.get("host", "").partition(":")[0].lower()
        with world.entered():
            known = world.routes.named(host)
            backends = world.network.backends(known) if known else []
            reply = world.traffic.visit(host, request.method, request.path)
        # handlers/lookup.go and proxy/round_tripper/error_handler.go of gorouter: bodies and header values
        if not backends:
            text = f"404 Not Found: Requested route ('{host}') does not exist.\n"
            return _failed(404, text, "unknown_route")
        if reply.router_error:
            text = "502 Bad Gateway: Registered endpoint failed to handle the request.\n"
            return _failed(502, text, "endpoint_failure")
        if reply.body is not None:
            return Response(reply.status, reply.body, reply.type, reply.headers)
        return _page(host, request.path, reply.status)

    return (route("*", "/{path*}", visit),)


def _failed(status: int, text: str, reason: str) -> Response:
    return Response.text(text, status).with_headers(
        ("X-Cf-Routererror", reason),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-cache, no-store"),
    )


def _page(host: str, path: str, status: int) -> Response:
    """The app's own answer, as far as the lab models it: its status."""
    phrase = HTTPStatus(status).phrase
    return Response.text(f"<html><head><title>{status} {phrase}</title></head></html>\n", status, "text/html")
