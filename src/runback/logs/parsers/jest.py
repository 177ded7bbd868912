"""Jest: the first test that failed, with its place in the project."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.logs.parsers.sides import sides
from runback.model import Scalar

_COUNT = re.compile(r"(\d+) (failed|total)")
_HEADING = re.compile(r"\s+● (?P<test>\S.*?)\s*$")
_FILE = re.compile(r"\s*FAIL\s+(?:\w+\s+)?(?P<file>\S+\.[cm]?[jt]sx?)\b")
_PLACE = re.compile(r"\s+at .*?\(?(?P<file>[^\s()]+\.[cm]?[jt]sx?):(?P<number>\d+):\d+\)?$")
_NOT_A_TEST = ("Console", "Validation Warning", "Deprecation Warning", "Obsolete snapshot")


def _parse(window: Window) -> Iterator[Parsed]:
    lines, end = window.lines, window.at
    counts = {kind: int(number) for number, kind in _COUNT.findall(lines[end])}
    if not counts.get("failed"):
        return
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values |= {"failed": counts["failed"], "total": counts.get("total")}
    proof, heading = end, None
    for at in range(end):
        line = lines[at]
        if heading is None and (match := _FILE.match(line)):
            proof, values["file"] = at, match["file"]
        elif heading is None and (match := _HEADING.match(line)) and match["test"] not in _NOT_A_TEST:
            heading, values["test"] = at, match["test"]
        elif heading is not None and values["error"] is None and line.strip():
            proof, values["error"] = at, line.strip()
            values |= sides(lines, at, end)
        elif heading is not None and (match := _PLACE.match(line)) and "node_modules" not in line:
            values |= {"file": match["file"], "number": int(match["number"])}
            break
        elif heading is not None and _HEADING.match(line):
            break
    yield Parsed(proof, values, last=end)


PARSER = Parser(columns=COLUMNS, parse=_parse)
