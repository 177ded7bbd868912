"""The two sides of a failed assertion, in the words of each test runner."""

from __future__ import annotations

import re
from collections.abc import Sequence

SIDES = ("expected", "actual")
LONGEST = 300  # characters of a side: what is longer is in the log
_LINES = 40  # of a failure's block
# Jest: Expected, Received; RSpec: expected, got; Minitest and others: Expected, Actual.
_EXPECTED = re.compile(r"\s*(?:Expected|expected)(?: \w+){0,2}: +(?P<value>\S.*)$")
_ACTUAL = re.compile(r"\s*(?:Received|Actual|actual|got)(?: \w+){0,2}: +(?P<value>\S.*)$")
_SENTENCES = (
    # pytest's rewritten assertions
    re.compile(r"(?:E\s+)?(?:AssertionError: )?assert (?P<actual>.+?) (?:==|is|in) (?P<expected>.+)$"),
    # unittest names the first argument, then the second
    re.compile(r"(?:E\s+)?AssertionError: (?P<actual>.+?) (?:!=|is not|not found in) (?P<expected>.+)$"),
    re.compile(r".*Error: .*?expected: ?<(?P<expected>.*)> but was: ?<(?P<actual>.*)>$"),  # JUnit
    # Chai, and Vitest which prints like it
    re.compile(
        r".*?\bexpected (?P<actual>.+?) to (?:strictly |deeply |deep |loosely )?"
        r"(?:be|equal|eql|include|contain|match|have been called with) (?P<expected>.+?)(?: // .*)?$"
    ),
)
# A diff under its legend: which of + and - stands for what was expected.
_LEGENDS = (
    (re.compile(r"\s*\+ expected - actual$"), "+", "-"),  # Mocha
    (re.compile(r"\s*\+ actual - expected"), "-", "+"),  # Node's assert
)


def sides(lines: Sequence[str], at: int = 0, end: int | None = None) -> dict[str, str]:
    """`expected` and `actual` of the failure whose lines begin at `at`; empty where it does not name both."""
    block = lines[at : at + _LINES if end is None else min(at + _LINES, end)]
    found = _labelled(block) or _diff(block) or _sentence(block)
    return {side: value[:LONGEST] for side, value in found.items()} if len(found) == len(SIDES) else {}


def _labelled(block: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in block:
        for side, form in (("expected", _EXPECTED), ("actual", _ACTUAL)):
            if side not in found and (match := form.match(line)):
                found[side] = match["value"].strip()
    return found if len(found) == len(SIDES) else {}


def _diff(block: Sequence[str]) -> dict[str, str]:
    for at, line in enumerate(block):
        for legend, expected, actual in _LEGENDS:
            if legend.match(line):
                rest = [one.strip() for one in block[at + 1 :]]
                return {
                    side: one[1:].strip()
                    for side, sign in (("expected", expected), ("actual", actual))
                    for one in [next((text for text in rest if text.startswith(sign)), "")]
                    if one
                }
    return {}


def _sentence(block: Sequence[str]) -> dict[str, str]:
    for line in block:
        for form in _SENTENCES:
            if match := form.match(line):
                return match.groupdict()
    return {}
