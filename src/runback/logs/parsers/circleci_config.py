"""What CircleCI's compiler says of a configuration: the one line of its report that names the fault."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# A job that only shows the report prints it as comments of its script; the client prints a list.
_MARKS = re.compile(r"\s*(?:# ?)?(?:- )?")
_SCOPE = re.compile(
    r"(?:Error: )?(?:Error calling (?:workflow|job|command): '|Configuration errors: |Unable to parse YAML"
    r"|while parsing |\s*in '|\s*$)"
)
# A report of the schema: branches of branches, most of which repeat what does not fit.
_BRANCH = re.compile(r"(?:\|   )*(?:\d+\. )?(?P<fault>(?:\[?#\S*?[\]:] )?(?P<what>\S.*))$")
_OUTER = re.compile(r"(?:only )?\d+ (?:subschemas? match|schema violations? found)")
_TELLING = re.compile(r"extraneous key \[|expected type: |required key \[")
_IN_REPORT = re.compile(r"\s*(?:\[#|#/|\d+\. \[|\||required key \[|extraneous key \[|\d+ schema violation)")
_LONGEST = 60  # lines of a report


def _parse(window: Window) -> Iterator[Parsed]:
    lines = [
        _MARKS.sub("", line, count=1).rstrip() for line in window.lines[window.at : window.at + _LONGEST]
    ]
    last = next((at for at in range(1, len(lines)) if not _IN_REPORT.match(lines[at])), len(lines)) - 1
    said = _scoped(lines) if _SCOPE.match(lines[0]) else _in_report(lines[: last + 1])
    if said is None:
        return
    at, reason = said
    yield Parsed(window.at + at, {"reason": reason}, first=window.at, last=window.at + max(at, last))


def _scoped(lines: list[str]) -> tuple[int, str] | None:
    """The line after those that say in which workflow, job and command the fault lies."""
    for at, line in enumerate(lines):
        if not _SCOPE.match(line):
            return (at, line) if line else None
    return None


def _in_report(lines: list[str]) -> tuple[int, str] | None:
    """A misspelt key before all else; without one, the first fault that is no sum of others."""
    found = [
        (at, match["fault"], match["what"])
        for at, line in enumerate(lines)
        if at > 0 and (match := _BRANCH.match(line)) and not _OUTER.match(match["what"])
    ]
    told = [one for one in found if _TELLING.match(one[2])]
    keys = [one for one in told if one[2].startswith("extraneous")]
    best = next(iter(keys or told or found), None)
    return None if best is None else (best[0], best[1])


PARSER = Parser(columns=("reason",), parse=_parse)
