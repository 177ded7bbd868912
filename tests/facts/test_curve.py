"""The memory of an instance that was killed, as bars beside the crash."""

from __future__ import annotations

from runback.facts import tables
from runback.model import Evidence, Gap, InstanceMemory, Table
from worlds import at, crashes, healthy, with_app

BACKEND = "tdp-backend-raft"
OUT_OF_MEMORY = "APP/PROC/WEB: Exited with status 137 (out of memory)"


def proofs(memory: tuple[InstanceMemory, ...] | Gap, description: str = OUT_OF_MEMORY) -> list[str]:
    """What stands beside the crash of instance 0, without the crash itself."""
    world = with_app(healthy(), BACKEND, events=crashes(BACKEND, description, 137, 5, 7), memory=memory)
    return _said(world)


def _said(world: Evidence) -> list[str]:
    table = tables(world)["crashes"]
    assert isinstance(table, Table)
    return [place.text for row in table.rows for place in row.where[1:]]


def used(*megabytes: int, instance: int = 0) -> tuple[InstanceMemory, ...]:
    return tuple(
        InstanceMemory(at=at(minute), process="web", instance=instance, used=size << 20, quota=512 << 20)
        for minute, size in enumerate(megabytes)
    )


def test_the_bars_reach_from_nothing_to_the_quota() -> None:
    (said,) = proofs(used(0, 128, 256, 384, 511))
    assert said.split("  ") == ["▁▃▅▇█", "0 to 511 of 512 MB, 14:30-14:34 UTC"]


def test_a_long_time_fits_into_a_line_and_its_peaks_are_kept() -> None:
    (said,) = proofs(used(*([100] * 399 + [510] + [100] * 400)))
    bars = said.split("  ")[0]
    assert (len(bars), bars.count("█")) == (40, 1)


def test_other_instances_and_other_crashes_have_no_part_in_it() -> None:
    assert proofs(used(100, 200, instance=1)) == []
    assert proofs(used(100, 200), "APP/PROC/WEB: Exited with status 1") == []


def test_what_could_not_be_read_is_said() -> None:
    (said,) = proofs(Gap(what="memory", reason="404: log-cache shows nothing"))
    assert said == "could not be read: 404: log-cache shows nothing"
