"""Crashes: how the platform words the end of an instance, and what is none."""

from __future__ import annotations

import pytest

from runback.facts import tables
from runback.facts.crashes import kind_of
from runback.model import AuditEvent, Gap, Process, Table
from worlds import at, crashes, healthy, web, with_app

BACKEND = "tdp-backend-raft"


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("APP/PROC/WEB: Exited with status 137 (out of memory)", "out_of_memory"),
        (
            "Copying droplet into the container failed: stream-in: nstar: error streaming in: exit status 2. "
            "Output: tar: lib/libpython3.11.so.1.0: Cannot open: No space left on device",
            "disk",
        ),
        (
            "Instance never healthy after 1m0.003s: Failed to make TCP connection to 10.0.0.1:8080",
            "health_check",
        ),
        (
            "Instance became unhealthy: Failed to make HTTP request: timed out after 1.00 seconds",
            "health_check",
        ),
        ("APP/PROC/WEB: Exited with status 3", "exit"),
        ("", "exit"),
    ],
)
def test_the_description_tells_the_kind(description: str, kind: str) -> None:
    assert kind_of(description) == kind


def test_a_crash_for_lack_of_disk_says_how_much_there_was() -> None:
    events = crashes(BACKEND, "tar: lib: Cannot open: No space left on device")
    world = with_app(healthy(), BACKEND, events=events, processes=web(BACKEND, "CRASHED"))
    table = tables(world)["crashes"]
    assert isinstance(table, Table)
    (row,) = table.rows
    assert (row.cells["kind"], row.cells["disk_mb"], row.cells["active"]) == ("disk", 1024, True)


SCALED = AuditEvent(guid="s", type="audit.app.process.scale", at=at(13), app=BACKEND)


@pytest.mark.parametrize(
    ("processes", "minutes", "later", "active"),
    [
        (web(BACKEND, "RUNNING"), (12,), (), False),  # once, and it is up again
        (web(BACKEND, "RUNNING"), (8, 12), (), True),  # twice within a day: it will again
        (web(BACKEND, "RUNNING"), (8, 12), (SCALED,), False),  # somebody changed something since
        (web(BACKEND, "CRASHED"), (12,), (SCALED,), True),  # and it did not help
        (Gap(what="processes", reason="403"), (12,), (), False),  # nobody knows: the events alone count
        (Gap(what="processes", reason="403"), (8, 12), (SCALED,), True),
    ],
)
def test_a_crash_goes_on_while_the_instance_is_down_or_it_comes_back(
    processes: tuple[Process, ...] | Gap,
    minutes: tuple[float, ...],
    later: tuple[AuditEvent, ...],
    active: bool,
) -> None:
    events = (*crashes(BACKEND, "APP/PROC/WEB: Exited with status 3", 3, *minutes), *later)
    table = tables(with_app(healthy(), BACKEND, events=events, processes=processes))["crashes"]
    assert isinstance(table, Table)
    assert [row.cells["active"] for row in table.rows] == [active]
