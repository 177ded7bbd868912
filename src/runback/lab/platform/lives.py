"""The lives of instances: on a cell, started, healthy or not, crashed, started again, stopped.

Messages are those of cloudfoundry/executor (depot/containerstore/storenode.go, depot/steps/run_step.go,
depot/steps/health_check_step.go) and cloudfoundry/healthcheck; the back-off is that of cloudfoundry/bbs
(models/restart_calculator.go).
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal

from runback.lab.platform import health
from runback.lab.platform.placement import CELLS, cell_of, cells_with_room, nowhere
from runback.lab.platform.programs import PROGRAMS, Run
from runback.lab.platform.startcommand import unknown_program
from runback.lab.platform.state import App, Instance, Process

if TYPE_CHECKING:
    from runback.lab.platform.world import World

IMMEDIATE_RESTARTS = 3
BACKOFF_SECONDS = 30
BACKOFF_LIMIT_SECONDS = 16 * 60
RESTARTS = 200
CRASH_RESET = timedelta(minutes=5)  # bbs, models/actual_lrp.go: it ran longer than this, so it counts from 0
CONVERGENCE_SECONDS = 30  # bbs, convergence: how often what has no place is auctioned again
_CREATE_SECONDS = 0.9
_BOOT_SECONDS = 1.8


class Lives:
    def __init__(self, world: World) -> None:
        self._world = world

    def place(self, process: Process, index: int, *, crash_count: int) -> None:
        """A new instance on some cell with room, started."""
        world = self._world
        cells = cells_with_room(world, process.desired.memory_mb if process.desired else process.memory_mb)
        if not cells:
            self._no_place(process, index, crash_count)
            return
        cell = cells[world.random.randrange(len(cells))]
        instance = Instance(
            index=index,
            guid=f"{world.guid()[:23]}-{world.random.randrange(16**4):04x}",
            state="STARTING",
            since=world.clock.now(),
            host=f"10.10.{1 + CELLS.index(cell)}.{17 + CELLS.index(cell)}",
            ip=f"10.255.{world.random.randrange(4, 250)}.{world.random.randrange(2, 254)}",
            external_port=61_000 + world.random.randrange(2_000),
            crash_count=crash_count,
        )
        process.actual[index] = instance
        self._cell(process, instance, f"Cell {cell} creating container for instance {instance.guid}")
        later = world.clock.after(_CREATE_SECONDS, lambda: self._created(process, instance, cell))
        instance.timers.append(later)

    def _no_place(self, process: Process, index: int, crash_count: int) -> None:
        """No cell won the auction: the instance is nowhere, writes nothing, and is tried again."""
        world = self._world
        waiting = nowhere(world, process.actual.get(index), index, crash_count)
        process.actual[index] = waiting
        again = world.clock.after(
            CONVERGENCE_SECONDS, lambda: self.place(process, index, crash_count=crash_count)
        )
        waiting.timers.append(again)

    def _created(self, process: Process, instance: Instance, cell: str) -> None:
        clock = self._world.clock
        self._cell(
            process, instance, f"Cell {cell} successfully created container for instance {instance.guid}"
        )
        self._cell(process, instance, "Downloading droplet...")
        if process.desired is not None and process.desired.behaviour.disk_mb > process.desired.disk_mb:
            instance.timers.append(clock.after(0.9, lambda: self._does_not_fit(process, instance)))
            return
        self._cell(process, instance, "Downloaded droplet (71.3M)", after=0.4)
        instance.timers.append(clock.after(_BOOT_SECONDS, lambda: self._boot(process, instance)))

    def _does_not_fit(self, process: Process, instance: Instance) -> None:
        # executor, depot/steps/download_step.go; tar's own lines as in SAP-samples/cf-routing-samples#359
        failed = (
            "Copying droplet into the container failed: stream-in: nstar: error streaming in: exit status 2. "
            "Output: tar: ./deps/1/python/bin/python3.11: Wrote only 3072 of 10240 bytes\n"
            "tar: ./deps/1/python/lib/libpython3.11.so.1.0: Cannot open: No space left on device\n"
            "tar: Exiting with failure status due to previous errors\n"
        )
        self._cell(process, instance, failed.rstrip("\n"), "ERR")
        self._crash(process, instance, failed)

    def _boot(self, process: Process, instance: Instance) -> None:
        run = Run(self._world, self._app(process), process, instance)
        behaviour = run.desired.behaviour
        if run.desired.health_check.type != "process":
            self._cell(process, instance, "Starting health monitoring of container")
        unknown = unknown_program(run.desired)
        if unknown:
            run.write(f"bash: line 1: {unknown}: command not found", "ERR")
        status = 127 if unknown else PROGRAMS[behaviour.runs].boot(run)
        clock = self._world.clock
        if status is not None:
            after = behaviour.crash.after if behaviour.crash else 2.0
            instance.timers.append(clock.after(after, lambda: self._exited(process, instance, status)))
            return
        check = run.desired.health_check
        failure = health.startup_failure(run.desired, instance)
        if failure is None:
            seconds = 0.5 if check.type == "process" else behaviour.start_seconds
            instance.timers.append(clock.after(seconds, lambda: self._healthy(process, instance)))
        else:
            timeout = check.timeout or health.STARTUP_SECONDS
            instance.timers.append(
                clock.after(timeout + 0.003, lambda: self._never_healthy(process, instance, failure))
            )
        self._watch_memory(run)
        self._start_sidecars(run)

    def _start_sidecars(self, run: Run) -> None:
        for sidecar in run.desired.behaviour.sidecars if run.process.type == "web" else ():
            source = f"{run.source}/SIDECAR/{sidecar.name.upper()}"
            for line in sidecar.lines:
                self._write(run.process, run.instance, source, line, "ERR")
            if (status := sidecar.exit_status) is not None:
                ended = partial(self._exited, run.process, run.instance, status, source=source)
                run.instance.timers.append(self._world.clock.after(sidecar.after, ended))

    def _healthy(self, process: Process, instance: Instance) -> None:
        if process.desired is not None and process.desired.health_check.type != "process":
            self._cell(process, instance, "Container became healthy")
        instance.state = "RUNNING"
        instance.since = self._world.clock.now()
        run = Run(self._world, self._app(process), process, instance)
        self._world.monitoring.begin(run, partial(self._crash, process, instance))

    def _watch_memory(self, run: Run) -> None:
        memory = run.desired.behaviour.memory
        limit = run.desired.memory_mb
        ceiling = memory.ceiling_mb or float("inf")
        if memory.idle_mb > limit:
            minutes = 0.02
        elif memory.growth_mb_per_minute > 0 and ceiling > limit:
            minutes = (limit - memory.idle_mb) / memory.growth_mb_per_minute
        else:
            return
        later = self._world.clock.after(minutes * 60 + 1, lambda: self._out_of_memory(run))
        run.instance.timers.append(later)

    def _out_of_memory(self, run: Run) -> None:
        PROGRAMS[run.desired.behaviour.runs].killed(run)
        self._exited(run.process, run.instance, 137, " (out of memory)")

    def _never_healthy(self, process: Process, instance: Instance, failure: str) -> None:
        check = process.desired.health_check if process.desired else process.health_check
        timeout = check.timeout or health.STARTUP_SECONDS
        lasted = health.duration(timeout, 3)
        told = health.startup_message(timeout, failure)
        self._write(process, instance, "HEALTH", told, "ERR")
        self._cell(process, instance, f"Failed after {lasted}: startup health check never passed.", "ERR")
        self._crash(process, instance, f"Instance never healthy after {lasted}: {told}")

    def _exited(
        self, process: Process, instance: Instance, status: int, suffix: str = "", source: str = ""
    ) -> None:
        source = source or f"APP/PROC/{process.type.upper()}"
        self._write(process, instance, source, f"Exit status {status}{suffix}")
        self._crash(process, instance, f"{source}: Exited with status {status}{suffix}")

    def _crash(self, process: Process, instance: Instance, description: str) -> None:
        world = self._world
        self._cancel(instance)
        now = world.clock.now()
        if instance.state == "RUNNING" and now - instance.since > CRASH_RESET:
            instance.crash_count = 0
        instance.crash_count += 1
        instance.state = "CRASHED"
        instance.since = now
        self._destroy_lines(process, instance)
        cell = cell_of(instance)
        world.events.crash(self._app(process), process, instance.index, instance.guid, cell, description)
        delay = self.restart_delay(instance.crash_count)
        if delay is None:
            return
        instance.timers.append(world.clock.after(delay, lambda: self._restart(process, instance)))

    @staticmethod
    def restart_delay(crashes: int) -> float | None:
        """Seconds until an instance that crashed so often is tried again; None: never."""
        if crashes < IMMEDIATE_RESTARTS:
            return 0.2
        if crashes >= RESTARTS:
            return None
        return float(min(BACKOFF_SECONDS << min(crashes - IMMEDIATE_RESTARTS, 5), BACKOFF_LIMIT_SECONDS))

    def _restart(self, process: Process, instance: Instance) -> None:
        self.place(process, instance.index, crash_count=instance.crash_count)

    def remove(self, process: Process, instance: Instance) -> None:
        """The instance stops, and is none of the process's any more."""
        self._cancel(instance)
        del process.actual[instance.index]
        if instance.state == "RUNNING":
            self._cell(process, instance, f"Cell {cell_of(instance)} stopping instance {instance.guid}")
            run = Run(self._world, self._app(process), process, instance)
            status = PROGRAMS[run.desired.behaviour.runs].stopped(run)
            self._write(process, instance, run.source, f"Exit status {status}")
        if instance.state in ("RUNNING", "STARTING"):
            self._destroy_lines(process, instance, stopping=False)

    def _destroy_lines(self, process: Process, instance: Instance, *, stopping: bool = True) -> None:
        cell = cell_of(instance)
        if stopping:
            self._cell(process, instance, f"Cell {cell} stopping instance {instance.guid}")
        self._cell(process, instance, f"Cell {cell} destroying container for instance {instance.guid}")
        self._cell(
            process, instance, f"Cell {cell} successfully destroyed container for instance {instance.guid}"
        )

    def _app(self, process: Process) -> App:
        return self._world.state.apps[process.app_guid]

    @staticmethod
    def _cancel(instance: Instance) -> None:
        for timer in instance.timers:
            timer.cancel()
        instance.timers.clear()

    def _cell(
        self,
        process: Process,
        instance: Instance,
        text: str,
        stream: Literal["OUT", "ERR"] = "OUT",
        *,
        after: float = 0.0,
    ) -> None:
        self._write(process, instance, "CELL", text, stream, after=after)

    def _write(
        self,
        process: Process,
        instance: Instance,
        source: str,
        text: str,
        stream: Literal["OUT", "ERR"] = "OUT",
        *,
        after: float = 0.0,
    ) -> None:
        at = self._world.clock.now_ns() + int(after * 1e9)
        self._world.logs.write(process.app_guid, source, str(instance.index), text, stream, at=at)
