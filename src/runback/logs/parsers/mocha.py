"""Mocha, and Cypress which prints like it: the first entry of the list under 'N failing'."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.logs.parsers.sides import sides
from runback.model import Scalar

# mochajs/mocha, lib/reporters/base.js: epilogue, list
_FAILING = re.compile(r"\s*(?P<failed>\d+) failing\b")
_PASSING = re.compile(r"\s*(?P<passed>\d+) passing\b")
_FIRST = re.compile(r"\s*1\) ?(?P<title>.*?):?\s*$")
_PLACE = re.compile(r"\s+at .*?\(?(?P<file>[^\s()]+\.[cm]?[jt]sx?):(?P<number>\d+):\d+\)?$")
_ADDRESS = re.compile(r"^(?:file://|webpack://[^/]*/(?:\./)?)")  # of a module, or of what Cypress bundled
_LONGEST_TITLE = 8  # lines: a suite within a suite stands on a line of its own
_COUNTS = 6  # lines between 'passing' and 'failing'


def _parse(window: Window) -> Iterator[Parsed]:
    lines, failing = window.lines, _FAILING.match(window.lines[window.at])
    start = window.next(window.at)
    if failing is None or start is None or not (heading := _FIRST.match(lines[start])):
        return
    before = lines[max(0, window.at - _COUNTS) : window.at]
    passed = next((int(match["passed"]) for line in before if (match := _PASSING.match(line))), None)
    title, end = _title(window, start, heading["title"].strip())
    error = window.next(end)
    if error is None:
        return
    failed = int(failing["failed"])
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values |= {"test": title, "error": lines[error].strip(), "failed": failed}
    values["total"] = failed + passed if passed is not None else None
    values |= sides(lines, error)
    for line in lines[error : error + 30]:
        if (place := _PLACE.match(line)) and "node_modules" not in line:
            values |= {"file": _ADDRESS.sub("", place["file"]), "number": int(place["number"])}
            break
    yield Parsed(error, values, first=window.at, last=_last(lines, error))


def _title(window: Window, start: int, title: str) -> tuple[str, int]:
    """The names of the suites and of the test, and the line with the colon that ends them."""
    parts, end = [title] if title else [], start
    for at in range(start, min(start + _LONGEST_TITLE, len(window.lines))):
        line = window.lines[at].rstrip()
        if at > start and line.strip():
            parts.append(line.strip().removesuffix(":"))
        if line.endswith(":") and (at > start or title):
            end = at
            break
    return " › ".join(parts), end


def _last(lines: Sequence[str], error: int) -> int:
    """The list goes on as long as its lines are indented or blank."""
    last = error
    for at in range(error, len(lines)):
        if lines[at].strip():
            if not lines[at].startswith(" "):
                break
            last = at
    return last


PARSER = Parser(columns=COLUMNS, parse=_parse)
