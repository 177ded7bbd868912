"""What happens to the platform itself: its operators, its service brokers, and the network around it.

Nobody's commit and no developer's command does any of this; scenarios and faults say it as `platform.…`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runback.errors import LabError
from runback.lab.platform.state import Quota
from runback.lab.platform.troubles import TROUBLES

if TYPE_CHECKING:
    from runback.lab.platform.world import World


class Operations:
    def __init__(self, world: World) -> None:
        self._world = world

    def evacuate(self, name: str) -> None:
        """Empties the cells on which an app runs, as before an update of their machines."""
        app = next((one for one in self._world.state.apps.values() if one.name == name), None)
        if app is None:
            raise LabError(f"The lab's world has no app {name!r} to evacuate.")
        for process in self._world.processes.of(app):
            for index in sorted(process.actual):
                self._world.diego.evacuate(process, index)

    def broker(self, given: Mapping[str, Any]) -> None:
        """How the broker of an offering answers from now on; what is not said is as it should be."""
        known = {one.name: one for one in self._world.state.offerings.values()}
        if given["offering"] not in known:
            raise LabError(
                f"The lab's platform has no service {given['offering']!r}.", f"Services: {', '.join(known)}"
            )
        offering = known[given["offering"]]
        offering.create_seconds = float(given.get("create_seconds", 0))
        offering.bind_seconds = float(given.get("bind_seconds", 0))
        offering.failure = str(given.get("failure", ""))

    def service(self, given: Mapping[str, Any]) -> None:
        """What is wrong with a service instance from now on (troubles.py); `none` ends it."""
        state = self._world.state
        found = [one for one in state.service_instances.values() if one.name == given["instance"]]
        if not found:
            raise LabError(f"The lab's world has no service instance {given['instance']!r}.")
        for instance in found:
            plan = state.plans.get(instance.plan_guid or "")
            offering = state.offerings[plan.offering_guid].name if plan else "user-provided"
            known = TROUBLES.get(offering, {})
            if given["trouble"] not in (*known, "none"):
                allowed = ", ".join(["none", *known])
                raise LabError(f"{instance.name} cannot have {given['trouble']!r}.", f"It can: {allowed}")
            was = instance.trouble
            instance.trouble = "" if given["trouble"] == "none" else str(given["trouble"])
            if instance.trouble and not was:
                self._world.traffic.lost(instance)

    def cells(self, given: Mapping[str, Any]) -> None:
        """The memory of each cell from now on. What runs goes on; who waits for a place is tried again."""
        self._world.state.cell_memory_mb = int(given["memory_mb"])

    def network(self, given: Mapping[str, Any]) -> None:
        """Packets to a host outside, or to many (`*.redis.example`), vanish (`drop`), or arrive (`open`)."""
        dropped = self._world.state.dropped_hosts
        dropped |= {str(host) for host in [given.get("drop")] if host}
        dropped -= {str(host) for host in [given.get("open")] if host}

    def quota(self, given: Mapping[str, Any]) -> None:
        """The space's own quota from now on: so much memory for all its apps together."""
        state, now = self._world.state, self._world.clock.now()
        space = next((one for one in state.spaces.values() if one.name == given["space"]), None)
        if space is None:
            raise LabError(f"The lab's world has no space {given['space']!r}.")
        quota = Quota(
            guid=self._world.guid(),
            created_at=now,
            updated_at=now,
            name=f"{space.name}-quota",
            organization_guid=space.organization_guid,
            total_memory_mb=int(given["memory_mb"]),
        )
        state.space_quotas[quota.guid] = quota
        space.quota_guid = quota.guid

    def buildpack(self, given: Mapping[str, Any]) -> None:
        """A newer version of a buildpack takes the place of the one before, with what it can install."""
        known = [one for one in self._world.state.buildpacks.values() if one.name == given["name"]]
        if not known:
            raise LabError(f"The lab's platform has no buildpack {given['name']!r}.")
        for one in known:
            one.version = str(given["version"])
            one.filename = one.filename.replace(one.version, str(given["version"]))
            one.runtimes = {
                runtime: tuple(map(str, versions)) for runtime, versions in given.get("runtimes", {}).items()
            } or one.runtimes
