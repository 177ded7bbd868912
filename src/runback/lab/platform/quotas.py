"""Memory and instance quotas of organizations and spaces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Process, Quota, Space

if TYPE_CHECKING:
    from runback.lab.platform.world import World


class Quotas:
    def __init__(self, world: World) -> None:
        self._world = world

    def of_organization(self, guid: str) -> Quota:
        state = self._world.state
        return state.quotas[state.organizations[guid].quota_guid]

    def of_space(self, space: Space) -> Quota | None:
        return self._world.state.space_quotas[space.quota_guid] if space.quota_guid else None

    def used_mb(self, spaces: Iterable[Space]) -> int:
        """Memory asked for by started processes and running tasks in these spaces."""
        state = self._world.state
        guids = {space.guid for space in spaces}
        apps = {app.guid for app in state.apps.values() if app.space_guid in guids}
        started = sum(
            process.memory_mb * process.instances
            for process in state.processes.values()
            if process.app_guid in apps and process.desired is not None
        )
        tasks = sum(
            task.memory_mb
            for task in state.tasks.values()
            if task.app_guid in apps and task.state in ("PENDING", "RUNNING")
        )
        return started + tasks

    def problems(
        self, process: Process, *, instances: int, memory_mb: int, started: bool = True
    ) -> list[str]:
        """What Cloud Controller's model validation would say of this process at this size.

        Names of errors and their order from cloud_controller_ng, app/models/runtime/process_model.rb and
        constraints/max_memory_policy.rb.
        """
        if not started:
            return []
        state = self._world.state
        space = state.spaces[state.apps[process.app_guid].space_guid]
        neighbours = [s for s in state.spaces.values() if s.organization_guid == space.organization_guid]
        now_mb = process.memory_mb * process.instances if process.desired is not None else 0
        more = memory_mb * instances - now_mb
        found = []
        for quota, spaces, prefix in (
            (self.of_space(space), [space], "space_"),
            (self.of_organization(space.organization_guid), neighbours, ""),
        ):
            if quota is None:
                continue
            total = quota.total_memory_mb
            if total is not None and more > 0 and self.used_mb(spaces) + more > total:
                found.append(f"memory {prefix}quota_exceeded")
            if quota.per_process_memory_mb is not None and memory_mb > quota.per_process_memory_mb:
                found.append(f"memory {prefix}instance_memory_limit_exceeded")
        return found

    def check(self, process: Process, *, instances: int, memory_mb: int, started: bool = True) -> None:
        """Refuse what would go over a quota."""
        problems = self.problems(process, instances=instances, memory_mb=memory_mb, started=started)
        if problems:
            raise Refusal(", ".join(problems))
