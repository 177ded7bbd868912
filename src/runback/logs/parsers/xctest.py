"""XCTest under xcpretty: the first failure of the list above the sum, or of the run itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# xcpretty/xcpretty, lib/xcpretty/formatters/formatter.rb and printers: the list of failures by suite
_SUITE = re.compile(r"[\w.]+$")
_LISTED = re.compile(r"  (?P<reason>\S+, \S.*)$")
_AS_IT_RAN = re.compile(r"\s*✗ (?P<reason>\S.*)$")
_FARTHEST = 2000  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    before = range(max(0, window.at - _FARTHEST), window.at)
    ran = next((at for at in before if _AS_IT_RAN.match(window.lines[at])), None)
    listed = next((at for at in before if _is_listed(window, at)), None)
    at = listed if listed is not None else ran
    if at is not None:
        match = _LISTED.match(window.lines[at]) or _AS_IT_RAN.match(window.lines[at])
        yield Parsed(at, {"reason": match["reason"] if match else None}, last=window.at)


def _is_listed(window: Window, at: int) -> bool:
    """Whether the line is the first under the name of a suite; blank lines may part the two."""
    if not _LISTED.match(window.lines[at]):
        return False
    above = next((line for line in reversed(window.lines[:at]) if line.strip()), "")
    return _SUITE.match(above) is not None


PARSER = Parser(columns=("reason",), parse=_parse)
