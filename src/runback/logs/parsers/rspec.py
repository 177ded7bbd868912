"""RSpec: the first entry under 'Failures:', or the file that could not be loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.model import Scalar

# rspec/rspec-core, lib/rspec/core/formatters/exception_presenter.rb and base_text_formatter.rb
_HEADING = re.compile(r"\s*1\) (?P<test>\S.*?)\s*$")
_CODE = re.compile(r"\s*Failure/Error: ")
_PLACE = re.compile(r"\s*# (?P<file>\.?/?[\w./-]+\.rb):(?P<number>\d+)")
_TRACE = re.compile(r"\s*# \S+:\d+:in ")
_SUMMARY = re.compile(r"(?P<total>\d+) examples?, (?P<failed>\d+) failures?")
_LOADING = re.compile(r"An error occurred while loading (?P<file>\S+?)\.?(?: - Did you mean\?)?$")
_NEAR = 12  # lines between the heading and its code


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    loading = _LOADING.match(lines[window.at])
    start = window.at if loading else window.next(window.at)
    heading = _HEADING.match(lines[start]) if start is not None else None
    if start is None or (heading is None and loading is None):
        return
    code = next((at for at in range(start, min(start + _NEAR, len(lines))) if _CODE.match(lines[at])), None)
    if code is None:
        return
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values["test"] = heading["test"] if heading else loading["file"] if loading else None
    values["file"] = loading["file"] if loading else None
    error = _error(window, code, values)
    last = error
    for at in range(error, len(lines)):
        if values["number"] is None and (place := _PLACE.match(lines[at])):
            values |= {"file": place["file"], "number": int(place["number"])}
        if summary := _SUMMARY.match(lines[at]):
            values |= {"failed": int(summary["failed"]), "total": int(summary["total"])}
            last = at
            break
    yield Parsed(error, values, first=window.at, last=last)


def _error(window: Window, code: int, values: dict[str, Scalar]) -> int:
    """The index of the message under the quoted code; since RSpec 3.5 a blank line parts the two."""
    lines = window.lines
    ends = (
        at
        for at in range(code, min(code + _NEAR, len(lines)))
        if not lines[at].strip() or _TRACE.match(lines[at])
    )
    blank = next(ends, code)
    if _TRACE.match(lines[blank]):  # no blank line stood before the trace
        blank = code
    at = window.next(blank) or code
    message = lines[at].strip()
    if message.endswith(":") or message.startswith("expected: "):  # the rest stands on the next line
        following = window.next(at)
        message += f" {lines[following].strip()}" if following is not None else ""
    values["error"] = message
    return at


PARSER = Parser(columns=COLUMNS, parse=_parse)
