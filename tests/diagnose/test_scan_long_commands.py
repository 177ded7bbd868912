"""scan: one command of CI that runs many tools, of which the last one fails."""

from __future__ import annotations

from io import BytesIO

import pytest

from runback.diagnose.scan import scan
from runback.facts import SCHEMAS
from runback.model import Scan
from runback.rules import load

RUNBOOK = load(SCHEMAS)
RED = "\nExited with code exit status 1\n"
REFUSED = "curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: Connection refused\n"


def scanned(text: str) -> Scan:
    return scan([("red", BytesIO(text.encode()))], RUNBOOK)


def first(text: str) -> int | None:
    return scanned(text).causes[0].finding.where[0].line


SUMS = (
    "Result: PASS",
    "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
    "100% tests passed, 0 tests failed out of 2",
    "-- Build files have been written to: /home/circleci/project/build",
    "2 tests, 0 failures",
    "3 successes / 0 failures / 0 errors / 0 pending : 0.002 seconds",
    "4 tests, 4 passed, 0 failed",
    "Passed!  - Failed:     0, Passed:     3, Skipped:     0, Total:     3",
    "[success] Total time: 3 s, completed Nov 23, 2026",
    "** TEST SUCCEEDED **",
    "00:02 +5: All tests passed!",
    "Successfully installed tblib-3.1.0",
    "webpack 5.95.0 compiled successfully in 788 ms",
    "✓ built in 1.2s",
    "Successfully built 0a1b2c3d4e5f",
    "2026-11-23 13:45:11 (3.11 MB/s) - ‘tool.tar.gz’ saved [120/120]",
    "localhost : ok=2    changed=1    unreachable=0    failed=0    skipped=0",
)


@pytest.mark.parametrize("went_well", SUMS)
def test_what_was_said_before_a_tool_went_well_is_over(went_well: str) -> None:
    text = f"#!/bin/bash -eo pipefail\n./ci\n{REFUSED}{went_well}\nfrob: error: no flux\n{RED}"
    assert first(text) == 5


@pytest.mark.parametrize("went_well", SUMS)
def test_where_nothing_is_said_after_a_tool_went_well_what_was_said_before_counts(went_well: str) -> None:
    assert first(f"#!/bin/bash -eo pipefail\n./ci\n{REFUSED}{went_well}\n{RED}") == 3


def test_last_words_count_after_a_tool_that_went_well() -> None:
    text = "Successfully installed tblib-3.1.0\n" + "quiet\n" * 200 + "RuntimeError: no flux\n"
    result = scanned(text)
    assert (result.verdict, first(text)) == ("failed", 202)


def test_of_two_things_that_pages_know_the_one_after_a_tool_that_went_well_is_named() -> None:
    text = (
        f"#!/bin/bash -eo pipefail\n./ci\n{REFUSED}Result: PASS\nbash: line 1: frob: command not found\n{RED}"
    )
    assert scanned(text).causes[0].finding.page == "command-not-found"
