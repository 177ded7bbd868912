"""Platforms that begin the next command: what came before went well, whatever it complained of."""

from __future__ import annotations

from io import BytesIO

import pytest

from runback import app
from runback.diagnose.scan import scan

NOISE = "psycopg2.OperationalError: connection refused\nERROR: check failed: Connection refused\n"
LINT = "setup.py:3:1: E401 multiple imports on one line\n"
REASON = "frobnicator: error: no flux"

GITLAB = """Running with gitlab-runner 17.5.3 (12030cf4)
$ flake8 --exit-zero .
{noise}$ frobnicate
{reason}
{rest}"""
CIRCLECI = """#!/bin/bash -eo pipefail
flake8 --exit-zero .
{noise}
#!/bin/bash -eo pipefail
frobnicate
{reason}
"""
JENKINS = """[Pipeline] stage
[Pipeline] {{ (Lint)
+ flake8 --exit-zero .
{noise}[Pipeline] // stage
[Pipeline] stage
[Pipeline] {{ (Deploy)
+ frobnicate
{reason}
[Pipeline] // stage
{rest}"""
ENDED = "ERROR: script returned exit code 2\nFinished: FAILURE\n"


def first(text: str) -> str | None:
    """The proof of the first cause of a log."""
    found = scan([("log", BytesIO(text.encode()))], app.runbook())
    return found.causes[0].finding.where[0].text if found.causes else None


@pytest.mark.parametrize(
    "text",
    [
        GITLAB.format(noise=NOISE + LINT, reason=REASON, rest="ERROR: Job failed: exit code 1\n"),
        GITLAB.format(
            noise=NOISE + LINT,
            reason=REASON,
            rest="Running after_script\n$ docker compose down\nERROR: Job failed: exit code 1\n",
        ),
        CIRCLECI.format(noise=NOISE + LINT, reason=REASON) + "Exited with code exit status 2\n",
        JENKINS.format(noise=NOISE + LINT, reason=REASON, rest=ENDED),
        JENKINS.format(
            noise=NOISE + LINT,
            reason=REASON,
            rest='[Pipeline] {{ (Report)\nStage "Report" skipped due to earlier failure(s)\n' + ENDED,
        ),
        JENKINS.format(
            noise=NOISE + LINT,
            reason=REASON,
            rest="[Pipeline] { (Declarative: Post Actions)\n+ rm -r x\n" + ENDED,
        ),
    ],
)
def test_what_the_last_command_said_is_the_cause(text: str) -> None:
    assert first(text) == REASON


def test_advice_that_looks_like_a_prompt_is_none() -> None:
    advice = f"{REASON}\n$ frobnicate --flux PATH"
    log = GITLAB.format(
        noise="",
        reason=advice,
        rest="Cleaning up project directory and file based variables\nERROR: Job failed: exit code 1\n",
    )
    assert first(log) == REASON


def test_the_steps_of_a_job_that_went_on_are_healthy() -> None:
    assert first(CIRCLECI.format(noise=NOISE + LINT, reason="all good")) is None


def test_a_refusal_below_the_usage_is_named_not_the_mark_above_it() -> None:
    log = (
        "##[group]Run shopctl export\nshopctl export\n##[endgroup]\n"
        "usage: shopctl export [-h] [--format FORMAT] --out OUT\n"
        "shopctl export: error: the following arguments are required: --out\n"
        "##[error]Process completed with exit code 2.\n"
    )
    assert first(log) == "shopctl export: error: the following arguments are required: --out"


def test_what_git_said_comes_before_what_pip_makes_of_it() -> None:
    log = (
        "  Running command git clone --quiet file:///srv/git/common.git /tmp/common\n"
        "  fatal: '/srv/git/common.git' does not appear to be a git repository\n"
        "error: subprocess-exited-with-error\n"
        "× git clone --quiet file:///srv/git/common.git /tmp/common did not run successfully.\n"
        "Exited with code exit status 1\n"
    )
    assert "does not appear to be a git repository" in (first(log) or "")


def test_a_poll_that_will_be_tried_again_is_no_last_word() -> None:
    assert first("INFO:worker:polling\nERROR:worker:poll failed; will retry\nINFO:worker:idle\n") is None
