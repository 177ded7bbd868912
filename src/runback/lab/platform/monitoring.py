"""What watches an instance after its start: liveness, which restarts it, and readiness, which takes it out of
its routes and lets it run on.

Messages are those of cloudfoundry/executor (depot/steps/health_check_step.go and
readiness_health_check_step.go), cloudfoundry/healthcheck (cmd/healthcheck/main.go) and cloud_controller_ng
(app/repositories/process_event_repository.rb).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runback.lab.platform import health
from runback.lab.platform.placement import cell_of
from runback.lab.platform.programs import PROGRAMS, Run

if TYPE_CHECKING:
    from runback.lab.platform.state import HealthCheck
    from runback.lab.platform.world import World

INTERVAL_SECONDS = 30  # healthy_monitoring_interval of the rep
UNTIL_READY_SECONDS = 5


class Monitoring:
    """`crash` ends an instance with a description."""

    def __init__(self, world: World) -> None:
        self._world = world

    def begin(self, run: Run, crash: Callable[[str], None]) -> None:
        """From now on, for as long as the instance lives."""
        stuck = run.desired.behaviour.stuck_after
        check = run.desired.health_check
        if stuck and check.type == "http":
            every = check.interval or INTERVAL_SECONDS
            noticed = (int(stuck // every) + 1) * every
            self._after(run, noticed, lambda: self._unhealthy(run, check, crash))
        if run.desired.readiness.type != "process":
            run.instance.ready = False
            self._cell(run, "Starting readiness health monitoring of container")
            self._after(run, 0.1, lambda: self._look(run))

    def _unhealthy(self, run: Run, check: HealthCheck, crash: Callable[[str], None]) -> None:
        path, seconds = check.endpoint or "/", check.invocation_timeout or 1
        asked = f"failed to make HTTP request to '{path}' on port {health.PORT}"
        told = f"Liveness check unsuccessful: {asked}: timed out after {seconds}.00 seconds"
        self._write(run, "HEALTH", told)
        self._cell(run, "Container became unhealthy")
        crash(f"Instance became unhealthy: {told}")

    def _look(self, run: Run) -> None:
        """One readiness check, and the next one later."""
        failure = self._readiness_failure(run)
        if failure is None and not run.instance.ready:
            self._cell(
                run,
                "Container passed the readiness health check. "
                "Container marked ready and added to route pool.",
            )
            self._turned(run, ready=True)
        elif failure is not None and run.instance.ready:
            self._write(run, "HEALTH", f"Readiness check unsuccessful: {failure}")
            self._cell(
                run,
                "Container failed the readiness health check. "
                "Container marked not ready and removed from route pool.",
            )
            self._turned(run, ready=False)
        again = run.desired.readiness.interval or INTERVAL_SECONDS
        self._after(run, again if run.instance.ready else UNTIL_READY_SECONDS, lambda: self._look(run))

    def _readiness_failure(self, run: Run) -> str | None:
        """What the check says; None if it passes."""
        check, behaviour = run.desired.readiness, run.desired.behaviour
        if check.type == "port" or behaviour.listens != health.PORT:
            return health.refused(check, run.instance) if behaviour.listens != health.PORT else None
        path = check.endpoint or "/"
        status = PROGRAMS[behaviour.runs].serve(run, "GET", path).status
        return None if status == 200 else health.wrong_status(path, status)

    def _turned(self, run: Run, *, ready: bool) -> None:
        run.instance.ready = ready
        word = "ready" if ready else "not ready"
        self._world.logs.api(run.app.guid, f'Process became {word} with type: "{run.process.type}"')
        data: dict[str, object] = {
            "instance": run.instance.guid,
            "index": run.instance.index,
            "cell_id": cell_of(run.instance),
            "ready": ready,
            "version": run.process.version,
        }
        self._world.events.readiness(run.app, run.process, data, ready=ready)

    def _after(self, run: Run, seconds: float, work: Callable[[], None]) -> None:
        run.instance.timers.append(self._world.clock.after(seconds, work))

    def _cell(self, run: Run, text: str) -> None:
        self._world.logs.write(run.app.guid, "CELL", str(run.instance.index), text, "OUT")

    def _write(self, run: Run, source: str, text: str) -> None:
        self._world.logs.write(run.app.guid, source, str(run.instance.index), text, "ERR")
