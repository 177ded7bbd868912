"""How platforms say that a run failed, and what of their words is not why."""

from __future__ import annotations

from io import BytesIO

import pytest

from runback.diagnose.scan import scan
from runback.facts import SCHEMAS
from runback.rules import load

RUNBOOK = load(SCHEMAS)

JENKINS = """\
Started by user ada
[Pipeline] Start of Pipeline
[Pipeline] sh
+ ./deploy.sh
deploy.sh: error: no such target: staging2
[Pipeline] }
[Pipeline] stage
[Pipeline] { (Smoke test)
Stage "Smoke test" skipped due to earlier failure(s)
[Pipeline] }
[Pipeline] echo
ERROR: the pipeline of this service failed, see above
[Pipeline] End of Pipeline
Also:   org.jenkinsci.plugins.workflow.actions.ErrorAction$ErrorId: 40de03bb
hudson.AbortException: script returned exit code 3
Finished: FAILURE
"""
NETLIFY = """\
3:00:01 PM: Netlify Build
3:00:02 PM: $ npm run build
3:00:09 PM: up to date, audited 3 packages in 2s
3:00:10 PM: site-builder: error: page about.md has no layout
3:00:11 PM: "build.command" failed
3:00:12 PM: Resolved config
3:00:12 PM: Build failed due to a user error: Build script returned non-zero exit code: 2
3:00:13 PM: Failing build: Failed to build site
"""
EAS = """\
{"phase":"BUNDLE","level":30,"msg":"up to date, audited 901 packages in 2s","time":"t"}
{"phase":"BUNDLE","level":30,"msg":"metro: error: no entry file index.ts","time":"t"}
{"phase":"BUNDLE","level":50,"err":{"message":"npx expo export exited with non-zero code: 1"},"time":"t"}
{"phase":"FAIL_BUILD","level":30,"msg":"Start phase: FAIL_BUILD","time":"t"}
"""


@pytest.mark.parametrize(("log", "line"), [(JENKINS, 5), (NETLIFY, 4), (EAS, 2)])
def test_the_reason_is_what_stands_before_the_platforms_word(log: str, line: int) -> None:
    found = scan([("log", BytesIO(log.encode()))], RUNBOOK)
    assert [cause.finding.where[0].line for cause in found.causes][:1] == [line]


def test_a_build_that_eas_calls_a_success_is_one() -> None:
    log = EAS.replace("FAIL_BUILD", "ON_BUILD_SUCCESS_HOOK")
    assert scan([("log", BytesIO(log.encode()))], RUNBOOK).verdict == "healthy"


def test_a_server_that_answers_afterwards_is_well() -> None:
    log = "[shop] Error fetching basket 7: Failed to fetch basket 7\nResponse with status 200 in 12 ms.\n"
    assert scan([("log", BytesIO(log.encode()))], RUNBOOK).verdict == "healthy"


def test_what_the_app_says_counts_beside_the_router() -> None:
    log = (
        '2026-03-03T15:00:00.000000+00:00 app[web.1]: Started GET "/answers/2"\n'
        "2026-03-03T15:00:00.100000+00:00 app[web.1]: ArgumentError (marshal data too short):\n"
        "2026-03-03T15:00:00.200000+00:00 heroku[router]: GET app.example/answers/2 dyno=web.1 status=500\n"
    )
    found = scan([("log", BytesIO(log.encode()))], RUNBOOK)
    assert [cause.finding.where[0].line for cause in found.causes] == [2]


def test_a_rejection_that_nobody_handles_is_an_exception() -> None:
    log = "starting\n(node:4) UnhandledPromiseRejectionWarning: TypeError: x of undefined\n"
    assert scan([("log", BytesIO(log.encode()))], RUNBOOK).causes[0].finding.where[0].line == 2


def test_buildkits_last_word_counts_though_something_went_well_before() -> None:
    log = (
        "added 12 packages in 2s\nsite: error: no page about.md\nERROR: failed to build: failed to solve: x\n"
    )
    found = scan([("log", BytesIO(log.encode()))], RUNBOOK)
    assert found.verdict == "failed"


FLUTTER = """\
[  +12 ms] executing: gradlew assembleDebug
[        ] BUILD SUCCESSFUL in 21s
[ +151 ms] Gradle build failed to produce an .apk file. It's likely that it lies elsewhere
[   +1 ms] "flutter apk" took 25,103ms.
[ +129 ms] exiting with code 1
"""
ANGULAR = """\
added 900 packages in 15s
Application bundle generation failed. [9.642 seconds]

⨯ ERROR: NG5002: Unexpected closing tag "ng-template"
    src/app/app.component.html:3:1
"""
TESTS = "✅ PASS: lists\n❌ FAIL: Expected 400, got 403\nTotal Tests: 18\n\n❌ SOME TESTS FAILED\n"


@pytest.mark.parametrize(("log", "line"), [(FLUTTER, 3), (ANGULAR, 4), (TESTS, 2)])
def test_the_reason_is_what_stands_before_a_tools_word(log: str, line: int) -> None:
    found = scan([("log", BytesIO(log.encode()))], RUNBOOK)
    assert [cause.finding.where[0].line for cause in found.causes][:1] == [line]
