"""ESLint's `stylish` form: the first error above the summary, warnings left aside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.flake8 import COLUMNS
from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

_PROBLEM = re.compile(
    r"(?:##\[\w+\])?\s+(?P<number>\d+):\d+\s+(?P<kind>error|warning)\s+(?P<message>.+?)(?:\s{2,}(?P<code>\S+))?$"
)
_FILE = re.compile(r"\S.*\.\w+$")
_SUMMARY = re.compile(r"\S+ \d+ problems? \((?P<errors>\d+) errors?")


def _parse(window: Window) -> Iterator[Parsed]:
    """From the summary upwards: the files and their problems are one block without any other line."""
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    summary = _SUMMARY.match(window.lines[window.at])
    values["count"] = int(summary["errors"]) if summary else None
    proof, first, pending = window.at, window.at, False
    for at in range(window.at - 1, -1, -1):
        line = window.lines[at]
        problem = _PROBLEM.match(line)
        if problem is not None and problem["kind"] == "error":
            proof, pending = at, True
            values |= {
                "number": int(problem["number"]),
                "message": problem["message"],
                "code": problem["code"],
            }
        elif problem is None and line.strip():
            if not _FILE.match(line):
                break
            if pending:
                values["file"], pending = line.strip(), False
        first = at
    yield Parsed(proof, values, first=first, last=window.at)


PARSER = Parser(columns=COLUMNS, parse=_parse)
