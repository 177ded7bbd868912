"""karma-mocha-reporter: the first of the failed tests that it lists at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# litixsoft/karma-mocha-reporter, index.js: '✖ 3 tests failed', 'FAILED TESTS:', then suites, '✖ test', the
# browser, and what it said
_TEST = re.compile(r"\s+✖ (?P<test>\S.*)$")
_BROWSER = re.compile(r"\s*[\w ]+ [\d.]+ \([^)]*\)$")
_FARTHEST = 40  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    for at in range(window.at + 1, min(window.at + _FARTHEST, len(window.lines))):
        if (test := _TEST.match(window.lines[at])) is None:
            continue
        reason = window.next(at)
        if reason is not None and _BROWSER.match(window.lines[reason]):
            reason = window.next(reason)
        if reason is not None:
            values = {"test": test["test"], "reason": window.lines[reason].strip()}
            yield Parsed(at, values, first=window.at, last=reason)
        return


PARSER = Parser(columns=("test", "reason"), parse=_parse)
