"""Exceptions as facts: counted over instances, and whether they began with this revision."""

from __future__ import annotations

from runback.facts import tables
from runback.model import Evidence, Gap, Row, Table
from worlds import healthy, log, with_logs

BACKEND = "tdp-backend-raft"
QUIET = "GET /healthz/ 200"


def traceback(number: int = 1) -> str:
    return "\n".join(
        (
            "Traceback (most recent call last):",
            '  File "/home/vcap/app/portal/views.py", line 30, in report',
            "    return reports[key]",
            f"KeyError: {number}",
        )
    )


def rows(evidence: Evidence) -> tuple[Row, ...]:
    found = tables(evidence)["exceptions"]
    assert isinstance(found, Table)
    return found.rows


def instance(number: int, text: str, start: float) -> Evidence:
    return with_logs(
        healthy(), log(f"w{number}", "app", f"{BACKEND} APP/PROC/WEB/{number}", text, BACKEND, start)
    )


def test_same_exceptions_of_two_instances_are_one_row() -> None:
    evidence = instance(0, f"{traceback(1)}\n{traceback(2)}", 6)
    second = log("w1", "app", f"{BACKEND} APP/PROC/WEB/1", f"{QUIET}\n{traceback(3)}", BACKEND, 7)
    (row,) = rows(with_logs(evidence, second))
    assert (row.cells["count"], row.cells["instances"]) == (3, 2)
    assert (row.cells["file"], row.cells["number"], row.cells["own"]) == ("portal/views.py", 30, True)
    assert row.where[0].log == "w1"
    assert row.where[0].line == 5


def test_what_began_with_this_revision_is_new() -> None:
    # The revision began three minutes in; the log reaches back to before it, and was quiet then.
    evidence = instance(0, "\n".join([QUIET] * 400 + [traceback()]), 0)
    (row,) = rows(evidence)
    assert row.cells["new"] is True


def test_what_the_revision_before_said_too_is_not_new() -> None:
    evidence = instance(0, "\n".join([traceback(), *[QUIET] * 400, traceback()]), 0)
    (row,) = rows(evidence)
    assert row.cells["new"] is False


def test_a_log_that_does_not_reach_back_cannot_tell() -> None:
    (row,) = rows(instance(0, traceback(), 10))
    assert isinstance(row.cells["new"], Gap)
    assert "it begins at 14:40 UTC" in row.cells["new"].reason
