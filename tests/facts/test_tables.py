"""The fact tables: every column filled, each table made once, and the joins that need thought."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runback.facts import SCHEMAS, tables
from runback.facts.expected import expectations
from runback.model import AuditEvent, Droplet, Evidence, Gap, Revision, Table
from worlds import (
    HEAD,
    NOW,
    at,
    crashes,
    healthy,
    internal,
    job,
    log,
    step,
    variables,
    web,
    with_app,
    with_jobs,
    with_logs,
    with_platform,
    without_policy,
)

BACKEND = "tdp-backend-raft"
# Tables of which this small world has no row; they have tests of their own.
NOT_HERE = (
    *("apps.deleted", "browser.certificates", "browser.pages"),
    *("ci.baseline", "ci.flaky", "ci.halts", "ci.memory", "deploy.ignored", "deployments", "exceptions"),
    *("ci.tests", "log.complaints", "network.outside", "network.mistaken", "deployments.left"),
    "routes.extra",
    *("router", "routes.lost", "sidecars", "tasks"),
)


def rows(evidence: Evidence, table: str, **where: object) -> list[dict[str, Any]]:
    found = tables(evidence)[table]
    assert isinstance(found, Table)
    return [
        dict(row.cells)
        for row in found.rows
        if all(row.cells[column] == value for column, value in where.items())
    ]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_row_has_exactly_the_columns_of_its_schema(name: str) -> None:
    output = "Pushing app tdp-backend-raft to org o / space s as u...\nmemory quota_exceeded\nFAILED\n"
    output += "WARNING: Empty value for JWT_KEY. It will now be unset.\n"
    world = with_jobs(healthy(), job("deploy-dev", "failed", step("Deploy", "step:103/1.0", "failed")))
    events = crashes(BACKEND, "APP/PROC/WEB: Exited with status 1")
    world = with_app(with_logs(world, log("step:103/1.0", "step", "deploy", output)), BACKEND, events=events)
    world = with_logs(world, log("app", "app", "app", "dial tcp 10.0.0.1:80: connection refused\n"
                                 "Connection refused", BACKEND))  # fmt: skip
    table = tables(world)[name]
    assert isinstance(table, Table)
    assert table.rows or name in NOT_HERE
    for row in table.rows:
        assert row.cells.keys() == SCHEMAS[name].columns.keys()


def test_tables_are_made_once_and_a_missing_platform_is_unknown() -> None:
    known = tables(replace(healthy(), platform=Gap(what="the platform", reason="401")))
    assert known["processes"] is known["processes"]
    assert isinstance(known["network.path"], Gap)
    assert isinstance(known["ci.jobs"], Table)


def test_a_rerun_replaces_the_failed_run_of_its_workflow() -> None:
    world = healthy()
    assert world.ci is not None
    assert not isinstance(world.ci, Gap)
    assert isinstance(world.ci.pipelines, tuple)
    newest = world.ci.pipelines[0]
    assert isinstance(newest.workflows, tuple)
    failed = replace(newest.workflows[0], id="first", status="failed", created_at=at(-9),
                     jobs=(job("deploy-dev", "failed"),))  # fmt: skip
    again = replace(newest, workflows=(failed, *newest.workflows))
    world = replace(world, ci=replace(world.ci, pipelines=(again,)))
    assert {row["status"] for row in rows(world, "ci.jobs")} == {"success"}


def test_jobs_that_wait_for_a_failed_one_name_the_first_that_failed() -> None:
    world = with_jobs(
        healthy(),
        job("secrets-check", "failed"),
        job("test-backend", "not_run", requires=("secrets-check",)),
        job("deploy-dev", "not_run", requires=("test-backend",)),
    )
    assert [row["blocked_by"] for row in rows(world, "ci.jobs", job="deploy-dev")] == ["secrets-check"]


def test_a_bare_name_without_a_port_takes_the_port_that_others_reach() -> None:
    world = without_policy(healthy(), "tdp-clamav-nginx-dev", "clamav-rest")
    (path,) = rows(world, "network.path", source="tdp-clamav-nginx-dev")
    assert (path["hostname"], path["destination"]) == ("tanf-prod-clamav-rest.apps.internal", "clamav-rest")
    assert path["policy"] == "missing"
    assert isinstance(path["port"], Gap)


def test_a_policy_for_another_port_is_called_that() -> None:
    world = healthy()
    (policy,) = [p for p in world.platform.policies if p.source == f"guid-{BACKEND}"]  # type: ignore[union-attr] # a platform is there
    world = with_platform(world, policies=(replace(policy, start=8080, end=8080),))
    (path,) = rows(world, "network.path", source=BACKEND)
    assert (path["policy"], path["port"], path["open_ports"]) == ("wrong_port", 9000, "tcp 8080")


def test_a_name_without_a_route_still_means_the_app_of_that_name() -> None:
    world = with_app(healthy(), BACKEND, routes=())
    (path,) = rows(world, "network.path", source="tdp-frontend-raft")
    assert (path["resolved"], path["destination"]) == (False, BACKEND)
    assert internal(BACKEND).internal


def test_one_crash_is_counted_once_and_an_evacuation_not_at_all() -> None:
    moved = AuditEvent(
        guid="e", type="audit.app.process.crash", at=at(9), app=BACKEND,
        data={"index": 0, "exit_status": 0, "exit_description": "cell evacuated", "reason": "evacuation"},
    )  # fmt: skip
    events = (*crashes(BACKEND, "APP/PROC/WEB: Exited with status 1", 1, 6, 8), moved)
    (row,) = rows(with_app(healthy(), BACKEND, events=events), "crashes")
    assert (row["count"], row["current"], row["active"], row["revision"]) == (2, True, True, 2)


def test_the_script_lists_variables_and_services_with_their_lines() -> None:
    found = {(one.kind, one.name.shown, one.line) for one in expectations(healthy(), BACKEND)}
    assert ("variable", "JWT_KEY", 6) in found
    assert ("service", "tdp-db-${suffix}", 10) in found
    services = {row["service"] for row in rows(healthy(), "services.bindings", app=BACKEND)}
    assert services == {"tdp-db-dev", "tdp-redis-dev"}


def test_a_variable_that_nobody_misses_is_not_needed() -> None:
    (row,) = rows(healthy(), "environment.variables", app=BACKEND, name="SENTRY_DSN")
    assert (row["state"], row["needed"]) == ("missing", False)
    assert row["expected_by"] == "scripts/deploy-backend.sh:7"
    world = with_app(healthy(), BACKEND, variables=variables("JWT_KEY"))
    world = with_logs(world, log("app", "app", "app", "KeyError: 'DJANGO_SECRET_KEY'", BACKEND))
    (row,) = rows(world, "environment.variables", app=BACKEND, name="DJANGO_SECRET_KEY")
    assert (row["needed"], row["in_last_revision"]) == (True, True)


UNREAD = Gap(what="instances", reason="503")


@pytest.mark.parametrize(
    ("changes", "down"),
    [
        ({"state": "STOPPED"}, True),
        ({"processes": web(BACKEND, "CRASHED", "DOWN")}, True),
        ({"processes": web(BACKEND, "CRASHED", "RUNNING")}, False),
        ({"processes": (replace(web(BACKEND)[0], instances=UNREAD),)}, UNREAD),
        ({"processes": ()}, None),
    ],
)
def test_an_app_that_the_deployment_left_down_may_be_so_still(changes: dict[str, Any], down: object) -> None:
    output = f"Restarting app {BACKEND} in org o / space s as u...\n\nrequested state:   started\n"
    output += "instances:         0/2\n"
    world = with_jobs(healthy(), job("deploy-dev", "failed", step("Deploy", "step:103/1.0", "failed")))
    world = with_app(with_logs(world, log("step:103/1.0", "step", "deploy", output)), BACKEND, **changes)
    (row,) = rows(world, "deploy.calls", verb="restart")
    assert (row["ended"], row["still_down"]) == ("down", down)


def test_the_deploy_script_tells_which_variable_it_unset_and_of_which_app() -> None:
    output = (
        "WARNING: Empty value for JWT_KEY. It will now be unset.\n"
        f"Removing env variable JWT_KEY from app {BACKEND} in org o / space s as u...\nOK\n"
    )
    world = with_jobs(
        healthy(), job("deploy-dev", "success", step("Deploy", "step:103/1.0")), status="success"
    )
    world = with_logs(world, log("step:103/1.0", "step", "deploy", output))
    found = rows(world, "environment.variables", name="JWT_KEY")
    assert {row["app"] for row in found if row["unset_by_ci"]} == {BACKEND}
    (other,) = rows(world, "environment.variables", app=BACKEND, name="BASE_URL")
    assert other["unset_by_ci"] is False


def test_an_address_that_went_away_is_needed_where_the_app_asks_for_a_host_that_nobody_gave_it() -> None:
    (before,) = variables("AV_SCAN_URL")
    shaped = replace(before, shape="scheme://host:port")
    old = Revision(guid="1", version=1, created_at=at(-60), droplet="d", variables=(shaped,))
    running = Revision(guid="2", version=2, created_at=at(3), droplet="d", deployed=True)
    world = with_app(
        healthy(), BACKEND, variables=variables("JWT_KEY"), addresses=(), revisions=(running, old)
    )
    (row,) = rows(world, "environment.variables", app=BACKEND, name="AV_SCAN_URL")
    assert (row["needed"], row["host"]) == (False, None)
    line = "HTTPConnectionPool(host='clamav', port=9000): Failed to resolve 'clamav'"
    world = with_logs(world, log("app", "app", "app", line, BACKEND))
    (row,) = rows(world, "environment.variables", app=BACKEND, name="AV_SCAN_URL")
    assert (row["needed"], row["host"]) == (True, "clamav")
    (other,) = rows(world, "environment.variables", app=BACKEND, name="JWT_KEY")
    assert other["host"] is None


def test_without_a_label_the_deploy_job_in_whose_time_the_droplet_was_made_tells_the_commit() -> None:
    droplet = Droplet(guid="d", state="STAGED", created_at=at(2))
    (row,) = rows(with_app(healthy(), BACKEND, droplet=droplet), "live", app=BACKEND)
    assert (row["commit"], row["pipeline"], row["stale"]) == (HEAD, 118, False)


def test_a_failed_request_is_over_when_the_same_request_went_well_later() -> None:
    line = 'x - [-] "{method} /v1/reports/7 HTTP/1.1" {status} 0 1'
    text = "\n".join(
        (line.format(method="GET", status=502), line.format(method="POST", status=502),
         line.format(method="GET", status=200).replace("/7", "/8"))
    )  # fmt: skip
    world = with_logs(healthy(), log("rtr", "router", "rtr", text, BACKEND))
    (row,) = rows(world, "requests")
    assert (row["count"], row["recovered"]) == (2, False)
    only_get = with_logs(healthy(), log("rtr", "router", "rtr", text.replace("POST", "GET"), BACKEND))
    assert rows(only_get, "requests")[0]["recovered"] is True
    assert only_get.collected_at == NOW
