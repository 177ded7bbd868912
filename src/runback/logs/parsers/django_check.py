"""Django's system check: the first error, with its object and its hint."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("object", "code", "message", "hint")
# django/django, django/core/checks/messages.py, CheckMessage.__str__, and core/management/base.py, check
_ISSUE = re.compile(r"(?P<object>\S.*?): (?:\((?P<code>[\w.]+)\) )?(?P<message>\S.+)$")
_HINT = re.compile(r"\s+HINT: (?P<hint>.+)$")
_LONGEST = 60  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    lines, values = window.lines, dict[str, Scalar].fromkeys(COLUMNS)
    proof, errors = None, False
    last = window.at
    for at in range(window.at + 1, min(window.at + _LONGEST, len(lines))):
        line = lines[at]
        if line.strip() in ("ERRORS:", "CRITICALS:"):
            errors = True
        elif line.startswith("System check identified"):
            last = at
            break
        elif errors and proof is None and (issue := _ISSUE.match(line)):
            proof = last = at
            values |= issue.groupdict()
        elif proof == at - 1 and (hint := _HINT.match(line)):
            values["hint"] = hint["hint"]
    yield Parsed(proof or window.at, values, first=window.at, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
