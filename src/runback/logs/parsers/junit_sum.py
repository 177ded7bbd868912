"""The sum of an old Surefire: a heading, then a failed test a line; what it did wrong is in files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.model import Scalar

# apache/maven-surefire 2.12, report/ConsoleReporter
_TEST = re.compile(r"\s+(?P<test>\S+)\((?P<class>[\w.$]+)\)(?:: (?P<error>\S.*))?$")


def _parse(window: Window) -> Iterator[Parsed]:
    at = window.next(window.at)
    found = _TEST.match(window.lines[at]) if at is not None else None
    if at is None or found is None:
        return
    last = at
    while last + 1 < len(window.lines) and _TEST.match(window.lines[last + 1]):
        last += 1
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values |= {"test": f"{found['class']}.{found['test']}", "error": found["error"] or "failed"}
    yield Parsed(at, values, first=window.at, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
