"""What an app's code does, as far as the platform can see it: the lab's stand-in for the code itself.

A behaviour comes from a program file of the world (`worlds/reference/programs/backend.yml`), overlaid with
the `.lab/behaviour.yml` of the package, so that pushing something broken is pushing a package that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from runback.errors import ConfigurationError
from runback.lab.platform import declaration


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededService:
    """A service the code looks up in VCAP_SERVICES at boot, by offering and (a part of) its name."""

    offering: str
    name: str = (
        ""  # of the instance, '{suffix}' for the end of the space's name; '' means any of the offering
    )
    at: str = ""  # 'portal/settings.py:32', the line that reads it …
    code: str = ""  # … and what stands there

    def full_name(self, suffix: str) -> str:
        return self.name.replace("{suffix}", suffix)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededVariable:
    """A variable that the code reads at boot."""

    name: str
    at: str = ""
    code: str = ""
    form: Literal["", "integer", "json", "pem"] = ""  # what it must look like, where it is there
    default: bool = False  # the code can do without it


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A step of the database's schema that the code brings along."""

    name: str  # reports.0002_report_quarter
    after: str = ""  # the one that it depends on


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingModule:
    """A module that the code imports at boot and that nothing installs."""

    name: str
    at: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Somebody the code talks to, at an address made of its variables or of a bound service."""

    name: str  # 'scanner', 'backend', 'database'
    address: str = (
        ""  # a URL, host:port or host; '{NAME}' is the value of a variable, '{NAME:-x}' with a default
    )
    service: str = ""  # or the offering of a bound service, with 'host' and 'port' in its credentials
    port: int = 80  # where the address names none


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxied:
    """One nginx `location`: requests below `path` go to a connection."""

    path: str
    to: str  # a connection's name
    # nginx looks a fixed upstream name up once, at its start, and one with a variable at each request
    resolved: Literal["start", "request"] = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something that happens `every` seconds: a person's request at its route, or the app's own work."""

    every: int
    kind: Literal["visit", "call", "line"]  # through the router; to a connection; only a log line
    method: str = "GET"
    path: str = "/"
    to: str = ""  # a connection, for kind 'call'
    line: str = ""  # of kind 'line': what the app logs


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the app answers to a request that it knows; what it does not know is answered 404."""

    path: str
    method: str = "GET"
    status: int = 200
    size: int = 512
    to: str = ""  # a connection that it has to ask first; 502 where that fails
    uses: tuple[str, ...] = ()  # bound services, by the names of their instances without the suffix; 500
    then: tuple[str, ...] = ()  # those that come after that connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """The code ends by itself, `after` seconds, with this on standard error and this exit status."""

    after: float = 3.0
    exit_status: int = 1
    recording: str = ""  # a recording's name, or …
    lines: tuple[str, ...] = ()  # … the lines themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRun:
    """How a task ends whose command holds `command`."""

    command: str
    exit_status: int = 0
    lines: tuple[str, ...] = ()
    reason: str = ""  # beside the exit status, as the platform adds it: 'out of memory'


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarRun:
    """A program beside the web process, as a manifest's `sidecars` would have it; what it does."""

    name: str
    command: str = ""
    memory_mb: int | None = None
    lines: tuple[str, ...] = ()
    exit_status: int | None = None  # None: it goes on
    after: float = 20.0  # seconds until it ends, and the instance with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    idle_mb: float = 32.0
    growth_mb_per_minute: float = 0.0
    ceiling_mb: float = 0.0  # growth stops here; 0 means never


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    program: str = "app"
    runs: Literal["django", "celery", "nginx", "clamav", "worker", "plain"] = "plain"
    runtime: str = ""  # 'python' or 'nginx': what the buildpack installs
    runtime_version: str = ""  # what runtime.txt or buildpack.yml asks for
    commands: dict[str, str] = field(default_factory=dict)  # process type → start command
    listens: int | None = 8080  # None: nothing
    start_seconds: float = 4.0
    stuck_after: float = 0.0  # seconds of good work after which it answers nobody in time; 0: never
    tls: bool = False  # what listens speaks TLS, and resets who does not
    http2: bool = False  # it speaks HTTP/2 without TLS too
    answers: tuple[Answer, ...] = ()
    variables: tuple[NeededVariable, ...] = ()
    services: tuple[NeededService, ...] = ()
    missing_module: MissingModule | None = None
    modules: tuple[str, ...] = ()  # of the project's own Python code
    migrations: tuple[Migration, ...] = ()
    connections: tuple[Connection, ...] = ()
    proxies: tuple[Proxied, ...] = ()
    requests: tuple[Request, ...] = ()
    memory: Memory = Memory()
    disk_mb: int = 207  # of the unpacked droplet, before the app writes anything
    crash: Crash | None = None
    tasks: tuple[TaskRun, ...] = ()
    sidecars: tuple[SidecarRun, ...] = ()
    static: dict[str, str] = field(default_factory=dict)  # files below public/, as nginx serves them
    server: str = ""  # nginx.conf
    compile_seconds: float = 0.0  # what the buildpack's finalize takes
    compile_error: tuple[str, ...] = ()  # the buildpack's finalize fails with these lines
    noise: tuple[str, ...] = ()  # lines written at boot that mean nothing

    def answer(self, method: str, path: str) -> Answer:
        known = (answer for answer in self.answers if (answer.method, answer.path) == (method, path))
        return next(known, Answer(method=method, path=path, status=404 if self.answers else 200, size=179))

    def connection(self, name: str) -> Connection:
        return next(connection for connection in self.connections if connection.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Override(Behaviour):
    commit: str = ""


def read(text: str, file: str) -> Behaviour:
    """The behaviour in a program file; raises ConfigurationError with file, line and what is allowed."""
    return declaration.read(declaration.compose(text, file), Behaviour, file)


def overlay(
    base: Behaviour, text: str, file: str, programs: Mapping[str, Behaviour]
) -> tuple[Behaviour, str]:
    """The behaviour that a package's override makes of `base` (or of the program it names); its commit."""
    values = declaration.given(declaration.compose(text, file), _Override, file)
    commit = str(values.pop("commit", ""))
    named = values.pop("program", None)
    if named is not None:
        if named not in programs:
            raise ConfigurationError(f"{file}: no program {named!r}; allowed: {', '.join(sorted(programs))}")
        base = programs[named]
    return replace(base, **values), commit
