"""Python's unittest and Django's test runner: the first test that failed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.logs.parsers.sides import sides
from runback.model import Scalar

_HEADING = re.compile(r"(?:FAIL|ERROR): (?P<test>\S.*)$")
_RAN = re.compile(r"Ran (?P<total>\d+) tests? in ")
_COUNT = re.compile(r"(?:failures|errors)=(\d+)")
_FRAME = re.compile(r'  File "(?P<file>[^"]+)", line (?P<number>\d+)')
_ERROR = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?$")


def _parse(window: Window) -> Iterator[Parsed]:
    lines, end = window.lines, window.at
    ran = next((at for at in range(end, -1, -1) if _RAN.match(lines[at])), end)
    total = match["total"] if (match := _RAN.match(lines[ran])) else "0"
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values |= {"failed": sum(map(int, _COUNT.findall(lines[end]))), "total": int(total)}
    proof = end
    for at in range(end):
        if at and (heading := _HEADING.match(lines[at])) and lines[at - 1].startswith("====="):
            values["test"] = heading["test"]
            proof = _error(window, at + 1, values)
            break
    yield Parsed(proof, values, last=end)


def _error(window: Window, start: int, values: dict[str, Scalar]) -> int:
    """The line of the exception under a heading; fills in where it was raised."""
    for at in range(start, window.at):
        line = window.lines[at]
        if frame := _FRAME.match(line):
            values |= {"file": frame["file"], "number": int(frame["number"])}
        elif values.get("file") and not line.startswith(" ") and _ERROR.match(line):
            values |= {"error": line.strip(), **sides(window.lines, at, window.at)}
            return at
    return start - 1


PARSER = Parser(columns=COLUMNS, parse=_parse)
