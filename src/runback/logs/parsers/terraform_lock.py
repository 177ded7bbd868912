"""Who holds the lock of Terraform's state: the 'Lock Info' of the error, in its box or without."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("lock", "path", "operation", "who", "created")
# hashicorp/terraform, internal/states/statemgr/locker.go, LockInfo.String
_FIELD = re.compile(r"(?:[│|] )?\s*(?P<name>ID|Path|Operation|Who|Created):\s+(?P<value>\S.*?)\s*$")
_COLUMN = {"ID": "lock", "Path": "path", "Operation": "operation", "Who": "who", "Created": "created"}
_FARTHEST = 30  # lines from the error to the last field


def _parse(window: Window) -> Iterator[Parsed]:
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    last = window.at
    for at in range(window.at + 1, min(window.at + _FARTHEST, len(window.lines))):
        if field := _FIELD.match(window.lines[at]):
            values[_COLUMN[field["name"]]] = field["value"]
            last = at
    yield Parsed(window.at, values, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
