"""Apps without instances: what somebody did today, and what somebody wanted weeks ago."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runback.diagnose import diagnose
from runback.facts import SCHEMAS, tables
from runback.model import AuditEvent, Evidence, Gap, HealthCheck, Instance, Process, Table
from runback.rules import load
from worlds import at, healthy, log, web, with_app, with_logs

WORKER, BACKEND = (
    "tdp-frontend-raft",
    "tdp-backend-raft",
)  # another app of the environment, and the one asked for
WEEKS = -60 * 24 * 20


def idle(app: str, minutes: float | None, *, scaled: bool = False) -> Evidence:
    """The healthy world with an app that was stopped or scaled to none: at this minute, or long ago."""
    kind = "process.scale" if scaled else "stop"
    data: dict[str, str | int] = {"instances": 0} if scaled else {}
    event = AuditEvent(
        guid="e", type=f"audit.app.{kind}", at=at(minutes or 0), app=app, actor="jo", data=data
    )
    changes: dict[str, Any] = {"events": () if minutes is None else (event,)}
    if scaled:
        none: tuple[Process, ...] = tuple(
            replace(one, desired=0, instances=()) for one in web(app, "RUNNING")
        )
        changes["processes"] = none
    else:
        changes["state"] = "STOPPED"
    return with_app(healthy(), app, **changes)


def row(evidence: Evidence, app: str) -> dict[str, Any]:
    table = tables(evidence)["processes"]
    assert isinstance(table, Table)
    (found,) = [one for one in table.rows if one.app == app]
    return dict(found.cells)


def said(evidence: Evidence) -> tuple[str, list[str], list[str]]:
    diagnosis = diagnose(evidence, load(SCHEMAS))
    return (
        diagnosis.verdict,
        [cause.finding.page for cause in diagnosis.causes],
        [notice.page for notice in diagnosis.notices],
    )


@pytest.mark.parametrize(("scaled", "page"), [(False, "app-stopped"), (True, "app-scaled-to-zero")])
def test_what_happened_lately_is_a_cause_and_who_did_it_is_known(scaled: bool, page: str) -> None:
    world = idle(WORKER, 10, scaled=scaled)
    assert row(world, WORKER)["on_purpose"] is False
    assert row(world, WORKER)["idle_since"] == "2026-03-03 14:40 UTC"
    assert said(world) == ("failed", [page], [])


@pytest.mark.parametrize("minutes", [WEEKS, None])
@pytest.mark.parametrize("scaled", [False, True])
def test_what_was_done_weeks_ago_and_nobody_misses_is_meant(minutes: float | None, scaled: bool) -> None:
    assert said(idle(WORKER, minutes, scaled=scaled)) == ("healthy", [], ["app-parked"])


def test_what_a_person_asks_about_is_told_however_long_ago_it_was() -> None:
    assert said(idle(BACKEND, WEEKS))[1] == ["app-stopped"]


def test_what_another_app_tries_to_reach_is_missed() -> None:
    line = "HTTPConnectionPool(host='tanf-prod-clamav-rest.apps.internal', port=9000): Connection refused"
    world = with_logs(idle("clamav-rest", WEEKS), log("app:p", "app", "p", line, "tdp-clamav-nginx-dev"))
    assert row(world, "clamav-rest")["on_purpose"] is False


def test_without_events_nobody_can_tell_that_it_was_meant() -> None:
    world = with_app(idle(WORKER, 10), WORKER, events=Gap(what="events", reason="403"))
    assert row(world, WORKER)["on_purpose"] is False


def test_an_instance_that_no_machine_takes_is_said_with_the_reason() -> None:
    (process,) = web(BACKEND, "DOWN")
    assert isinstance(process.instances, tuple)
    nowhere = replace(process.instances[0], details="insufficient resources: memory")
    world = with_app(healthy(), BACKEND, processes=(replace(process, instances=(nowhere,)),))
    assert said(world) == ("failed", ["instance-not-placed"], [])


@pytest.mark.parametrize(
    ("check", "routable", "count"), [("http", False, 1), ("http", True, 0), ("process", False, 0)]
)
def test_who_runs_and_does_not_pass_its_readiness_check_gets_no_requests(
    check: str, routable: bool, count: int
) -> None:
    process = web(BACKEND, "RUNNING")[0]
    instances = (Instance(index=0, state="RUNNING", uptime=600, routable=routable),)
    readiness = HealthCheck(type=check, endpoint="/readyz")
    changed = replace(process, instances=instances, readiness=readiness)
    found = row(with_app(healthy(), BACKEND, processes=(changed,)), BACKEND)
    assert (found["running"], found["unready"]) == (1, count)


def test_without_an_instance_that_is_ready_the_app_is_down() -> None:
    instances = (Instance(index=0, state="RUNNING", uptime=600, routable=False),)
    readiness = HealthCheck(type="http", endpoint="/readyz")
    changed = replace(web(BACKEND, "RUNNING")[0], instances=instances, readiness=readiness)
    verdict, causes, _ = said(with_app(healthy(), BACKEND, processes=(changed,)))
    assert (verdict, causes) == ("failed", ["instance-not-ready"])
