"""Gradle: what went wrong, in the words of the innermost of its nested reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# gradle/gradle, BuildExceptionReporter: '* What went wrong:', the failure, and under it each cause after '> '
_CAUSE = re.compile(r"\s*> (?P<reason>\S.*)$")
_TASK = re.compile(r"Execution failed for task '(?P<task>[^']+)'")
_END = re.compile(r"\* (?:Try|Get more help|Exception is)")
# Verdicts of tasks whose own output says more, further above.
_SAID_ABOVE = re.compile(
    r"There were failing tests|Compilation failed; see the compiler|Compilation error\. See log"
    r"|Process 'command '.+'' finished with(?: non-zero exit value|$)"
)
_LONGEST = 40  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    lines, start = window.lines, window.next(window.at)
    if start is None:
        return
    task = _TASK.match(lines[start])
    proof, reason, last = start, lines[start].strip(), start
    for at in range(start + 1, min(start + _LONGEST, len(lines))):
        if _END.match(lines[at]):
            break
        last = at
        if cause := _CAUSE.match(lines[at]):
            proof, reason = at, cause["reason"]
            if _SAID_ABOVE.search(reason):
                return
            if reason.startswith(("Could not find", "A problem occurred")):
                break
    yield Parsed(
        proof, {"task": task["task"] if task else None, "reason": reason}, first=window.at, last=last
    )


PARSER = Parser(columns=("task", "reason"), parse=_parse)
