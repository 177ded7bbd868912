"""IPython's own form of a traceback, as of a notebook's cell: the exception at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

_HEAD = re.compile(r"(?P<exception>[A-Z]\w+) +Traceback \(most recent call last\)$")
_CELL = re.compile(r"Cell In\s?\[(?P<cell>\d+)\]|Input In \[(?P<input>\d+)\]|<ipython-input-(?P<old>\d+)-")
_LONGEST = 400  # lines of such a traceback


def _parse(window: Window) -> Iterator[Parsed]:
    head = _HEAD.match(window.lines[window.at])
    if head is None:
        return
    cell: str | None = None
    for at in range(window.at + 1, min(window.at + _LONGEST, len(window.lines))):
        line = window.lines[at]
        if cell is None and (match := _CELL.match(line)):
            cell = match["cell"] or match["input"] or match["old"]
        if line.startswith(f"{head['exception']}:") or line.rstrip() == head["exception"]:
            values: dict[str, Scalar] = {"error": line.strip(), "cell": cell}
            yield Parsed(at, values, first=window.at, last=at)
            return


PARSER = Parser(columns=("error", "cell"), parse=_parse)
