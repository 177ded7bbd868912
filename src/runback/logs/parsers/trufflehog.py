"""truffleHog 2: a block of ~~~ lines for each reason, with the commit and the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("reason", "file", "commit", "branch")
# truffleHog 2, truffleHog.py, print_results
_FIELD = re.compile(r"(?P<name>Reason|Date|Hash|Filepath|Branch|Commit): (?P<value>.*)$")
_COLUMN = {"Reason": "reason", "Filepath": "file", "Hash": "commit", "Branch": "branch"}
_FARTHEST = 12  # lines from the reason to the end of its fields


def _parse(window: Window) -> Iterator[Parsed]:
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    last = window.at
    for at in range(window.at, min(window.at + _FARTHEST, len(window.lines))):
        field = _FIELD.match(window.lines[at])
        if field is None:
            break
        last = at
        if field["name"] in _COLUMN:
            values[_COLUMN[field["name"]]] = field["value"].strip()
    if values["file"] is not None:
        yield Parsed(window.at, values, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
