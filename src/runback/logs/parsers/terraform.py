"""An error of Terraform, in its box or without: what it says, and the file and line that it points at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("error", "file", "number", "resource", "detail")
# hashicorp/terraform, internal/command/format/diagnostic.go: ╷ above, │ before, ╵ below
_ERROR = re.compile(r"(?:[│|] )?Error: (?P<error>.+)$")
_PLACE = re.compile(r"[│|]?\s+on (?P<file>\S+) line (?P<number>\d+)(?:, in (?P<resource>.+?))?:?$")
_RESOURCE = re.compile(r"[│|]?\s+with (?P<resource>\S+),$")
_CODE = re.compile(r"[│|]?\s+(?:\d+: |[├│])")
_UNBOXED = 12  # lines of an error that no box ends


def _parse(window: Window) -> Iterator[Parsed]:
    error = _ERROR.search(window.lines[window.at])
    if error is None:
        return
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values["error"] = error["error"].strip()
    last, boxed = window.at, window.lines[window.at].startswith(("│", "|"))
    longest = len(window.lines) if boxed else window.at + _UNBOXED
    for at in range(window.at + 1, min(longest, len(window.lines))):
        line = window.lines[at]
        if boxed != line.startswith(("│", "|")) or (not boxed and _ERROR.match(line)):
            last = at if line.startswith("╵") else at - 1
            break
        text = line[1:].strip() if boxed else line.strip()
        if place := _PLACE.match(line):
            values |= {"file": place["file"], "number": int(place["number"])}
            values["resource"] = values["resource"] or place["resource"]
        elif resource := _RESOURCE.match(line):
            values["resource"] = resource["resource"]
        elif text and values["detail"] is None and not _CODE.match(line):
            values["detail"] = text
            if not boxed:
                last = at
                break
        last = at
    yield Parsed(window.at, values, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
