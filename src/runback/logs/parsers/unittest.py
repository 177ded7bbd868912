"""Python's unittest and Django's test runner: the first test that failed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.logs.parsers.sides import sides
from runback.model import Scalar

_HEADING = re.compile(r"(?:FAIL|ERROR|UNEXPECTED SUCCESS): \S")
_RAN = re.compile(r"Ran (?P<total>\d+) tests? in ")
_COUNT = re.compile(r"(?:failures|errors|unexpected successes)=(\d+)")
_FRAME = re.compile(r'  File "(?P<file>[^"]+)", line (?P<number>\d+)')
_ERROR = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?$")


def _parse(window: Window) -> Iterator[Parsed]:
    lines, end = window.lines, window.at
    ran = next((at for at in range(end, -1, -1) if _RAN.match(lines[at])), end)
    total = match["total"] if (match := _RAN.match(lines[ran])) else "0"
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values |= {"failed": sum(map(int, _COUNT.findall(lines[end]))), "total": int(total)}
    headed = next((at for at in range(end) if _is_heading(lines, at)), None)
    if headed is None:  # a sum alone says that something failed, but not what
        return
    kind, values["test"] = lines[headed].split(": ", 1)
    if kind not in ("FAIL", "ERROR"):
        values["error"] = kind.lower()
    yield Parsed(_error(window, headed + 1, values), values, first=headed, last=end)


def _is_heading(lines: Sequence[str], at: int) -> bool:
    """Whether a test's name stands here between its two rulers; an excerpt may lack the first."""
    if _HEADING.match(lines[at]) is None:
        return False
    if at == 0:
        return any(line.startswith("-----") for line in lines[1:3])  # the test's description is between
    return lines[at - 1].startswith("=====")


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
