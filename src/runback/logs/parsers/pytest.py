"""pytest: which tests failed, where, and what the first of them said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.sides import SIDES, sides
from runback.model import Scalar

COLUMNS = ("test", "error", "file", "number", "failed", "total", *SIDES)
_START = re.compile(r"=+ test session starts =+$")
_FAILURES = re.compile(r"=+ (?:FAILURES|ERRORS) =+$")
# Without the rulers where it was asked to be quiet.
_SUM = re.compile(
    r"(?:=+ .*\b)?\d+ (?:failed|errors?)\b.* in [\d.]+ ?s(?:econds)?\b(?:.* =+)?(?: \([\d:]+\))?$"
)
_COUNT = re.compile(r"(\d+) (failed|passed|skipped|errors?|xfailed|xpassed|deselected|rerun)")
_SUMMARY = re.compile(r"(?:FAILED|ERROR) (?P<test>\S+(?:\[.*?\])?)(?: - (?P<error>.*))?$")
_HEADING = re.compile(r"_+ (?:ERROR (?:collecting|at (?:setup|teardown) of) )?(?P<test>\S.*?) _+$")
_EXPLANATION = re.compile(r"E {1,}(?P<error>\S.*)$")
_PLACE = re.compile(r"(?P<file>[\w./\\-]+\.py):(?P<number>\d+): ?(?P<kind>[\w.]*)$")


def _parse(window: Window) -> Iterator[Parsed]:
    """From the heading of the failures on; from the summary upwards where there is no such heading."""
    lines = window.lines
    if _FAILURES.match(lines[window.at]):
        start = window.at
        end = next((at for at in range(start, len(lines)) if _SUM.match(lines[at])), len(lines) - 1)
    else:
        end = window.at
        start = next((at for at in range(end, -1, -1) if _START.match(lines[at])), 0)
    counts = {kind.rstrip("s"): int(number) for number, kind in _COUNT.findall(lines[end])}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    total = failed + counts.get("passed", 0) + counts.get("xfailed", 0) + counts.get("xpassed", 0)
    named = _first_named(lines, start, end)
    explained = _first_explained(lines, start, end)
    if named[0] is None and explained[0] is None:
        return
    values: dict[str, Scalar] = {"failed": failed or None, "total": total or None}
    for source in (named, explained):
        values |= {key: value for key, value in source[1].items() if value}
    values |= sides([str(values.get("error") or "")])
    proof = next(at for at in (explained[0], named[0], end) if at is not None)
    yield Parsed(proof, {column: values.get(column) for column in COLUMNS}, first=start, last=end)


def _first_named(lines: Sequence[str], start: int, end: int) -> tuple[int | None, dict[str, Scalar]]:
    """The first line of the short summary: 'FAILED tests/test_x.py::test_y - AssertionError: …'."""
    for at in range(start, end):
        match = _SUMMARY.match(lines[at])
        if match is not None and ("::" in match["test"] or match["test"].endswith(".py")):
            return at, {"test": match["test"], "error": match["error"], "file": match["test"].split("::")[0]}
    return None, {}


def _first_explained(lines: Sequence[str], start: int, end: int) -> tuple[int | None, dict[str, Scalar]]:
    """The first 'E   …' line under its heading, and the place that follows it."""
    heading, proof = "", None
    values: dict[str, Scalar] = {}
    for at in range(start, end):
        line = lines[at]
        if proof is None and (match := _HEADING.match(line)):
            heading = match["test"]
        elif proof is None and (match := _EXPLANATION.match(line)):
            proof, values = at, {"error": match["error"].strip()}
        elif proof is not None and (match := _PLACE.match(line)):
            values |= {"file": match["file"], "number": int(match["number"])}
            break
        elif proof is not None and _HEADING.match(line):
            break
    if proof is not None and "number" not in values and heading.endswith(".py"):
        values["file"] = heading
    return proof, values


PARSER = Parser(columns=COLUMNS, parse=_parse)
