"""A RUN of a Dockerfile that failed: its command, its line of the Dockerfile, and what it said last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("command", "file", "number", "message")
# moby/buildkit, solver/errdefs and util/progress/progressui: what the command prints as it runs ('#8 1.214'
# is taken away as any carrier is), a box of its last lines, then the lines of the Dockerfile
_FAILED = re.compile(
    r'.*(?:process "(?P<command>.+)" did not complete successfully|'
    r"executor failed running \[(?P<older>.+)\]): exit code: \d+"
)
_PLACE = re.compile(r"(?P<file>\S*[Dd]ockerfile\S*):(?P<number>\d+)$")
_TEXT = re.compile(r"(?!#\d+ |-+$| > )(?:\d+\.\d+ )?(?P<text>\S.*)$")
_NEAR = 60  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    failed = _FAILED.match(window.lines[window.at])
    if failed is None:
        return
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values["command"] = failed["command"] or failed["older"]
    values["message"] = _said(window.lines[max(0, window.at - _NEAR) : window.at])
    last = window.at
    for at in range(window.at, min(window.at + _NEAR, len(window.lines))):
        if place := _PLACE.match(window.lines[at]):
            values |= {"file": place["file"], "number": int(place["number"])}
            last = at
            break
    yield Parsed(window.at, values, last=last)


def _said(lines: Sequence[str]) -> str | None:
    """The last line that the command printed."""
    return next((match["text"] for line in reversed(lines) if (match := _TEXT.match(line))), None)


PARSER = Parser(columns=COLUMNS, parse=_parse)
