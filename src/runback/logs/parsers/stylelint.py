"""stylelint and RuboCop: the file, the line and the message of the first complaint."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.flake8 import COLUMNS
from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

# stylelint/stylelint, lib/formatters/stringFormatter.mjs: files, and problems under them
_PROBLEM = re.compile(
    r"\s*(?P<number>\d+):\d+\s+(?:[✖×]\s+)?(?P<message>\S.*?)\s+\(?(?P<code>[a-z]+(?:[-/@][a-z]+)*)\)?$"
)
_FILE = re.compile(r"\S+\.(?:css|scss|sass|less|vue|html)$")
# rubocop/rubocop, lib/rubocop/formatter/clang_style_formatter.rb
_OFFENSE = re.compile(
    r"(?P<file>\S+?):(?P<number>\d+):\d+: [CWEF]: (?:\[Correctable\] )?"
    r"(?P<code>[A-Z]\w*/\w+): (?P<message>.+)$"
)
_SUMMARY = re.compile(
    r"(?:[✖×] )?(?P<count>\d+) (?:problems?|errors?)\b|\d+ files? inspected, (?P<offenses>\d+) "
)


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    if offense := _OFFENSE.match(lines[window.at]):
        values |= offense.groupdict() | {"number": int(offense["number"])}
    elif problem := _PROBLEM.match(lines[window.at]):
        values |= problem.groupdict() | {"number": int(problem["number"])}
        above = (lines[at].strip() for at in range(window.at - 1, max(-1, window.at - 60), -1))
        values["file"] = next((line for line in above if _FILE.match(line)), None)
    if values["file"] is None:
        return
    last = window.at
    for at in range(window.at, len(lines)):
        if _PROBLEM.match(lines[at]) or _OFFENSE.match(lines[at]):
            last = at
        elif summary := _SUMMARY.match(lines[at]):
            values["count"], last = int(summary["count"] or summary["offenses"]), at
            break
    yield Parsed(window.at, values, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
