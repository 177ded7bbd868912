"""ruff's full form: the rule and its message on one line, the place on the next."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.flake8 import COLUMNS
from runback.logs.parsers.interface import Parsed, Parser, Window

# astral-sh/ruff, crates/ruff_db/src/diagnostic/render
_HEAD = re.compile(r"(?P<code>[A-Z]{1,4}\d{3,4}) (?:\[\*\] )?(?P<message>.+)$")
_PLACE = re.compile(r"\s*--> (?P<file>\S+):(?P<number>\d+):\d+$")
_FOUND = re.compile(r"Found (?P<count>\d+) errors?")


def _parse(window: Window) -> Iterator[Parsed]:
    lines, head = window.lines, _HEAD.match(window.lines[window.at])
    place = _PLACE.match(lines[window.at + 1]) if window.at + 1 < len(lines) else None
    if head is None or place is None:
        return
    last, count = window.at, None
    for at in range(window.at, len(lines)):
        if found := _FOUND.match(lines[at]):
            last, count = at, int(found["count"])
            break
    values = head.groupdict() | {"file": place["file"], "number": int(place["number"]), "count": count}
    yield Parsed(window.at, values, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
