"""flake8: the first complaint of a run, and how many follow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

COLUMNS = ("file", "number", "code", "message", "count")
_LINE = re.compile(
    r"(?P<file>\S+\.(?:pyi?|md)): ?(?P<number>\d+):?(?:\d+:?)? "
    r"(?P<code>[A-Z]{1,4}\d{3,4})(?:/\S+)? (?P<message>.+)$"
)


def _parse(window: Window) -> Iterator[Parsed]:
    last, count = window.at, 0
    for at in range(window.at, len(window.lines)):
        if not _LINE.match(window.lines[at]):
            break
        last, count = at, count + 1
    match = _LINE.match(window.lines[window.at])
    if match is not None:
        values = match.groupdict() | {"number": int(match["number"]), "count": count}
        yield Parsed(window.at, values, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
