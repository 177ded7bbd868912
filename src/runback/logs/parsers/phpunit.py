"""PHPUnit: the first entry of the list 'There was 1 failure:'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.model import Scalar

# sebastianbergmann/phpunit, src/TextUI/Output/Default/ResultPrinter.php
_TEST = re.compile(r"1\) (?P<test>[\w\\]+::.+?)\s*$")
_PLACE = re.compile(r"(?P<file>/?[^\s:]+\.php):(?P<number>\d+)$")
_SUMMARY = re.compile(r"Tests: (?P<total>\d+), Assertions: \d+(?P<rest>.*)$")
_BAD = re.compile(r"(?:Errors|Failures): (\d+)")


def _parse(window: Window) -> Iterator[Parsed]:
    lines, start = window.lines, window.next(window.at)
    heading = _TEST.match(lines[start]) if start is not None else None
    error = window.next(start) if start is not None else None
    if heading is None or error is None:
        return
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values |= {"test": heading["test"], "error": lines[error].strip()}
    last = error
    for at in range(error, len(lines)):
        if values["number"] is None and (place := _PLACE.match(lines[at])):
            values |= {"file": place["file"], "number": int(place["number"])}
        if summary := _SUMMARY.match(lines[at]):
            values |= {
                "failed": sum(map(int, _BAD.findall(summary["rest"]))),
                "total": int(summary["total"]),
            }
            last = at
            break
    yield Parsed(error, values, first=window.at, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
