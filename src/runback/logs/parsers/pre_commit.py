"""pre-commit: the hook that failed, and the first line of what it printed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

# pre-commit/pre-commit, pre_commit/commands/run.py, _run_single_hook
_STATUS = re.compile(
    r"- (?:hook id: (?P<hook>\S+)|exit code: \d+|duration: .*|(?P<modified>files were modified by this hook))"
)
_FAILED = re.compile(r".+\.{3,}.*Failed$")
_NEXT = re.compile(r".+\.{3,}.*(?:Passed|Failed|Skipped)$")


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    if window.at == 0 or not _FAILED.match(lines[window.at - 1]):
        return
    values: dict[str, Scalar] = {"hook": None, "said": None}
    last = window.at
    for at in range(window.at, min(window.at + 200, len(lines))):
        line = lines[at]
        if status := _STATUS.match(line):
            values["hook"] = values["hook"] or status["hook"]
            if status["modified"]:
                values["said"] = status["modified"]
        elif _NEXT.match(line):
            break
        elif line.strip() and values["said"] is None:
            values["said"] = line.strip()
        last = at if line.strip() else last
    yield Parsed(window.at, values, first=window.at - 1, last=last)


PARSER = Parser(columns=("hook", "said"), parse=_parse)
