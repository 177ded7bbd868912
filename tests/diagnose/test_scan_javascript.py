"""scan: how the tools of the JavaScript world say that it failed, without a platform's word."""

from __future__ import annotations

from io import BytesIO

import pytest

from runback.diagnose.scan import scan
from runback.facts import SCHEMAS
from runback.model import Scan
from runback.rules import load

RUNBOOK = load(SCHEMAS)
NOISE = "fetching\n" * 160  # too long for an excerpt: it needs a verdict


def of(text: str) -> Scan:
    return scan([("red", BytesIO(text.encode()))], RUNBOOK, [])


def cause(result: Scan) -> tuple[str, int | None] | None:
    first = next(iter(result.causes), None)
    return None if first is None else (first.finding.page, first.finding.where[0].line)


@pytest.mark.parametrize(
    ("text", "page", "line"),
    [
        (
            "\u2009ERR_PNPM_PEER_DEP_ISSUES\u2009 Unmet peer dependencies\n\n.\n└─┬ react-dom 16.14.0\n",
            "pnpm-failed",
            1,
        ),
        (
            "\u2009ERR_PNPM_FETCH_404\u2009 GET https://registry.example.org/a-b: Not Found - 404\n",
            "js-package-not-found",
            1,
        ),
        (
            'undefined\n\u2009ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL\u2009 Command "lint:ci" not found\n',
            "npm-script-missing",
            2,
        ),
        (
            "Failures:\n1) Order adds tax\n  Message:\n    Expected 119 to be 120.\n  Stack:\n\n"
            "2 specs, 1 failure\nFinished in 0.07 seconds\n",
            "jasmine-test-failed",
            4,
        ),
        (
            "[FAILED] node check.js [FAILED]\n[COMPLETED] Cleaning up temporary files...\n\n"
            "✖ node check.js:\nsrc/a.js: tab in line 3\nhusky - pre-commit script failed (code 1)\n",
            "unexplained-error",
            4,
        ),
    ],
)
def test_the_tools_own_word_is_enough(text: str, page: str, line: int) -> None:
    result = of(NOISE + text)
    assert result.verdict == "failed"
    assert cause(result) == (page, 160 + line)


@pytest.mark.parametrize(
    "text",
    [
        "Started\nError: logged\n.\n\n1 spec, 0 failures\nFinished in 0.07 seconds\n",
        "# Error: no such user\n#     at lookup (src/users.js:14:9)\n# pass 2\n# fail 0\n# cancelled 0\n",
    ],
)
def test_what_passing_tests_print_is_no_failure(text: str) -> None:
    assert of(NOISE + text).verdict == "healthy"


def test_what_a_program_says_that_it_ignored_explains_nothing() -> None:
    text = "ignored: Error: telemetry is not reachable\nbuilt\ngizmo: error: no flux\n"
    assert cause(of(text + "Exited with code exit status 1\n")) == ("unexplained-error", 3)
    assert cause(of("ignored: Error: telemetry is not reachable\nExited with code exit status 1\n")) is None
