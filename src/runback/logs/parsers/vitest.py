"""Vitest: the first test or file that failed, and the place of the failure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.logs.parsers.sides import sides
from runback.model import Scalar

# vitest-dev/vitest, packages/vitest/src/node/reporters/base.ts and error.ts
_FAIL = re.compile(r"\s*FAIL\s+(?:\|\S+\| )?(?P<file>\S+\.[cm]?[jt]sx?)(?: > (?P<test>.+?)| \[.*\])?\s*$")
_PLACE = re.compile(r"\s*❯ (?:\S+ )?(?P<file>\S+\.[cm]?[jt]sx?):(?P<number>\d+):\d+")
_TESTS = re.compile(r"\s+Tests\s+(?P<counts>.*)$")
_COUNT = re.compile(r"(\d+) (failed|passed|skipped|todo)")


def _parse(window: Window) -> Iterator[Parsed]:
    lines, end = window.lines, window.at
    fail = next((at for at in range(end) if _FAIL.match(lines[at])), None)
    error = window.next(fail) if fail is not None else None
    if fail is None or error is None or error > end:
        return
    heading = _FAIL.match(lines[fail])
    assert heading is not None  # noqa: S101 - it was found by the same pattern
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    values |= {"test": heading["test"] or heading["file"], "file": heading["file"]}
    values |= {"error": lines[error].strip(), **sides(lines, error, end)}
    for at in range(error, end):
        if (place := _PLACE.match(lines[at])) and "node_modules" not in lines[at]:
            values |= {"file": place["file"], "number": int(place["number"])}
            break
    last = end
    for at in range(end, min(end + 3, len(lines))):
        if tests := _TESTS.match(lines[at]):
            counts = {kind: int(number) for number, kind in _COUNT.findall(tests["counts"])}
            values |= {"failed": counts.get("failed", 0), "total": sum(counts.values())}
            last = at
    yield Parsed(error, values, first=fail, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
