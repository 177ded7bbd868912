"""The table of the lines that most likely say why a step failed."""

from __future__ import annotations

from runback.facts import SCHEMAS, tables
from runback.model import Table
from worlds import healthy, job, log, step, with_jobs, with_logs


def test_a_failed_step_has_its_likeliest_line() -> None:
    failed = step("Build", "step:103/1.0", "failed")
    world = with_jobs(healthy(), job("build", "failed", failed, step("Notify", "step:103/2.0", "success")))
    world = with_logs(
        world,
        log("step:103/1.0", "step", "build", "go\nfrobnicator: error: no flux\nmake: *** [all] Error 2\n"),
    )
    world = with_logs(world, log("step:103/2.0", "step", "notify", "error: not looked at\n"))
    table = tables(world)["log.complaints"]
    assert isinstance(table, Table)
    (row,) = table.rows
    assert row.cells == {"log": "build", "line": 2, "text": "frobnicator: error: no flux", "form": "said"}
    assert row.cells.keys() == SCHEMAS["log.complaints"].columns.keys()
    assert row.where[0].line == 2
