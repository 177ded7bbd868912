"""Minitest, alone and within Rails: the first failure or error, its test and its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.model import Scalar

# as minitest/minitest, lib/minitest.rb prints it, and rails/rails, railties/lib/rails/test_unit/reporter.rb
_TEST = re.compile(r"(?P<test>[\w:]+#test_.*?)\s*(?:\[(?P<file>[^\[\]]+):(?P<number>\d+)\])?:?\s*$")
_SUMMARY = re.compile(
    r"(?P<total>\d+) runs?, \d+ assertions, (?P<failures>\d+) failures, (?P<errors>\d+) errors"
)
_FRAME = re.compile(r"\s+(?P<file>[^\s:]+\.rb):(?P<number>\d+)(?::in .*)?$")


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    heading = _TEST.match(lines[window.at + 1].strip()) if window.at + 1 < len(lines) else None
    error = window.next(window.at + 1)
    if heading is None or error is None:
        return
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values |= {"test": heading["test"].strip(), "error": _message(window, error), "file": heading["file"]}
    values["number"] = int(heading["number"]) if heading["number"] else None
    last = error
    for at in range(error, len(lines)):
        if values["number"] is None and (frame := _FRAME.match(lines[at])):
            values |= {"file": frame["file"], "number": int(frame["number"])}
        if summary := _SUMMARY.match(lines[at]):
            values |= {
                "failed": int(summary["failures"]) + int(summary["errors"]),
                "total": int(summary["total"]),
            }
            last = at
            break
    yield Parsed(error, values, first=window.at, last=last)


def _message(window: Window, at: int) -> str:
    text = window.lines[at].strip()
    following = window.next(at)
    if text.startswith("Expected: ") and following is not None:
        return f"{text}, {window.lines[following].strip()}"
    return text


PARSER = Parser(columns=COLUMNS, parse=_parse)
