"""What an app's code does, as far as the platform can see it: the lab's stand-in for the code itself.

A behaviour comes from a program file of the world (`worlds/reference/programs/backend.yml`), overlaid with the
`.lab/behaviour.yml` of the package, so that pushing something broken is pushing a package that says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededService:
    """A service the code looks up in VCAP_SERVICES at boot, by offering and (a part of) its name."""

    offering: str
    name: str = ""  # the instance's name must hold this; '' means the first of the offering
    at: str = ""  # 'tdpservice/settings/cloudgov.py:42', the line that reads it


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededVariable:
    """A variable that the code reads at boot and cannot do without."""

    name: str
    at: str = ""
    empty_is_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Somebody the code talks to. The address comes from a variable, a bound service, or is fixed."""

    name: str  # 'scanner', 'backend', 'database'
    variable: str = ""  # holds a URL, host:port or host
    service: str = ""  # offering of a bound service; credentials 'host' and 'port'
    address: str = ""  # fixed, 'host:port'
    port: int = 80  # where the address names none


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxied:
    """One nginx `location`: requests below `path` go to a connection."""

    path: str
    to: str  # a connection's name
    # nginx resolves a fixed upstream name once at start ('host not found in upstream'), a variable one per request
    resolved: Literal["start", "request"] = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something that happens `every` seconds: a person's request at a public route, or a job inside the app."""

    every: int
    kind: Literal["visit", "call", "line"]  # through the router; to a connection; only a log line
    method: str = "GET"
    path: str = "/"
    to: str = ""  # a connection, for kind 'call'
    status: int = 200
    size: int = 512
    line: str = ""  # of kind 'line': what the app logs
    agent: str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """The code ends by itself, `after` seconds, with this on standard error and this exit status."""

    after: float = 3.0
    exit_status: int = 1
    recording: str = ""  # a recording's name, or …
    lines: tuple[str, ...] = ()  # … the lines themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    idle_mb: float = 96.0
    growth_mb_per_minute: float = 0.0
    ceiling_mb: float = 0.0  # growth stops here; 0 means never


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    program: str
    runs: Literal["django", "celery", "nginx", "clamav", "plain"] = "plain"
    runtime: str = ""  # 'python' or 'nginx': what the buildpack installs
    runtime_version: str = ""  # what runtime.txt or buildpack.yml asks for
    commands: dict[str, str] = field(default_factory=dict)  # process type → start command
    listens: int | None = 8080  # None: nothing
    start_seconds: float = 4.0
    health: dict[str, int] = field(default_factory=dict)  # path → status, for http health checks
    variables: tuple[NeededVariable, ...] = ()
    services: tuple[NeededService, ...] = ()
    connections: tuple[Connection, ...] = ()
    proxies: tuple[Proxied, ...] = ()
    requests: tuple[Request, ...] = ()
    memory: Memory = Memory()
    crash: Crash | None = None
    compile_error: tuple[str, ...] = ()  # the buildpack's finalize fails with these lines
    noise: tuple[str, ...] = ()  # lines written at boot that mean nothing

    def connection(self, name: str) -> Connection:
        return next(connection for connection in self.connections if connection.name == name)

    def changed(self, **changes: object) -> Behaviour:
        return replace(self, **changes)  # type: ignore[arg-type]  # the loader has checked names and types
