"""A goal of Maven that failed: what its plugin complained of right above the summary of the build.

Plugins that check something (enforcer, Checkstyle, SpotBugs, dependency locks) print what is wrong as they
find it; the line that names the goal comes after the summary, and often only says that it stands above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("goal", "reason")
# apache/maven, maven-core, LifecycleExecutionException
_GOAL = re.compile(
    r"\[ERROR\] Failed to execute goal (?P<goal>[\w.-]+:[\w.-]+):\S+ \([^)]*\) on project \S+?: "
    r"(?P<reason>.+?)(?: -> \[Help \d+\])?$"
)
# apache/maven, maven-embedder, ExecutionEventLogger
_FAILED = re.compile(r"\[INFO\] BUILD FAILURE")
_SUMMARY = re.compile(r"\[INFO\](?: -+| Reactor Summary.*| .* (?:SUCCESS|FAILURE|SKIPPED)(?: \[.*\])?)?\s*$")
_RULE = re.compile(r"\[(?:WARNING|ERROR)\] (?P<text>Rule \d+: \S+ failed with message:)")  # of the enforcer
_COMPLAINT = re.compile(r"\[ERROR\] (?P<text>\S.*)")
_MOST = 200  # lines of a plugin's complaints
_AFTERWARDS = 4  # lines that it may print after them


def _parse(window: Window) -> Iterator[Parsed]:
    goal = _GOAL.match(window.lines[window.at])
    if goal is None:
        return
    values: dict[str, Scalar] = {"goal": goal["goal"]}
    at, values["reason"] = _complaint(window.lines, window.at) or (window.at, goal["reason"])
    yield Parsed(at, values)


def _complaint(lines: Sequence[str], goal: int) -> tuple[int, str] | None:
    """Where the plugin's complaints begin, and the first of them; None where it made none above."""
    failed = next((at for at in range(goal, -1, -1) if _FAILED.match(lines[at])), None)
    if failed is None:
        return None
    last = next((at for at in range(failed - 1, -1, -1) if not _SUMMARY.match(lines[at])), 0)
    near = range(last, max(-1, last - _AFTERWARDS), -1)  # 'Compiled 12 out of 12 sources'
    end = next((at for at in near if not lines[at].startswith("[INFO]")), last)
    begin = end
    while begin > max(0, end - _MOST) and not lines[begin].startswith("[INFO]"):
        begin -= 1
    said = range(begin, end + 1)
    for at in said:
        if rule := _RULE.match(lines[at]):
            return at, f"{rule['text']} {lines[at + 1].strip()}"
    return next(((at, found["text"]) for at in said if (found := _COMPLAINT.match(lines[at]))), None)


PARSER = Parser(columns=COLUMNS, parse=_parse)
