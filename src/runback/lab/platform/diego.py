"""Diego: what Cloud Controller asks of it. It keeps as many instances as are desired, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runback.lab.platform.lives import Lives
from runback.lab.platform.placement import cell_of
from runback.lab.platform.state import DesiredProcess, Instance, Process
from runback.lab.platform.variables import environment

if TYPE_CHECKING:
    from runback.lab.platform.world import World

_MEGABYTE = 1024 * 1024


class Diego:
    def __init__(self, world: World) -> None:
        self._world = world
        self._lives = Lives(world)

    def start(self, process: Process) -> None:
        """Desire the process with the app's present droplet, variables and bindings; start instances."""
        world = self._world
        app = world.state.apps[process.app_guid]
        revision = world.state.revisions.get(process.revision_guid or "")
        droplet = world.state.droplets[revision.droplet_guid if revision else app.droplet_guid or ""]
        process.version = world.guid()
        process.desired = DesiredProcess(
            droplet_guid=droplet.guid,
            environment=environment(world, app, process),
            services=world.services.vcap_services(app),
            command=process.command or droplet.process_types.get(process.type, ""),
            behaviour=droplet.behaviour,
            health_check=process.health_check,
            readiness=process.readiness_health_check,
            memory_mb=process.memory_mb,
            disk_mb=process.disk_mb,
            since=world.clock.now(),
        )
        self.reconcile(process)

    def stop(self, process: Process) -> None:
        """Stop every instance."""
        for instance in list(process.actual.values()):
            self._lives.remove(process, instance)
        process.desired = None

    def resize(self, process: Process) -> None:
        """A changed memory or disk size starts the instances anew (a new version of the process)."""
        if process.desired is not None:
            self.stop(process)
            self.start(process)

    def reconcile(self, process: Process) -> None:
        """Start instances that are missing, stop those that are too many."""
        if process.desired is None:
            return
        for index in range(process.instances):
            if index not in process.actual:
                self._lives.place(process, index, crash_count=0)
        for index in [index for index in process.actual if index >= process.instances]:
            self._lives.remove(process, process.actual[index])

    def replace(self, process: Process, index: int) -> None:
        """Stop one instance and start a new one in its place."""
        self._lives.remove(process, process.actual[index])
        self.reconcile(process)

    def evacuate(self, process: Process, index: int) -> None:
        """Platform maintenance: the instance moves to another cell, and that is nobody's fault."""
        app = self._world.state.apps[process.app_guid]
        instance = process.actual[index]
        if not instance.host:
            return  # it has no place that it could leave
        data: dict[str, object] = {
            "instance": instance.guid,
            "index": index,
            "cell_id": cell_of(instance),
            "reason": "Cell is being evacuated",
            "version": process.version,
        }
        self._world.events.rescheduling(app, process, data)
        self.replace(process, index)

    def memory_bytes(self, process: Process, instance: Instance) -> int:
        """What a running instance uses now."""
        if process.desired is None:
            return 0
        memory = process.desired.behaviour.memory
        minutes = (self._world.clock.now() - instance.since).total_seconds() / 60
        used = memory.idle_mb + memory.growth_mb_per_minute * minutes
        if memory.ceiling_mb:
            used = min(used, max(memory.ceiling_mb, memory.idle_mb))
        return int(min(used, process.desired.memory_mb) * _MEGABYTE)
