"""The Cloud Controller's answer to a refused request, on one line or on several: its message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

_MESSAGE = re.compile(r'"(?:detail|description)" ?: ?"(?P<message>(?:[^"\\]|\\.)+)"')
_BESIDE = (0, -1, -2, 1, 2)  # lines: the fields stand in any order


def _parse(window: Window) -> Iterator[Parsed]:
    for step in _BESIDE:
        at = window.at + step
        if 0 <= at < len(window.lines) and (said := _MESSAGE.search(window.lines[at])):
            message = said["message"].replace('\\"', '"').replace("\\n", " ")
            yield Parsed(at, {"message": message}, first=min(at, window.at), last=max(at, window.at))
            return


PARSER = Parser(columns=("message",), parse=_parse)
