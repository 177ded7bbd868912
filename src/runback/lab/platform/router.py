"""The gorouter: which app a public host name reaches, and the access line it writes into that app's log.

The form is that of cloudfoundry/gorouter, accesslog/schema/access_log_record.go; the errors are those of
handlers/lookup.go and proxy/round_tripper/error_handler.go. A request for a route without running instances
is answered 404 and written into no app's log, because the router does not know whose it is.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from runback.lab.platform.programs import Reply

if TYPE_CHECKING:
    from runback.lab.platform.network import Backend
    from runback.lab.platform.world import World

_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/144.0.0.0 Safari/537.36"
)
_CLIENTS = ("198.51.100.23", "203.0.113.77", "192.0.2.145")  # documentation addresses


def visit(world: World, host: str, method: str, path: str) -> Reply:
    """Send a request to a public host; writes the access line of the app that took it."""
    route = world.routes.named(host)
    backends = world.network.backends(route) if route else []
    if not backends:
        return Reply(404, len(f"404 Not Found: Requested route ('{host}') does not exist.\n"))
    backend = backends[world.random.randrange(len(backends))]
    reply = _refused(backend) or world.traffic.serve(backend, method, path)
    _log(world, backend, f"{method} {path} HTTP/1.1", host, reply, reply.router_error or "-")
    return reply


def _refused(backend: Backend) -> Reply | None:
    """The router's own answer where it gets none: at another port, or in another protocol."""
    desired = backend.process.desired
    if desired is None or desired.behaviour.listens != backend.port:
        address = f"{backend.instance.host}:{backend.instance.external_port}"
        reason = f"dial tcp {address}: connect: connection refused"
    elif backend.protocol == "http2" and not desired.behaviour.http2:
        # golang.org/x/net/http2, frame.go: the answer to the preface is one of HTTP/1.1
        reason = (
            "http2: failed reading the frame payload: http2: frame too large, "
            "note that the frame header looked like an HTTP/1.1 header"
        )
    else:
        return None
    return Reply(502, 67, router_error=f"endpoint_failure ({reason})")


def _log(world: World, backend: Backend, request: str, host: str, reply: Reply, error: str) -> None:
    moment = world.clock.now()
    client = _CLIENTS[world.random.randrange(len(_CLIENTS))]
    request_id = uuid.UUID(int=world.random.getrandbits(128), version=4)
    instance = backend.instance
    seconds = reply.seconds + 0.003
    line = (
        f"{host} - [{moment:%Y-%m-%dT%H:%M:%S.%f}000Z] "
        f'"{request}" {reply.status} 0 {reply.size} "-" "{_AGENT}" '
        f'"10.10.2.5:{40_000 + world.random.randrange(20_000)}" "{instance.host}:{instance.external_port}" '
        f'x_forwarded_for:"{client}, 10.10.2.5" x_forwarded_proto:"https" vcap_request_id:"{request_id}" '
        f"response_time:{seconds:.6f} gorouter_time:{0.000312:.6f} "
        f'app_id:"{backend.app.guid}" app_index:"{instance.index}" instance_id:"{instance.guid}" '
        f'x_cf_routererror:"{error}"'
    )
    world.logs.write(backend.app.guid, "RTR", "0", line)
