"""Ansible's failed tasks: which of them it ignored, or rescued, as the lines after them say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

_HOST = re.compile(r"fatal: \[(?P<host>[^\] ]+)")
_RECAP = re.compile(r"(?P<host>\S+)\s+: ok=\d+ .*\bunreachable=(?P<unreachable>\d+)\s+failed=(?P<failed>\d+)")


def _parse(window: Window) -> Iterator[Parsed]:
    following = window.next(window.at)
    if following is not None and window.lines[following].startswith("...ignoring"):
        return
    host = _HOST.match(window.lines[window.at])
    for line in window.lines[window.at + 1 :]:
        recap = _RECAP.match(line) if ": ok=" in line else None
        if recap and host and recap["host"] == host["host"]:
            if recap["failed"] == recap["unreachable"] == "0":
                return  # a block rescued it
            break
    yield Parsed(window.at, {})


PARSER = Parser(columns=(), parse=_parse)
