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
        (
            '>> Local Npm module "grunt-contrib-less" not found. Is it installed?\n'
            'Warning: Task "less:dist" not found. Use --force to continue.\n\nAborted due to warnings.\n',
            "grunt-failed",
            2,
        ),
        (
            "1) Scenario: adds # a.feature:2\n   ✖ Then the sum is 6 # steps.js:2\n       Error: no\n\n"
            "2 scenarios (1 failed, 1 passed)\n",
            "cucumber-test-failed",
            3,
        ),
        (
            "⎯⎯⎯⎯⎯ Uncaught Exception ⎯⎯⎯⎯⎯\nError: closed early\n\n Test Files  1 passed (1)\n"
            "      Tests  2 passed (2)\n     Errors  1 error\n   Duration  1.92s\n",
            "vitest-unhandled-error",
            2,
        ),
        ("● Validation Error:\n\n  Preset ts-jest not found.\n", "jest-config-invalid", 3),
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
        "2 scenarios (2 passed)\n5 steps (5 passed)\n",
        "# Error: no such user\n#     at lookup (src/users.js:14:9)\n# pass 2\n# fail 0\n# cancelled 0\n",
    ],
)
def test_what_passing_tests_print_is_no_failure(text: str) -> None:
    assert of(NOISE + text).verdict == "healthy"


def test_what_a_program_says_that_it_ignored_explains_nothing() -> None:
    text = "ignored: Error: telemetry is not reachable\nbuilt\ngizmo: error: no flux\n"
    assert cause(of(text + "Exited with code exit status 1\n")) == ("unexplained-error", 3)
    assert cause(of("ignored: Error: telemetry is not reachable\nExited with code exit status 1\n")) is None


def test_what_a_bundler_merely_warns_of_explains_nothing() -> None:
    text = "(!) Unresolved dependencies\ncreated dist/a.js in 8ms\ngizmo: error: no flux\n"
    assert cause(of(text + "Exited with code exit status 1\n")) == ("unexplained-error", 3)
    assert cause(of("(!) Unresolved dependencies\nExited with code exit status 1\n")) is None


def test_a_sum_of_errors_is_not_what_they_were() -> None:
    text = "quotes: Invalid quote mark found at a.js :\n   1 |var a;\n\n2 code style errors found.\n"
    assert cause(of(text + "Exited with code exit status 2\n")) == ("unexplained-error", 1)


@pytest.mark.parametrize(
    "text",
    [
        "fetching\nError: could not send telemetry (ignored)\n",
        "ignored: Error: could not send it\n    at send (/srv/a.js:1:2)\n+ echo published\npublished\n",
        "  ✔ logs\n    ℹ Error: this is only logged\n  ✔ rejects\n",
        "curl: (7) Failed to connect to localhost port 4000: Connection refused\nserver is up\n",
    ],
)
def test_what_is_said_to_be_none_is_no_failure(text: str) -> None:
    assert of(text).verdict == "healthy"


def test_an_error_of_usage_is_no_help() -> None:
    text = "Usage Error: The nearest package directory (/srv/x) is no part of the project.\n\n"
    told = text + "- If /srv/x is meant to be one, add it.\n\n$ yarn install [--json] [--immutable]\n"
    assert cause(of(told + "Exited with code exit status 1\n")) == ("unexplained-error", 1)


@pytest.mark.parametrize(
    ("text", "page", "line"),
    [
        (
            "➤ YN0082: │ a@npm:^7: No candidates found\n➤ YN0000: · Failed with errors in 0s\n",
            "yarn-failed",
            1,
        ),
        (
            "➤ YN0000: │ a@workspace:. STDERR TypeError: no icon\n➤ YN0000: · Failed with errors in 0s\n",
            "unexplained-error",
            1,
        ),
        (
            "diff --git a/api.json b/api.json\n--- a/api.json\n+++ b/api.json\n@@ -1 +1 @@\n-{}\n+[]\n"
            "Exited with code exit status 1\n",
            "committed-files-outdated",
            1,
        ),
    ],
)
def test_further_last_words(text: str, page: str, line: int) -> None:
    assert cause(of(NOISE + text)) == (page, 160 + line)
