"""Processes: their size, health check, command, and what stats say of their instances."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, HealthCheck, Instance, Process, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World

HIDDEN = "[PRIVATE DATA HIDDEN]"
_DISK_LIMIT_MB = 7168  # maximum_app_disk_in_mb of cloud.gov


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceStats:
    """One instance as `/v3/processes/{guid}/stats` tells of it; usage is None while it is DOWN."""

    index: int
    state: str
    instance: Instance | None
    uptime: int = 0  # seconds
    cpu: float = 0.0
    memory_bytes: int = 0
    disk_bytes: int = 0
    memory_quota: int | None = None
    disk_quota: int | None = None
    details: str | None = None
    routable: bool = False


class Processes:
    def __init__(self, world: World) -> None:
        self._world = world

    def of(self, app: App) -> list[Process]:
        """An app's processes in order of creation; during a deployment there are several of type web."""
        return [process for process in self._world.state.processes.values() if process.app_guid == app.guid]

    def web(self, app: App) -> Process:
        """The newest web process."""
        return self.typed(app, "web")

    def typed(self, app: App, type_: str) -> Process:
        """The newest process of a type."""
        found = [process for process in self.of(app) if process.type == type_]
        if not found:
            raise Refusal("Process not found", "CF-ResourceNotFound")
        return found[-1]

    def create(self, actor: User, app: App, type_: str, *, instances: int | None = None) -> Process:
        world = self._world
        now = world.clock.now()
        health = HealthCheck() if type_ == "web" else HealthCheck(type="process")
        process = Process(
            guid=app.guid if type_ == "web" and not self.of(app) else world.guid(),
            created_at=now,
            updated_at=now,
            app_guid=app.guid,
            type=type_,
            instances=(1 if type_ == "web" else 0) if instances is None else instances,
            health_check=health,
            version=world.guid(),
        )
        world.state.processes[process.guid] = process
        data: dict[str, object] = {"process_guid": process.guid, "process_type": type_}
        world.events.of_app("audit.app.process.create", actor, app, data, f'Added process: "{type_}"')
        return process

    def scale(
        self,
        actor: User,
        process: Process,
        *,
        instances: int | None = None,
        memory_mb: int | None = None,
        disk_mb: int | None = None,
        log_rate_limit: int | None = None,
    ) -> Process:
        """Change the number or the size of instances; a new size restarts nothing by itself."""
        app = self._world.state.apps[process.app_guid]
        if self._world.deployments.active(app) is not None and process.type == "web":
            raise Refusal("Cannot scale this process while a deployment is in flight.")
        if disk_mb is not None and disk_mb > _DISK_LIMIT_MB:
            raise Refusal(
                f"disk_quota too much disk requested "
                f"(requested {disk_mb} MB - must be less than {_DISK_LIMIT_MB} MB)"
            )
        wanted = process.instances if instances is None else instances
        size = process.memory_mb if memory_mb is None else memory_mb
        self._world.quotas.check(process, instances=wanted, memory_mb=size, started=app.state == "STARTED")
        process.instances = wanted
        process.memory_mb = size
        process.disk_mb = process.disk_mb if disk_mb is None else disk_mb
        process.log_rate_limit = process.log_rate_limit if log_rate_limit is None else log_rate_limit
        process.updated_at = self._world.clock.now()
        asked = {
            "instances": instances,
            "memory_in_mb": memory_mb,
            "disk_in_mb": disk_mb,
            "log_rate_limit_in_bytes_per_second": log_rate_limit,
        }
        request = {name: value for name, value in asked.items() if value is not None}
        data: dict[str, object] = {
            "process_guid": process.guid,
            "process_type": process.type,
            "request": request,
        }
        said = f'Scaling process: "{process.type}"'
        self._world.events.of_app("audit.app.process.scale", actor, app, data, said)
        if memory_mb is not None or disk_mb is not None:
            self._world.diego.resize(process)
        self._world.diego.reconcile(process)
        return process

    def update(
        self,
        actor: User,
        process: Process,
        *,
        command: str | None = None,
        clear_command: bool = False,
        health_check: HealthCheck | None = None,
        readiness_health_check: HealthCheck | None = None,
        by_manifest: bool = False,
    ) -> Process:
        """Change the start command or the checks; instances see it when they are started anew."""
        request: dict[str, object] = {}
        if command is not None or clear_command:
            process.command = None if clear_command else command
            request["command"] = HIDDEN
        if health_check is not None:
            if health_check.type == "http" and not re.match(r"^/", health_check.endpoint or ""):
                raise Refusal("Health check data endpoint must be a valid URI path")
            process.health_check = health_check
            request["health_check"] = {"type": health_check.type}
        if readiness_health_check is not None:
            process.readiness_health_check = readiness_health_check
            request["readiness_health_check"] = {"type": readiness_health_check.type}
        process.updated_at = self._world.clock.now()
        app = self._world.state.apps[process.app_guid]
        data: dict[str, object] = {
            "process_guid": process.guid,
            "process_type": process.type,
            "request": request,
            **({"manifest_triggered": True} if by_manifest else {}),
        }
        line = f'Updating process: "{process.type}"'
        self._world.events.of_app("audit.app.process.update", actor, app, data, line)
        return process

    def stats(self, process: Process) -> list[InstanceStats]:
        """One entry for each desired instance, by index."""
        if process.desired is None:
            return [InstanceStats(index=0, state="DOWN", instance=None)] if process.instances else []
        now = self._world.clock.now()
        entries = []
        for index in range(process.instances):
            instance = process.actual.get(index)
            if instance is None or instance.state == "DOWN":
                details = instance.details if instance else None
                entries.append(InstanceStats(index=index, state="DOWN", instance=instance, details=details))
                continue
            running = instance.state == "RUNNING"
            entries.append(
                InstanceStats(
                    index=index,
                    state=instance.state,
                    instance=instance,
                    uptime=int((now - instance.since).total_seconds()),
                    cpu=round(0.002 + index * 0.0003, 6) if running else 0.0,
                    memory_bytes=self._world.diego.memory_bytes(process, instance) if running else 0,
                    disk_bytes=process.desired.behaviour.disk_mb * 1024 * 1024 + 376_832 if running else 0,
                    memory_quota=process.desired.memory_mb * 1024 * 1024,
                    disk_quota=process.desired.disk_mb * 1024 * 1024,
                    details=instance.details,
                    routable=running and instance.ready,
                )
            )
        return entries

    def destroy(self, process: Process) -> None:
        """Take a web process of a finished deployment away, with its instances."""
        self._world.diego.stop(process)
        del self._world.state.processes[process.guid]
