"""A program in general: it starts, serves what it is asked, stops; and the run of one in one instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runback.lab.platform import malformed, schema
from runback.lab.platform.troubles import TROUBLES, Trouble

if TYPE_CHECKING:
    from runback.lab.platform.behaviour import Connection, NeededService, NeededVariable
    from runback.lab.platform.state import App, DesiredProcess, Instance, Process, ServiceInstance
    from runback.lab.platform.world import World


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: `status`, `size` in bytes, `seconds` it took."""

    status: int
    size: int = 0
    seconds: float = 0.004
    body: bytes | None = None  # None: nobody looks at it
    type: str = "text/html"
    headers: tuple[tuple[str, str], ...] = ()
    router_error: str = ""  # the router answers itself, for this reason: 'endpoint_failure (…)'
    late: bool = False  # nothing came in time
    reset: bool = False  # the connection was reset instead of answered


@dataclass(frozen=True, slots=True)
class Bound:
    """A service in trouble as a program sees it."""

    trouble: Trouble
    credentials: dict[str, object]
    column: str = ""  # of a database: the first that its table has not


@dataclass(frozen=True, slots=True)
class Run:
    """One program in one instance."""

    world: World
    app: App
    process: Process
    instance: Instance

    @property
    def source(self) -> str:
        return f"APP/PROC/{self.process.type.upper()}"

    @property
    def desired(self) -> DesiredProcess:
        if self.process.desired is None:
            raise RuntimeError(f"{self.app.name} runs, but nobody asked for it")
        return self.process.desired

    def write(self, text: str, stream: Literal["OUT", "ERR"] = "OUT", *, after: float = 0.0) -> None:
        """Write lines now, or `after` seconds if the instance still runs then."""
        if after > 0.5:
            self.instance.timers.append(self.world.clock.after(after, lambda: self.write(text, stream)))
            return
        at = self.world.clock.now_ns() + int(after * 1e9)
        self.world.logs.write(self.app.guid, self.source, str(self.instance.index), text, stream, at=at)

    def missing(self) -> NeededVariable | NeededService | None:
        """The first variable or service that the code needs at boot and does not find."""
        desired = self.desired
        for variable in desired.behaviour.variables:
            if variable.name not in desired.environment and not variable.default:
                return variable
        for service in desired.behaviour.services:
            bound = desired.services.get(service.offering, [])
            if not any(service.full_name(self.suffix) in ("", str(entry["name"])) for entry in bound):
                return service
        return None

    def malformed(self) -> tuple[NeededVariable, str] | None:
        """The first variable that the code cannot read, and the exception's own words."""
        return malformed.first(self.desired.behaviour.variables, self.desired.environment)

    def trouble(self, name: str) -> Bound | None:
        """The bound service whose name begins so, if it is in trouble."""
        instances = self.world.state.service_instances
        for offering, entries in self.desired.services.items():
            for entry in entries:
                instance = instances.get(str(entry["instance_guid"]))
                if instance is None or not instance.name.startswith(f"{name}-"):
                    continue
                given = entry["credentials"]
                credentials = given if isinstance(given, dict) else {}
                if kind := self._trouble(instance, credentials):
                    column = schema.column(instance, self.desired.behaviour)
                    return Bound(TROUBLES[offering][kind], credentials, column)
        return None

    def _trouble(self, instance: ServiceInstance, credentials: dict[str, object]) -> str:
        """What is wrong with it for this process: behind the binding, or in what the process has of it."""
        if instance.type == "user-provided" and credentials != instance.credentials:
            return "login"  # whoever changed the account there wrote the new one down here
        return instance.trouble or schema.difference(instance, self.desired.behaviour)

    @property
    def suffix(self) -> str:
        """The space's name without its first part: 'dev' of tanf-dev."""
        return self.world.state.spaces[self.app.space_guid].name.split("-", 1)[-1]


class Program:
    """A program that says little: it prints its declared crash, and answers every request as it is asked."""

    def boot(self, run: Run) -> int | None:
        """Start. Returns the exit status if the start fails."""
        behaviour = run.desired.behaviour
        for line in behaviour.noise:
            run.write(line)
        if behaviour.crash is not None:
            run.write("\n".join(behaviour.crash.lines) or "fatal: cannot start", "ERR")
            return behaviour.crash.exit_status
        if run.missing() is not None:
            run.write("fatal: cannot start: the configuration is incomplete", "ERR")
            return 1
        return None

    def stopped(self, run: Run) -> int:
        """Write what a SIGTERM brings; returns the exit status. 143 is what most programs end with."""
        return 143

    def killed(self, run: Run) -> None:
        """Write what is seen when the kernel kills for memory: usually nothing."""

    def serve(self, run: Run, method: str, path: str) -> Reply:
        """Answer a request that has reached this instance."""
        answer = run.desired.behaviour.answer(method, path)
        return Reply(answer.status, answer.size)

    def listens(self, run: Run) -> bool:
        """Whether it has come so far that it takes connections."""
        return True

    def lost(self, run: Run, instance: ServiceInstance) -> None:
        """Write what is seen when a bound service goes away under a running program: most are quiet."""

    def call(self, run: Run, connection: Connection) -> None:
        """Do what the app does by itself: talk to a connection, and log how it went."""

    def works(self, run: Run) -> bool:
        """Whether it does what it does by itself."""
        return True

    def log(self, run: Run, text: str) -> None:
        """Write one line in the program's own form."""
        run.write(text)
