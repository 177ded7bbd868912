"""Cucumber for JavaScript: the step that ended a scenario, of the list under 'Failures:'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

# cucumber/cucumber-js, src/formatter/helpers/issue_helpers.ts: '1) Scenario: name # place', a line for each
# step with a mark before it, and under the one that failed what was wrong
_SCENARIO = re.compile(r"\s*\d+\) Scenario: (?P<scenario>.*?)(?: \(attempt \d.*\))?(?: # \S+)?$")
_STEP = re.compile(r"\s+[✖×x?] (?P<step>\S.*?)(?: # \S+)?$")
_FARTHEST = 60  # lines that the steps before it may take


def _parse(window: Window) -> Iterator[Parsed]:
    lines, scenario = window.lines, _SCENARIO.match(window.lines[window.at])
    if scenario is None:
        return
    for at in range(window.at + 1, min(window.at + _FARTHEST, len(lines))):
        if _SCENARIO.match(lines[at]):
            return
        if step := _STEP.match(lines[at]):
            reason = window.next(at)
            if reason is not None:
                test = f"{scenario['scenario']} › {step['step']}"
                values: dict[str, Scalar] = {"test": test, "error": lines[reason].strip()}
                yield Parsed(reason, values, first=window.at, last=_last(lines, reason))
            return


def _last(lines: Sequence[str], reason: int) -> int:
    """What was wrong, with its stack, is indented, and blank lines stand in it."""
    end = reason
    for at in range(reason, len(lines)):
        if lines[at].strip():
            if not lines[at].startswith("   "):
                break
            end = at
    return end


PARSER = Parser(columns=("test", "error"), parse=_parse)
