"""The cells of the platform, and which of them have room for an instance or a staging."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runback.lab.platform.state import Instance

if TYPE_CHECKING:
    from runback.lab.platform.world import World

CELLS = tuple(f"{name}-cell-{index}" for index, name in enumerate(("a1", "b2", "c3", "d4")))


def cell_of(instance: Instance) -> str:
    """The cell of a placed instance, by its host's address."""
    return CELLS[int(instance.host.split(".")[2]) - 1]


def cells_with_room(world: World, memory_mb: int) -> list[str]:
    """The cells on which so much memory is not promised to instances yet."""
    taken = dict.fromkeys(CELLS, 0)
    for process in world.state.processes.values():
        for instance in process.actual.values():
            if process.desired is not None and instance.host and instance.state != "CRASHED":
                taken[cell_of(instance)] += process.desired.memory_mb
    return [cell for cell in CELLS if taken[cell] + memory_mb <= world.state.cell_memory_mb]


def nowhere(world: World, before: Instance | None, index: int, crash_count: int) -> Instance:
    """An instance that no cell took; `before` is what stood at its index."""
    waits = before is not None and before.state == "DOWN"
    return Instance(
        index=index,
        guid="",
        state="DOWN",
        since=before.since if before is not None and waits else world.clock.now(),
        crash_count=crash_count,
        # rep's InsufficientResourcesError, as cloudfoundry/auction's auctionrunner/cell_test.go has it
        details="insufficient resources: memory",
    )
