"""Each core scenario as evidence built by hand: the right cause alone, and the chain down to the symptom."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runback.diagnose import diagnose
from runback.facts import SCHEMAS
from runback.model import AuditEvent, Binding, Build, Diagnosis, Evidence, Gap
from runback.rules import Runbook, load
from worlds import (
    at,
    crashes,
    healthy,
    job,
    log,
    old_code,
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
PUSHING = f"Pushing app {BACKEND} to org tanf / space tanf-dev as deployer...\n"
REFUSED = (
    "2026/03/03 14:35:00 [error] 12#12: *7 connect() failed (111: Connection refused) while connecting to "
    'upstream, client: 10.0.0.1, server: , request: "POST /scan HTTP/1.1", '
    'upstream: "http://10.255.1.9:9000/scan", host: "x"'
)
NO_NAME = (
    "2026/03/03 14:36:00 [error] 12#12: *7 {host} could not be resolved (3: Host not found), "
    'client: 10.0.0.1, server: , request: "{request} HTTP/1.1", host: "x"'
)
RTR_502 = (
    'tdp-frontend-raft.app.cloud.gov - [2026-03-03T14:36:00.000Z] "{request} HTTP/1.1" 502 0 67 "-" "-" '
    '"10.0.0.1:1" "10.0.0.2:2" x_forwarded_for:"-" x_cf_routererror:"-"'
)
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/home/vcap/app/portal/settings.py", line 10, in <module>\n'
    "    KEY = os.environ[name]\n"
    "{error}\n"
)


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(SCHEMAS)


def failed_job(name: str, identifier: str) -> Evidence:
    """The world in which this job failed and the deployment did not run."""
    jobs = [job("secrets-check"), job("test-backend", requires=("secrets-check",))]
    jobs = [
        one if one.name != name else job(name, "failed", step("Check", identifier, "failed")) for one in jobs
    ]
    return old_code(with_jobs(healthy(), *jobs, job("deploy-dev", "not_run", requires=(name,))))


def deployed(status: str, output: str, base: Evidence | None = None) -> Evidence:
    """The world after a deploy job with this status and output."""
    action = step("Deploy backend", "step:103/105.0", "success" if status == "success" else "failed")
    world = with_jobs(base or healthy(), job("deploy-dev", status, action), status=status)
    return with_logs(world, log("step:103/105.0", "step", "deploy-dev, step 'Deploy backend'", output))


def down(world: Evidence, description: str, error: str = "", status: int = 3) -> Evidence:
    """The backend crashes again and again, and the frontend cannot find it."""
    world = with_app(
        world, BACKEND, processes=web(BACKEND, "CRASHED"), events=crashes(BACKEND, description, status)
    )
    if error:
        text = TRACEBACK.format(error=error)
        world = with_logs(world, log("app:backend", "app", f"{BACKEND} APP/PROC/WEB/0", text, BACKEND))
    name = NO_NAME.format(host=f"{BACKEND}.apps.internal", request="GET /v1/reports/")
    return with_logs(
        world,
        log("app:frontend", "app", "tdp-frontend-raft APP/PROC/WEB/0", name, "tdp-frontend-raft", 14),
        log(
            "rtr:frontend",
            "router",
            "tdp-frontend-raft RTR/0",
            RTR_502.format(request="GET /v1/reports/"),
            "tdp-frontend-raft",
            14,
        ),
    )


def scans_fail(world: Evidence, line: str) -> Evidence:
    proxy = "tdp-clamav-nginx-dev"
    failed = (
        "[2026-03-03 14:36:01,000 ERROR clients.py::scan_file:L80 :  502 Server Error: Bad Gateway for url: "
    )
    failed += "http://tdp-clamav-nginx-dev.apps.internal:9000/scan\nInternal Server Error: /v1/reports/"
    return with_logs(
        world,
        log("app:proxy", "app", f"{proxy} APP/PROC/WEB/0", line, proxy, 6),
        log("app:backend", "app", f"{BACKEND} APP/PROC/WEB/0", failed, BACKEND, 7),
    )


def only_cause(diagnosis: Diagnosis, page: str, app: str | None, *chain: str) -> None:
    found = [(cause.finding.page, cause.finding.app) for cause in diagnosis.causes]
    assert found == [(page, app)]
    assert set(chain) <= set(diagnosis.causes[0].explains)
    assert set(diagnosis.causes[0].symptoms) == set(diagnosis.symptoms)
    assert diagnosis.verdict == "failed"


def test_healthy_says_nothing(runbook: Runbook) -> None:
    diagnosis = diagnose(healthy(), runbook)
    assert diagnosis.verdict == "healthy"
    assert diagnosis.sentence == f"{BACKEND} is healthy: 4 apps looked at, nothing failed."
    assert (diagnosis.causes, diagnosis.notices, diagnosis.symptoms, diagnosis.unknown) == ((), (), (), ())


def test_a_secret(runbook: Runbook) -> None:
    text = "config/settings.py:12:KEY = '****'\n\n[ERROR] Matched one or more prohibited patterns\n"
    world = with_logs(
        failed_job("secrets-check", "step:101/105.0"), log("step:101/105.0", "step", "check", text)
    )
    diagnosis = diagnose(world, runbook)
    only_cause(
        diagnosis, "git-secrets-hit", None, "job-not-run", "step-failed", "run-missing", "stale-commit"
    )
    assert "config/settings.py, line 12" in diagnosis.sentence


def test_a_unit_test(runbook: Runbook) -> None:
    text = (
        "FAILED tests/test_reports.py::test_due - AssertionError: assert 3 == 2\n"
        "=================== 1 failed, 8 passed in 0.42s ===================\n"
        "Exited with code exit status 1\n"
    )
    world = with_logs(
        failed_job("test-backend", "step:102/105.0"), log("step:102/105.0", "step", "tests", text)
    )
    only_cause(diagnose(world, runbook), "test-failed", None, "job-not-run", "stale-commit")


def test_the_rolling_push_is_refused(runbook: Runbook) -> None:
    world = deployed(
        "failed",
        PUSHING + "memory quota_exceeded\nFAILED\nExited with code exit status 1\n",
        old_code(healthy()),
    )
    diagnosis = diagnose(world, runbook)
    only_cause(diagnosis, "quota-exceeded", BACKEND, "push-failed", "commit-not-deployed", "stale-commit")


def test_green_but_not_deployed(runbook: Runbook) -> None:
    reason = "The platform is out of paint"
    world = green_though_it_failed(reason)
    diagnosis = diagnose(world, runbook)
    only_cause(diagnosis, "push-failed-green", BACKEND, "commit-not-deployed", "stale-commit")
    assert "paint" in diagnosis.causes[0].finding.title


def test_what_made_a_push_fail_is_the_cause_also_where_the_job_is_green(runbook: Runbook) -> None:
    known = 'Buildpack "pyton" must be an existing admin buildpack or a valid git URI'
    diagnosis = diagnose(green_though_it_failed(known), runbook)
    only_cause(
        diagnosis, "buildpack-unknown", None, "push-failed-green", "commit-not-deployed", "stale-commit"
    )
    assert "pyton" in diagnosis.causes[0].finding.title


def green_though_it_failed(reason: str) -> Evidence:
    return deployed(
        "success",
        f"{PUSHING}{reason}\nFAILED\nRestaging app {BACKEND} in org o / space s as u...\n"
        "requested state: started\n",
        old_code(healthy(), BACKEND),
    )


def test_a_variable_is_empty_in_ci(runbook: Runbook) -> None:
    names = ("DJANGO_SECRET_KEY", "AV_SCAN_URL", "LOGGING_LEVEL", "BASE_URL")
    output = (
        "WARNING: Empty value for JWT_KEY. It will now be unset.\n"
        f"Removing env variable JWT_KEY from app {BACKEND} in org o / space s as u...\nOK\n"
        "WARNING: Empty value for SENTRY_DSN. It will now be unset.\n"
        f"Removing env variable SENTRY_DSN from app {BACKEND} in org o / space s as u...\nOK\n"
        f"Restaging app {BACKEND} in org o / space s as u...\n\nStart unsuccessful\n\nFAILED\n"
    )
    world = with_app(deployed("success", output), BACKEND, variables=variables(*names))
    world = down(world, "APP/PROC/WEB: Exited with status 3", "KeyError: 'JWT_KEY'")
    diagnosis = diagnose(world, runbook)
    only_cause(
        diagnosis, "variable-emptied-by-ci", BACKEND,
        "variable-missing", "python-exception", "crash-loop", "app-down", "request-failed",
    )  # fmt: skip
    assert diagnosis.sentence == (
        f"{BACKEND} is down: the deploy script unset JWT_KEY of {BACKEND} because it is empty in CircleCI."
    )
    assert {place.kind for place in diagnosis.causes[0].finding.where} == {"log", "file"}


def test_a_policy_is_missing(runbook: Runbook) -> None:
    world = scans_fail(without_policy(healthy(), "tdp-clamav-nginx-dev", "clamav-rest"), REFUSED)
    diagnosis = diagnose(world, runbook)
    only_cause(diagnosis, "policy-missing", "tdp-clamav-nginx-dev", "connection-refused", "request-failed")
    assert diagnosis.causes[0].finding.values["port"] == 9000


def test_a_policy_nobody_can_see_is_unknown_and_not_missing(runbook: Runbook) -> None:
    world = without_policy(healthy(), "tdp-clamav-nginx-dev", "clamav-rest")
    world = with_platform(scans_fail(world, REFUSED), spaces_seen=("tanf-dev",))
    diagnosis = diagnose(world, runbook)
    assert "policy-missing" not in [cause.finding.page for cause in diagnosis.causes]
    reasons = [one.reason for one in diagnosis.unknown if one.page == "policy-missing"]
    assert any("policies of space tanf-prod are invisible to you" in reason for reason in reasons)


def test_the_scanner_is_stopped(runbook: Runbook) -> None:
    line = NO_NAME.format(host="tanf-prod-clamav-rest.apps.internal", request="POST /scan")
    world = scans_fail(with_app(healthy(), "clamav-rest", state="STOPPED"), line)
    diagnosis = diagnose(world, runbook)
    only_cause(diagnosis, "app-stopped", "clamav-rest", "name-not-resolved", "request-failed", "app-down")


def test_a_service_is_not_bound(runbook: Runbook) -> None:
    world = with_app(healthy(), BACKEND, bindings=(Binding(service="tdp-redis-dev"),))
    diagnosis = diagnose(down(world, "APP/PROC/WEB: Exited with status 3", "KeyError: 'aws-rds'"), runbook)
    only_cause(diagnosis, "service-not-bound", BACKEND, "python-exception", "crash-loop", "app-crashed")
    assert diagnosis.causes[0].finding.values["service"] == "tdp-db-dev"


def test_a_new_revision_crashes(runbook: Runbook) -> None:
    error = "ModuleNotFoundError: No module named 'structlog'"
    diagnosis = diagnose(down(healthy(), "APP/PROC/WEB: Exited with status 3", error), runbook)
    only_cause(diagnosis, "python-exception", BACKEND, "crash-loop", "app-crashed", "request-failed")


def test_out_of_memory(runbook: Runbook) -> None:
    world = down(healthy(), "APP/PROC/WEB: Exited with status 137 (out of memory)", status=137)
    only_cause(diagnose(world, runbook), "out-of-memory", BACKEND, "crash-loop", "app-crashed")


def test_staging_fails(runbook: Runbook) -> None:
    line = "       **ERROR** Could not install python: no match found for 3.8.x in [3.14.2 3.13.11]"
    error = "BuildpackCompileFailed - App staging failed in the buildpack compile phase"
    build = Build(guid="build-2", state="FAILED", created_at=at(2), error=error)
    output = f"{PUSHING}{line}\nError staging application: {error}\nFAILED\n"
    world = with_app(deployed("failed", output, old_code(healthy())), BACKEND, builds=(build,))
    world = with_logs(world, log("stg", "staging", f"{BACKEND} STG/0", line, BACKEND, 1))
    only_cause(
        diagnose(world, runbook), "buildpack-version-unsupported", BACKEND,
        "staging-failed", "push-failed", "step-failed", "stale-commit",
    )  # fmt: skip


def test_symptoms_without_a_cause_are_said_to_be_unexplained(runbook: Runbook) -> None:
    world = with_jobs(healthy(), job("deploy-dev", "failed", step("Smoke test", None, "failed")))
    diagnosis = diagnose(world, runbook)
    assert diagnosis.verdict == "failed"
    assert diagnosis.causes == ()
    assert "no page of the runbook explains it" in diagnosis.sentence


def test_without_a_platform_nobody_is_called_healthy(runbook: Runbook) -> None:
    gap = Gap(what="the platform", reason="401: the login has expired")
    diagnosis = diagnose(replace(healthy(), platform=gap), runbook)
    assert diagnosis.verdict == "unknown"
    assert "the login has expired" in diagnosis.sentence


def test_crashes_of_an_old_revision_are_no_symptom(runbook: Runbook) -> None:
    events = crashes(BACKEND, "APP/PROC/WEB: Exited with status 1", 1, -60, -50)
    assert diagnose(with_app(healthy(), BACKEND, events=events), runbook).verdict == "healthy"


def test_the_same_evidence_gives_the_same_diagnosis(runbook: Runbook) -> None:
    world = scans_fail(without_policy(healthy(), "tdp-clamav-nginx-dev", "clamav-rest"), REFUSED)
    shuffled = replace(world, logs=tuple(reversed(world.logs)))
    one, other = diagnose(world, runbook), diagnose(shuffled, runbook)
    assert [c.finding for c in one.causes] == [c.finding for c in other.causes]


def test_a_connection_without_which_it_does_not_start_ends_the_app(runbook: Runbook) -> None:
    error = (
        "redis.exceptions.ConnectionError: Error 111 connecting to cache.internal:6379. Connection refused."
    )
    diagnosis = diagnose(down(healthy(), "APP/PROC/WEB: Exited with status 1", error), runbook)
    only_cause(diagnosis, "connection-refused", BACKEND, "crash-loop", "app-crashed", "request-failed")


def test_a_refused_connection_beside_a_crash_for_another_reason_explains_nothing(runbook: Runbook) -> None:
    earlier = log(
        "app:other", "app", f"{BACKEND} APP/PROC/WEB/1", "dial tcp 10.0.1.9:80: connection refused", BACKEND
    )
    world = with_logs(
        down(healthy(), "APP/PROC/WEB: Exited with status 3", "ModuleNotFoundError: structlog"), earlier
    )
    diagnosis = diagnose(world, runbook)
    assert diagnosis.causes[0].finding.page == "python-exception"
    assert "connection-refused" not in diagnosis.causes[0].explains


def test_a_lost_variable_is_a_guess_that_gives_way_to_what_the_log_says(runbook: Runbook) -> None:
    names = variables("DJANGO_SECRET_KEY", "JWT_KEY", "AV_SCAN_URL", "BASE_URL")  # no LOGGING_LEVEL any more
    silent = with_app(down(healthy(), "APP/PROC/WEB: Exited with status 3"), BACKEND, variables=names)
    (guess,) = diagnose(silent, runbook).causes
    assert (guess.finding.page, guess.finding.confidence) == ("variable-missing", "low")
    for error in (
        "ModuleNotFoundError: No module named 'structlog'",
        "redis.exceptions.ConnectionError: Error 111 connecting to cache.internal:6379. Connection refused.",
    ):
        world = with_app(
            down(healthy(), "APP/PROC/WEB: Exited with status 3", error), BACKEND, variables=names
        )
        (cause,) = diagnose(world, runbook).causes
        assert cause.finding.page in ("python-exception", "connection-refused")


def test_a_traceback_in_a_failed_test_is_what_the_test_speaks_of(runbook: Runbook) -> None:
    text = (
        "FAIL: test_three_days (portal_tests.test_fees.LateFee.test_three_days)\n"
        "----------------------------------------------------------------------\n"
        "Traceback (most recent call last):\n"
        '  File "/home/circleci/project/backend/portal_tests/test_fees.py", line 12, in test_three_days\n'
        "    self.assertEqual(late_fee(3), 75)\n"
        "AssertionError: 60 != 75\n\n"
        "----------------------------------------------------------------------\n"
        "Ran 2 tests in 0.001s\n\nFAILED (failures=1)\nExited with code exit status 1\n"
    )
    world = with_logs(
        failed_job("test-backend", "step:102/105.0"), log("step:102/105.0", "step", "tests", text)
    )
    only_cause(diagnose(world, runbook), "test-failed", None, "job-not-run", "stale-commit")


def test_what_is_wrong_with_two_apps_is_two_causes_and_one_push_is_one(runbook: Runbook) -> None:
    frontend = "tdp-frontend-raft"
    world = with_app(with_app(healthy(), BACKEND, state="STOPPED"), frontend, state="STOPPED", events=())
    stop = AuditEvent(guid="s", type="audit.app.stop", at=at(20), app=frontend, actor="jo")
    world = with_app(world, frontend, events=(stop,))
    causes = diagnose(world, runbook).causes
    assert {(cause.finding.page, cause.finding.app) for cause in causes} == {
        ("app-stopped", BACKEND),
        ("app-stopped", frontend),
    }
    (stale,) = diagnose(old_code(healthy()), runbook).causes
    assert (stale.finding.page, stale.finding.count) == ("commit-not-deployed", 2)
