"""npm: the block of 'npm ERR!' or 'npm error' lines as one finding."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("code", "error")
_LINE = re.compile(r"npm (?:ERR!|error)(?: (?P<text>.*))?$")
_CODE = re.compile(r"code (?P<code>\S+)$")
_SAYS_NOTHING = re.compile(r"(?:code|errno|syscall|path|command|dest) |A complete log|\s*$")


def _parse(window: Window) -> Iterator[Parsed]:
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    proof, last = window.at, window.at
    for at in range(window.at, len(window.lines)):
        match = _LINE.match(window.lines[at])
        if match is None:
            break
        text, last = match["text"] or "", at
        if code := _CODE.match(text):
            values["code"] = code["code"]
        elif values["error"] is None and not _SAYS_NOTHING.match(text):
            proof, values["error"] = at, text.strip()
    yield Parsed(proof, values, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
