"""ShellCheck on a terminal: script, line and code of the first complaint."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("file", "number", "code", "reason")
# koalaman/shellcheck, src/ShellCheck/Formatter/TTY.hs
_PLACE = re.compile(r"In (?P<file>.+) line (?P<number>\d+):$")
_COMMENT = re.compile(
    r"\s*(?:\^-*\^?|\^--) (?P<code>SC\d{4})(?: \((?:error|warning|info|style)\))?: (?P<reason>.+)$"
)
_ABOVE = 12  # lines between a place and its last comment


def _parse(window: Window) -> Iterator[Parsed]:
    comment = _COMMENT.match(window.lines[window.at])
    if comment is None:
        return
    values: dict[str, Scalar] = {"file": None, "number": None, **comment.groupdict()}
    for at in range(window.at - 1, max(-1, window.at - _ABOVE), -1):
        if place := _PLACE.match(window.lines[at]):
            values |= {"file": place["file"], "number": int(place["number"])}
            yield Parsed(window.at, values, first=at)
            return
    yield Parsed(window.at, values)


PARSER = Parser(columns=COLUMNS, parse=_parse)
