"""The networks of the platform: internal routes and policies between apps, and the router before them.

A connection goes name → internal route → apps → running instances → policy → port. What is not allowed is
rejected, not dropped (silk's iptables rules answer with ICMP), so the caller reads 'connection refused'. What
a firewall beyond the platform does not let through it drops: the caller waits until its time is up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from runback.lab.platform.state import App, Instance, Process, Route

if TYPE_CHECKING:
    from runback.lab.platform.behaviour import Connection
    from runback.lab.platform.world import World


# What there is outside of the platform, beside numbers. A name that nobody has does not resolve.
_OUTSIDE = ("*.lab.example", "*.partner.example", "*.clamav.net")
_NUMBERS = ("*.*.*.[0-9]", "*.*.*.[0-9][0-9]", "*.*.*.[0-9][0-9][0-9]")
_PUBLIC_PORTS = (80, 443)  # of all others the load balancers answer none
_VARIABLE = re.compile(r"\{(\w+)(?::-([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    path: str = "/"


@dataclass(frozen=True, slots=True)
class Backend:
    """A running instance that a request reaches; the router asks it at this port, in this protocol."""

    app: App
    process: Process
    instance: Instance
    port: int = 8080
    protocol: str = "http1"


@dataclass(frozen=True, slots=True)
class Connected:
    """How a connection went. `unresolved`: the name has no address; `outside`: no app of this platform."""

    result: Literal["ok", "outside", "unresolved", "refused", "timeout"]
    ip: str = ""
    backend: Backend | None = None


class Network:
    def __init__(self, world: World) -> None:
        self._world = world

    def address(self, connection: Connection, process: Process) -> Address | None:
        """Where a process connects to, by the environment it was started with; None if that is empty."""
        if process.desired is None:
            return None
        if connection.service:
            bound = process.desired.services.get(connection.service)
            credentials = bound[0]["credentials"] if bound else None
            if not isinstance(credentials, dict):
                return None
            return Address(
                str(credentials.get("host", "")), int(str(credentials.get("port", connection.port)))
            )
        return parse_address(self.url(connection, process), connection.port)

    def url(self, connection: Connection, process: Process) -> str:
        """The address of a connection as the code reads it, whatever stands there."""
        given = process.desired.environment if process.desired else {}
        return _VARIABLE.sub(lambda name: given.get(name[1], name[2] or ""), connection.address)

    def connect(self, source: App, address: Address, protocol: str = "tcp") -> Connected:
        """Open a connection from an app's container."""
        if address.host in ("localhost", "127.0.0.1"):
            return Connected("refused", "127.0.0.1")  # its own container, in which nothing else listens
        if "." not in address.host:
            return Connected("unresolved")  # a name of some docker compose: no search domain knows it
        if any(fnmatch(address.host, pattern) for pattern in self._world.state.dropped_hosts):
            return Connected("timeout", "203.0.113.10")
        if not self._internal(address.host):
            return self._outside(address)
        route = self._world.routes.named(address.host)
        backends = self.backends(route) if route else []
        if not backends:
            return Connected("unresolved")
        backend = backends[self._world.random.randrange(len(backends))]
        allowed = backend.app.guid == source.guid or self._world.policies.allows(
            source, backend.app, address.port, protocol
        )
        desired = backend.process.desired
        listening = (
            desired is not None
            and desired.behaviour.listens == address.port
            and self._world.traffic.listens(backend)
        )
        result: Literal["ok", "refused"] = "ok" if allowed and listening else "refused"
        return Connected(result, backend.instance.ip, backend if result == "ok" else None)

    def _outside(self, address: Address) -> Connected:
        """The names of the public domain lead to the load balancers before the router."""
        public = self._public(address.host)
        if not public and not any(fnmatch(address.host, known) for known in (*_OUTSIDE, *_NUMBERS)):
            return Connected("unresolved")
        closed = public and address.port not in _PUBLIC_PORTS
        return Connected("timeout" if closed else "outside", "203.0.113.10")

    def backends(self, route: Route) -> list[Backend]:
        """The running instances behind a route."""
        found = []
        for destination in route.destinations:
            app = self._world.state.apps[destination.app_guid]
            for process in self._world.processes.of(app):
                if process.type != destination.process_type:
                    continue
                found += [
                    Backend(app, process, instance, destination.port or 8080, destination.protocol or "http1")
                    for instance in process.actual.values()
                    if instance.state == "RUNNING" and instance.ready
                ]
        return found

    def _public(self, host: str) -> bool:
        return any(
            host.endswith(f".{domain.name}")
            for domain in self._world.state.domains.values()
            if not domain.internal
        )

    def _internal(self, host: str) -> bool:
        return any(
            host.endswith(f".{domain.name}")
            for domain in self._world.state.domains.values()
            if domain.internal
        )


def parse_address(value: str, default_port: int) -> Address | None:
    """The address in a URL, host:port or host; None for an empty or broken value. `default_port` is that of
    a host alone: a URL without a port means the one of its scheme.
    """
    text = value.strip()
    if not text:
        return None
    parts = urlsplit(text if re.match(r"^\w+://", text) else f"//{text}")
    try:
        port = parts.port
    except ValueError:
        return None
    port = port or {"http": 80, "https": 443}.get(parts.scheme, default_port)
    return Address(parts.hostname, port, parts.path or "/") if parts.hostname else None
