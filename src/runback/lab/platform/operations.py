"""What happens to the platform itself: its operators, its service brokers, and the network around it.

Nobody's commit and no developer's command does any of this; scenarios and faults say it as `platform.…`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runback.errors import LabError
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
            offering = state.offerings[plan.offering_guid].name if plan else ""
            known = TROUBLES.get(offering, {})
            if given["trouble"] not in (*known, "none"):
                allowed = ", ".join(["none", *known])
                raise LabError(f"{instance.name} cannot have {given['trouble']!r}.", f"It can: {allowed}")
            instance.trouble = "" if given["trouble"] == "none" else str(given["trouble"])

    def cells(self, given: Mapping[str, Any]) -> None:
        """The memory of each cell from now on. What runs goes on; who waits for a place is tried again."""
        self._world.state.cell_memory_mb = int(given["memory_mb"])

    def network(self, given: Mapping[str, Any]) -> None:
        """Packets to a host outside, or to many (`*.redis.example`), vanish (`drop`), or arrive (`open`)."""
        dropped = self._world.state.dropped_hosts
        dropped |= {str(host) for host in [given.get("drop")] if host}
        dropped -= {str(host) for host in [given.get("open")] if host}
