"""Jasmine: a failed spec, or what failed around a suite, of the list under 'Failures:'."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# jasmine/jasmine-npm, lib/reporters/console_reporter.js: '1) suite spec' or 'Suite error: suite', 'Message:',
# what was wrong, 'Stack:'
_NAME = re.compile(r"(?:\d+\) |Suite error: )(?P<test>\S.*)$")
# Of each spec of a suite whose preparation failed; that itself is listed further down.
_NOT_RUN = "Not run because a beforeAll function failed."


def _parse(window: Window) -> Iterator[Parsed]:
    name = _NAME.match(window.lines[window.at - 1]) if window.at else None
    error = window.next(window.at)
    if name is None or error is None or window.lines[error].strip().startswith(_NOT_RUN):
        return
    values = {"test": name["test"], "error": window.lines[error].strip()}
    yield Parsed(error, values, first=window.at - 1, last=_last(window, error))


def _last(window: Window, error: int) -> int:
    """The entry goes on, with its stack, as long as its lines are indented."""
    below = range(error + 1, len(window.lines))
    end = next((at for at in below if not window.lines[at].startswith("  ")), len(window.lines))
    return end - 1


PARSER = Parser(columns=("test", "error"), parse=_parse)
