"""git-secrets: the grep-like lines above its verdict name the file and the line of each match."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# awslabs/git-secrets prints `grep -nH` lines, an empty line, then '[ERROR] Matched one or more …'.
_MATCH = re.compile(r"(?:(?P<commit>[0-9a-f]{40}):)?(?P<file>[^\s:][^:]*):(?P<number>\d+):")


def _parse(window: Window) -> Iterator[Parsed]:
    found = []
    for at in range(window.at - 1, -1, -1):
        line = window.lines[at]
        match = _MATCH.match(line)
        if match is not None:
            values = {"file": match["file"], "number": int(match["number"]), "commit": match["commit"]}
            found.append(Parsed(at, values, last=window.at))
        elif line.strip() or found:
            break
    if found:
        yield from reversed(found)
    else:
        yield Parsed(window.at, {"file": None, "number": None, "commit": None})


PARSER = Parser(columns=("file", "number", "commit"), parse=_parse)
