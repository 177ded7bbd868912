"""A connection that failed for a while and is good again is no cause of what is wrong now."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runback.diagnose.passed import passed
from runback.model import Cell, Finding, Gap, Row, Table, Where

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
