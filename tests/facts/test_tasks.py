"""Tasks and sidecars: what failed, why, and whether it still matters."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runback.diagnose import diagnose
from runback.facts import SCHEMAS, tables
from runback.model import AuditEvent, Evidence, Gap, Row, Sidecar, Table, Task
from runback.rules import Runbook, load
from worlds import NOW, at, healthy, log, web, with_app, with_logs

BACKEND = "tdp-backend-raft"


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(SCHEMAS)


def task(name: str, state: str, minutes: float, reason: str | None = None) -> Task:
    return Task(
        guid=f"{name}-{minutes}",
        name=name,
        state=state,
        created_at=at(minutes),
        ended_at=at(minutes + 1),
        reason=reason,
        memory_mb=512,
    )


def rows(evidence: Evidence, table: str) -> tuple[Row, ...]:
    found = tables(evidence)[table]
    assert isinstance(found, Table)
    return found.rows


def with_tasks(*found: Task) -> Evidence:
    return with_app(healthy(), BACKEND, tasks=found)


def test_a_failed_task_is_a_cause_with_its_own_last_line(runbook: Runbook) -> None:
    evidence = with_logs(
        with_tasks(task("migrate", "FAILED", 10, "Exited with status 1")),
        log(
            "task",
            "task",
            f"{BACKEND} APP/TASK/migrate/0",
            "Invoking task: manage.py migrate\n5 is none of the quarters\nExit status 1",
            BACKEND,
        ),
    )
    (row,) = rows(evidence, "tasks")
    assert row.cells["said"] == "5 is none of the quarters"
    assert (row.cells["kind"], row.cells["exit_status"], row.cells["failing"]) == ("exit", 1, True)
    diagnosis = diagnose(evidence, runbook)
    assert [cause.finding.page for cause in diagnosis.causes] == ["task-exited"]
    assert [symptom.name for symptom in diagnosis.symptoms] == ["task-failed"]


def test_the_exception_of_a_task_is_the_reason_that_it_failed(runbook: Runbook) -> None:
    frame = '  File "/home/vcap/app/jobs.py", line 3, in run'
    text = f"Traceback (most recent call last):\n{frame}\n    x\nKeyError: 1"
    evidence = with_logs(
        with_tasks(task("import", "FAILED", 5, "Exited with status 1")),
        log("task", "task", f"{BACKEND} APP/TASK/import/0", text, BACKEND),
    )
    (cause,) = diagnose(evidence, runbook).causes
    assert cause.finding.page == "python-exception"
    assert [finding.page for finding in cause.chain] == ["task-exited"]


def test_a_task_that_went_well_later_is_no_failure() -> None:
    done = with_tasks(task("migrate", "FAILED", 5, "Exited with status 1"), task("migrate", "SUCCEEDED", 9))
    (row,) = rows(done, "tasks")
    assert row.cells["failing"] is False


@pytest.mark.parametrize(
    ("reason", "kind", "page"),
    [
        ("Exited with status 137 (out of memory)", "out_of_memory", "task-out-of-memory"),
        ("insufficient resources: memory", "no_room", "task-without-room"),
        ("task was cancelled", "cancelled", None),
    ],
)
def test_reasons_are_told_apart(runbook: Runbook, reason: str, kind: str, page: str | None) -> None:
    evidence = with_tasks(task("import", "FAILED", 5, reason))
    assert [row.cells["kind"] for row in rows(evidence, "tasks")] == [kind]
    assert [cause.finding.page for cause in diagnose(evidence, runbook).causes] == ([page] if page else [])


def test_tasks_of_one_kind_count_together_whatever_their_numbers() -> None:
    found = [task(f"nightly-2026-03-0{day}", "FAILED", day, "Exited with status 2") for day in (1, 2, 3)]
    assert [row.cells["count"] for row in rows(with_tasks(*found), "tasks")] == [3]


def test_what_failed_days_ago_is_history() -> None:
    old = task("migrate", "FAILED", -3 * 24 * 60, "Exited with status 1")
    assert [row.cells["failing"] for row in rows(with_tasks(old), "tasks")] == [False]


def test_tasks_that_cannot_be_read_are_unknown() -> None:
    evidence = healthy()
    gap = Gap(what="tasks", reason="403: no")
    for name in (BACKEND, "tdp-frontend-raft", "tdp-clamav-nginx-dev", "clamav-rest"):
        evidence = with_app(evidence, name, tasks=gap)
    assert tables(evidence)["tasks"] == gap


def test_a_sidecar_that_ends_is_named_instead_of_the_app(runbook: Runbook) -> None:
    said = "APP/PROC/WEB/SIDECAR/CONFIG-SERVER: Exited with status 1"
    events = tuple(
        AuditEvent(
            guid=f"e{minutes}",
            type="audit.app.process.crash",
            at=NOW - timedelta(minutes=minutes),
            app=BACKEND,
            data={"index": 0, "exit_status": 1, "exit_description": said},
        )
        for minutes in (3, 2)
    )
    evidence = with_app(
        healthy(),
        BACKEND,
        events=events,
        sidecars=(Sidecar(name="config-server", processes=("web",)), Sidecar(name="proxy")),
        processes=web(BACKEND, "CRASHED"),
    )
    assert [
        (row.cells["name"], row.cells["count"], row.cells["active"]) for row in rows(evidence, "sidecars")
    ] == [
        ("config-server", 2, True),
        ("proxy", 0, False),
    ]
    assert [row.cells["type"] for row in rows(evidence, "crashes")] == ["web"]
    (cause,) = diagnose(evidence, runbook).causes
    assert cause.finding.page == "sidecar-exited"
    assert "crash-loop" in cause.explains
