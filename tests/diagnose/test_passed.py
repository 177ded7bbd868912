"""What is over is no cause: connections that are good again, exceptions of an earlier start."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runback.diagnose.passed import outlived, passed
from runback.model import Cell, Finding, Gap, Row, Table, Where
from worlds import at, crashes, healthy, log, with_app, with_logs

APP, HOST = "tdp-backend-raft", "tdp-redis.apps.internal"
LINE = f"redis: dial tcp: connect to {HOST}:6379: Connection refused"
FAILED = Finding(
    page="connection-refused",
    title="Connection refused",
    stage="connect",
    severity="error",
    confidence="high",
    app=APP,
    values={"host": HOST},
    where=(Where(kind="log", source=APP, log="app:1", line=7, text=LINE),),
)


def requests(*recovered: Cell, app: str = APP, upstream: str = HOST, error: str = "refused") -> Table:
    cells = {"upstream": upstream, "error": error}
    return Table(
        name="requests", rows=tuple(Row(cells={**cells, "recovered": one}, app=app) for one in recovered)
    )


@pytest.mark.parametrize(
    ("table", "over"),
    [
        (requests(True, True), True),
        (requests(True, False), False),  # one of them fails still
        (requests(True, None), False),
        (requests(), False),
        (requests(True, app="tdp-frontend-raft"), False),
        (requests(True, upstream="elsewhere.apps.internal"), False),
        (requests(True, error="timed_out"), False),
        (Gap(what="requests", reason="no log"), False),
    ],
)
def test_it_is_over_where_all_that_failed_alike_went_well_later(table: Table | Gap, over: bool) -> None:
    counted, gone = passed([FAILED], table)
    assert (counted, gone) == (([], [FAILED]) if over else ([FAILED], []))


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": "start"},
        {"values": {}},  # nobody knows which host
        {"where": ()},
        {"where": (Where(kind="resource", source="routes", text=LINE),)},  # that holds until now
    ],
)
def test_what_is_no_line_of_a_failed_connection_is_never_over(changes: dict[str, Any]) -> None:
    finding = replace(FAILED, **changes)
    assert passed([finding], requests(True)) == ([finding], [])


RAISED = replace(
    FAILED,
    page="python-exception",
    stage="start",
    at=at(1),
    until=at(6),
    where=(Where(kind="log", source=f"{APP} APP/PROC/WEB/0", log="app:1", line=7, text="KeyError: 'A'"),),
)


@pytest.mark.parametrize(
    ("finding", "minutes", "over"),
    [
        (RAISED, (7, 9, 12), True),  # the last two crashes did not say it
        (RAISED, (2, 4, 6.5), False),  # what it said last was the end of it
        (RAISED, (2, 6.1, 9), False),  # one may have been cut short
        (replace(RAISED, at=None, until=None), (7, 9, 12), False),  # nobody knows when it was
        (replace(RAISED, stage="run"), (7, 9, 12), False),
        (replace(RAISED, app="tdp-celery-raft"), (7, 9, 12), False),
        (
            replace(RAISED, where=(replace(RAISED.where[0], source=f"{APP} APP/TASK/remind/0"),)),
            (7, 9, 12),
            False,
        ),
        (replace(RAISED, where=(replace(RAISED.where[0], log=None),)), (7, 9, 12), False),
    ],
)
def test_an_exception_is_over_where_the_app_crashed_again_and_again_without_it(
    finding: Finding, minutes: tuple[float, ...], over: bool
) -> None:
    world = with_app(healthy(), APP, events=crashes(APP, "Exited with status 3", 3, *minutes))
    later = log("cell:1", "cell", f"{APP} CELL/0", "Starting health monitoring of container", APP, start=12)
    counted, gone = outlived([finding], with_logs(world, later))
    assert (counted, gone) == (([], [finding]) if over else ([finding], []))


def test_where_the_log_ends_with_the_exception_nobody_knows_what_was_said_since() -> None:
    world = with_app(healthy(), APP, events=crashes(APP, "Exited with status 3", 3, 7, 9, 12))
    only = log("app:1", "app", f"{APP} APP/PROC/WEB/0", "KeyError: 'A'", APP, start=6)
    assert outlived([RAISED], with_logs(replace(world, logs=()), only)) == ([RAISED], [])
