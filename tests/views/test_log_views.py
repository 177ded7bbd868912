"""What the logs say, the timeline and the map, as data and as the terminal shows them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runback.diagnose import diagnose
from runback.facts import SCHEMAS
from runback.model import AuditEvent, Build, Diagnosis, Evidence, Task
from runback.reports import terminal
from runback.reports.views import happened, said_by_logs, who_asks_whom
from runback.rules import Runbook, load
from worlds import (
    NOW,
    at,
    crashes,
    healthy,
    job,
    log,
    step,
    with_app,
    with_jobs,
    with_logs,
    with_platform,
    without_policy,
)

BACKEND, FRONTEND = "tdp-backend-raft", "tdp-frontend-raft"
PROXY, SCANNER = "tdp-clamav-nginx-dev", "clamav-rest"
TRACE = 'Traceback (most recent call last):\n  File "/home/vcap/app/a.py", line 3, in go\n    x\nKeyError: 1'


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(SCHEMAS)


def access(status: int, error: str = "-", host: str = "tdp-frontend-raft.app.cloud.gov") -> str:
    return (
        f'{host} - [2026-03-03T14:45:00.000000000Z] "GET /v1/x HTTP/1.1" {status} 0 67 "-" "Mozilla/5.0" '
        f'app_id:"57" x_cf_routererror:"{error}"'
    )


def routed(*lines: str) -> Evidence:
    name = f"{FRONTEND} RTR/0"
    return with_logs(healthy(), log("rtr", "router", name, "\n".join(lines), FRONTEND))


def shown(diagnosis: Diagnosis) -> str:
    return "\n".join(line.text for line in said_by_logs(diagnosis.views, everything=False))


def test_error_rates_of_a_route_with_the_routers_own_error(runbook: Runbook) -> None:
    dead = access(502, "endpoint_failure (dial tcp 10.0.2.3:61012: connect: connection refused)")
    evidence = routed(access(200), dead, dead, access(404), access(503, "no_endpoints"))
    diagnosis = diagnose(evidence, runbook)
    (rate,) = diagnosis.views.routes
    assert (rate.host, rate.requests, rate.failed, rate.error) == (
        "tdp-frontend-raft.app.cloud.gov",
        5,
        3,
        "endpoint_failure",
    )
    assert "3 of 5 requests failed (60 %), the router says endpoint_failure" in shown(diagnosis)


def test_a_route_of_which_all_requests_go_well_is_not_mentioned(runbook: Runbook) -> None:
    assert shown(diagnose(routed(access(200), access(404), access(499)), runbook)) == ""


def test_an_exception_that_is_new_says_since_when(runbook: Runbook) -> None:
    text = "\n".join(["GET / 200"] * 400 + [TRACE])
    evidence = with_logs(healthy(), log("w0", "app", f"{BACKEND} APP/PROC/WEB/0", text, BACKEND, 0))
    diagnosis = diagnose(evidence, runbook)
    assert shown(diagnosis) == f"{BACKEND}: KeyError: 1 (a.py, line 3): once, new since 14:36, never before"


def test_a_log_that_ended_before_the_crash_names_the_archive_of_cloud_gov(runbook: Runbook) -> None:
    evidence = with_app(healthy(), BACKEND, events=crashes(BACKEND, "Exited with status 1", 1, 5, 6))
    evidence = with_platform(evidence, api="https://api.fr.cloud.gov")
    evidence = with_logs(evidence, log("w0", "app", f"{BACKEND} APP/PROC/WEB/0", "up", BACKEND, 20))
    text = shown(diagnose(evidence, runbook))
    assert "log-cache holds nothing before 14:50" in text
    assert "https://logs.fr.cloud.gov/app/discover#/?_g=(time:(from:'2026-03-03T14:2" in text
    assert "%40cf.app%3A%22tdp-backend-raft%22" in text


def test_no_archive_is_invented_for_other_platforms(runbook: Runbook) -> None:
    evidence = with_app(healthy(), BACKEND, events=crashes(BACKEND, "Exited with status 1", 1, 5, 6))
    evidence = with_logs(evidence, log("w0", "app", f"{BACKEND} APP/PROC/WEB/0", "up", BACKEND, 20))
    (begin,) = diagnose(evidence, runbook).views.log_begins
    assert begin.archive == ""


def test_what_people_the_platform_and_ci_did_is_on_one_timeline(runbook: Runbook) -> None:
    kinds = ("audit.app.process.scale", "audit.app.process.rescheduling", "audit.app.environment.show")
    events = tuple(
        AuditEvent(guid=kind, type=kind, at=at(6 + index), app=BACKEND, actor="maya", data={"instances": 3})
        for index, kind in enumerate(kinds)
    )
    task = Task(guid="t", name="migrate", state="FAILED", created_at=at(9), ended_at=at(10), reason="Exited")
    evidence = with_app(healthy(), BACKEND, events=events, tasks=(task,))
    failed = step("Deploy backend", status="failed", ended_at=at(4))
    evidence = with_jobs(evidence, job("deploy-dev", "failed", failed))
    line = diagnose(evidence, runbook).views.timeline
    assert line is not None
    titles = [moment.title for moment in line.moments if moment.kind in ("event", "cell", "task", "step")]
    assert titles == [
        "deploy-dev, step 'Deploy backend': failed",
        "scaled to 3 by maya",
        "the platform moves an instance",
        "task migrate: Exited",
    ]
    text = "\n".join(one.text for one in happened(line))
    assert "14:39:00      tdp-backend-raft" in text
    assert "✗ task migrate: Exited → 14:40:00" in text


def test_last_words_of_tasks_and_builds_and_the_routers_own_are_on_the_timeline(runbook: Runbook) -> None:
    task = Task(guid="t", name="remind", state="FAILED", created_at=at(9), ended_at=at(10), reason="Exited")
    build = Build(guid="b", state="FAILED", created_at=at(3), error="BuildpackCompileFailed")
    evidence = with_app(routed(access(502, "no_endpoints")), BACKEND, tasks=(task,), builds=(build,))
    staged = "-----> Supplying\n\x1b[31;1m**ERROR**\x1b[0m no Python 3.8\nCell 7 stopping\nExit status 223"
    evidence = with_logs(
        evidence,
        log("t0", "task", f"{BACKEND} APP/TASK/REMIND", "Reading\nno quarter\nExit status 1", BACKEND, 10),
        log("s0", "staging", f"{BACKEND} STG/0", staged, BACKEND, 3),
        log("w0", "app", f"{BACKEND} APP/PROC/WEB/0", TRACE, BACKEND, 30),
    )
    line = diagnose(evidence, runbook).views.timeline
    assert line is not None
    assert [one.title for one in line.moments if one.kind in ("log", "requests", "exception")] == [
        "staging: **ERROR** no Python 3.8",
        "1 of 1 requests to tdp-frontend-raft.app.cloud.gov fail (no_endpoints)",
        "task remind: no quarter",
        "KeyError (a.py, line 3)",
    ]


def test_equal_moments_are_counted_and_early_ones_left_out(runbook: Runbook) -> None:
    evidence = with_app(healthy(), BACKEND, events=crashes(BACKEND, "Exited with status 1", 1, *range(5, 25)))
    line = diagnose(evidence, runbook).views.timeline
    assert line is not None
    (counted,) = [one for one in happened(line) if "times" in one.text]
    assert counted.style == "bold red"
    many = replace(line, moments=tuple(replace(line.moments[0], title=str(n), at=NOW) for n in range(60)))
    assert happened(many)[0].text == "… 20 earlier"
    assert len(happened(many)) == 41


def test_the_map_as_text_with_the_broken_way(runbook: Runbook) -> None:
    views = diagnose(without_policy(healthy(), PROXY, SCANNER), runbook).views
    assert [line.text for line in who_asks_whom(views.nodes, views.edges)] == [
        "✓ people (by the public routes)",
        "└── https → ✓ tdp-frontend-raft (tanf-dev, web 1 of 1 running)",
        "   │    routes: tdp-frontend-raft.app.cloud.gov",
        "   └── tcp → ✓ tdp-backend-raft (tanf-dev, web 1 of 1 running)",
        "      │    routes: tdp-backend-raft.apps.internal",
        "      │    services: tdp-db-dev, tdp-redis-dev",
        "      └── tcp 9000 → ✓ tdp-clamav-nginx-dev (tanf-dev, web 1 of 1 running)",
        "         │    routes: tdp-clamav-nginx-dev.apps.internal",
        "         └─✗─ tcp → ✓ clamav-rest (tanf-prod, web 1 of 1 running) [no network policy]",
        "                 routes: tanf-prod-clamav-rest.apps.internal",
    ]
    styles = [line.style for line in who_asks_whom(views.nodes, views.edges)]
    assert styles[8] == "bold red"
    assert "\x1b[1;31m" in terminal.render_views(views, "map", colour=True)


def test_apps_that_ask_each_other_are_drawn_once(runbook: Runbook) -> None:
    views = diagnose(healthy(), runbook).views
    back = replace(views.edges[-1], source=SCANNER, destination=FRONTEND)
    lines = who_asks_whom(views.nodes[1:], (*views.edges[1:], back))
    assert sum("(see above)" in line.text for line in lines) == 1


def test_hostile_text_stays_text(runbook: Runbook) -> None:
    hostile = TRACE.replace("KeyError: 1", "KeyError: \x1b]0;gone\x07[red]x")
    evidence = with_logs(healthy(), log("w0", "app", f"{BACKEND} APP/PROC/WEB/0", hostile, BACKEND, 5))
    text = terminal.render_diagnosis(diagnose(evidence, runbook), everything=True)
    assert "\\x1b]0;gone\\x07[red]x" in text
    assert "\x1b]" not in text


def test_old_exceptions_are_history(runbook: Runbook) -> None:
    old = log("w0", "app", f"{BACKEND} APP/PROC/WEB/0", TRACE, BACKEND, -3 * 24 * 60)
    assert diagnose(with_logs(healthy(), old), runbook).views.traces == ()


def test_json_has_what_the_logs_say(runbook: Runbook) -> None:
    import json as plain

    from runback.reports import json

    text = "\n".join(["GET / 200"] * 400 + [TRACE])
    evidence = with_logs(
        routed(access(200), access(502, "no_endpoints")),
        log("w0", "app", f"{BACKEND} APP/PROC/WEB/0", text, BACKEND, 0),
    )
    logs = plain.loads(json.render_diagnosis(diagnose(evidence, runbook)))["logs"]
    assert [(one["error"], one["new"]) for one in logs["exceptions"]] == [("KeyError: 1", True)]
    assert [(one["failed"], one["requests"], one["error"]) for one in logs["routes"]] == [
        (1, 2, "no_endpoints")
    ]


def test_ways_that_fail_are_followed_unasked(runbook: Runbook) -> None:
    refused = (
        "urllib3.exceptions.MaxRetryError: HTTPConnectionPool(host='tdp-clamav-nginx-dev.apps.internal', "
        "port=9000): Max retries exceeded (Caused by NewConnectionError('[Errno 111] Connection refused'))"
    )
    line = log("w0", "app", f"{BACKEND} APP/PROC/WEB/0", refused, BACKEND, 29)
    evidence = with_logs(without_policy(healthy(), BACKEND, PROXY), line)
    diagnosis = diagnose(evidence, runbook)
    (way,) = diagnosis.views.ways
    assert (way.source, way.destination, way.asked_by) == (BACKEND, PROXY, "AV_SCAN_URL")
    assert [hop.name for hop in way.hops if hop.ok is False] == ["policy"]
    text = terminal.render_diagnosis(diagnosis, everything=True)
    assert "✗ policy     none allows tcp port 9000" in text
