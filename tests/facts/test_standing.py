"""Why the newest commit is not live, in one clause: the nearest reason that the tables tell."""

from __future__ import annotations

import pytest

from runback.facts.standing import standing
from runback.model import Cell, Gap, Row, Table
from worlds import at, healthy

APP = "tdp-backend-raft"
LACKS = {"overwritten": False, "rolled_back_to": None, "by": None, "by_branch": None, "pipeline": 118}
HALT: dict[str, Cell] = {"kind": "waiting", "workflow": "build", "job": "approve-prod", "pipeline": 120}
JOB: dict[str, Cell] = {"status": "failed", "job": "test-backend", "pipeline": 120}
PUSH: dict[str, Cell] = {
    "verb": "push",
    "result": "failed",
    "recovered": False,
    "job": "deploy-raft",
    "job_status": "success",
    "pipeline": 120,
}


def said(
    *,
    halts: tuple[Row, ...] | Gap = (),
    jobs: tuple[Row, ...] = (),
    calls: tuple[Row, ...] = (),
    **cells: Cell,
) -> str:
    table = Table(name="ci.halts", rows=halts) if not isinstance(halts, Gap) else halts
    known = {
        "ci.halts": table,
        "ci.jobs": Table(name="ci.jobs", rows=jobs),
        "deploy.calls": Table(name="deploy.calls", rows=calls),
    }
    return standing(healthy(), known, Row(cells={**LACKS, **cells}, app=APP))


def test_a_persons_hand_comes_before_what_ci_did() -> None:
    jobs = (Row(cells=JOB),)
    assert said(jobs=jobs, rolled_back_to=3) == "somebody went back to revision 3"
    assert (
        said(jobs=jobs, overwritten=True, by_branch="main")
        == "pipeline 118 of somebody (main) deployed over it"
    )


def test_a_workflow_that_waits_comes_before_a_job_that_failed() -> None:
    halts = (Row(cells=HALT, at=at(2)),)
    told = f"build waits for the approval of approve-prod since {at(2):%H:%M} UTC"
    assert said(halts=halts, jobs=(Row(cells=JOB),)) == told


def test_a_halt_of_another_day_has_its_date_and_one_without_a_time_says_so() -> None:
    yesterday = at(-24 * 60)
    assert said(halts=(Row(cells=HALT, at=yesterday),)).endswith(f"since {yesterday:%Y-%m-%d %H:%M} UTC")
    assert said(halts=(Row(cells=HALT),)).endswith("since unknown")


def test_failed_jobs_are_named_once_and_others_are_not() -> None:
    green = Row(cells={**JOB, "status": "success", "job": "lint"})
    jobs = (green, Row(cells=JOB), Row(cells=JOB), Row(cells={**JOB, "job": "test-frontend"}))
    assert said(jobs=jobs) == "test-backend, test-frontend failed in pipeline 120"


@pytest.mark.parametrize(
    ("app", "changes", "told"),
    [
        (APP, {}, True),
        (None, {}, True),
        ("tdp-frontend-raft", {}, False),
        (APP, {"recovered": True}, False),
        (APP, {"result": "ok"}, False),
        (APP, {"verb": "set-env"}, False),
    ],
)
def test_a_push_that_failed_in_a_green_job_is_the_last_to_be_asked(
    app: str | None, changes: dict[str, Cell], told: bool
) -> None:
    reason = said(calls=(Row(cells={**PUSH, **changes}, app=app),))
    assert reason == ("its push failed in deploy-raft of pipeline 120, which ended success" if told else "")


def test_where_nothing_tells_nothing_is_said() -> None:
    assert said(halts=Gap(what="ci", reason="403")) == ""
