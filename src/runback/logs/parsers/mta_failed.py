"""The end of a multi-target deploy: the last message before it says why."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# multiapps-cli-plugin, commands/execution_monitor.go: the process' messages, 'Process failed.', then advice.
_PROGRESS = re.compile(
    r".*\.{3}$|\d+ of \d+ |\s*$|OK$|Application \".+\" (?:attributes|staged)|Download the MTA op"
)
_NEAR = 12  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    after = window.next(window.at)
    if after is None or 'Use "cf ' not in window.lines[after]:
        return  # another program's words
    for at in range(window.at - 1, max(-1, window.at - _NEAR), -1):
        if not _PROGRESS.match(window.lines[at]):
            yield Parsed(at, {"message": window.lines[at].strip()}, first=at, last=window.at)
            return


PARSER = Parser(columns=("message",), parse=_parse)
