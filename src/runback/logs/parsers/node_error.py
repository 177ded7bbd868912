"""Node: the error that ended a process, proved by the line with Node's version under its frames."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

# nodejs/node, src/node_errors.cc, TriggerUncaughtException; the version is printed since 17
_VERSION = re.compile(r"Node\.js v\d+\.")
_FRAME = re.compile(r"\s+at .*?\(?(?:file://)?(?P<file>/[^\s():]+):(?P<number>\d+):\d+\)?$")
_LIBRARY = ("node_modules", "node:")
_LONGEST = 60  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    stop = min(window.at + _LONGEST, len(lines))
    last = next((at for at in range(window.at + 1, stop) if _VERSION.match(lines[at])), None)
    if last is None:
        return
    values: dict[str, Scalar] = {"error": lines[window.at].strip(), "file": None, "number": None}
    for line in lines[window.at : last]:
        if (frame := _FRAME.match(line)) and not any(part in line for part in _LIBRARY):
            values |= {"file": frame["file"], "number": int(frame["number"])}
            break
    yield Parsed(window.at, values, last=last)


PARSER = Parser(columns=("error", "file", "number"), parse=_parse)
