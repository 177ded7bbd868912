"""npm ERESOLVE: which package wants which version, and which one is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

# npm/cli, lib/utils/explain-eresolve.js
_LINE = re.compile(r"npm (?:ERR!|error)(?: ERESOLVE)?(?: (?P<text>.*))?$")
_FOUND = re.compile(r"Found: (?P<found>\S+)")
_WANTS = re.compile(r"(?:peer|peerOptional|dev|optional)? ?(?P<wants>\S+@\"[^\"]*\") from (?P<package>.+)$")


def _parse(window: Window) -> Iterator[Parsed]:
    values: dict[str, Scalar] = dict.fromkeys(("found", "wants", "package"))
    proof, last, conflict = window.at, window.at, False
    for at in range(window.at, len(window.lines)):
        line = _LINE.match(window.lines[at])
        if line is None:
            break
        text, last = (line["text"] or "").strip(), at
        if (found := _FOUND.match(text)) and values["found"] is None:
            values["found"] = found["found"]
        elif text.startswith("Could not resolve dependency"):
            conflict = True
        elif conflict and values["wants"] is None and (wants := _WANTS.match(text)):
            proof = at
            values |= {"wants": wants["wants"], "package": wants["package"]}
    yield Parsed(proof, values, first=window.at, last=last)


PARSER = Parser(columns=("found", "wants", "package"), parse=_parse)
