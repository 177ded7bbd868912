"""pytest's own crash: the exception at the end of its tracebacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

_MARK = "INTERNALERROR>"
_BETWEEN = 3  # lines: what else is printed at the same time may stand between
_RAISED = re.compile(rf"{_MARK} (?P<reason>(?:\w+\.)*[A-Z]\w*(?::.*)?)$")
_OF_ANOTHER_PAGE = re.compile(r"PytestConfigWarning|UsageError")


def _parse(window: Window) -> Iterator[Parsed]:
    at, found = window.at, None
    while at < len(window.lines) and any(line.startswith(_MARK) for line in window.lines[at : at + _BETWEEN]):
        if match := _RAISED.match(window.lines[at]):
            found = at, match["reason"]
        at += 1
    if found is not None and not _OF_ANOTHER_PAGE.search(found[1]):
        yield Parsed(found[0], {"reason": found[1]}, first=window.at, last=at - 1)


PARSER = Parser(columns=("reason",), parse=_parse)
