"""Grunt: the warning for which it aborts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# gruntjs/grunt, lib/grunt/fail.js: what was wrong, in one or several lines, then that it ends for it
_WARNING = re.compile(r"Warning: (?P<error>\S.*?)\.?(?: Use --force to continue\.)?\s*$")
_ABORTED = "Aborted due to warnings."
_TASK_FAILED = re.compile(r'Task ".*" failed$')  # of what the task itself said above
_FARTHEST = 8  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    warning = _WARNING.match(window.lines[window.at])
    end = range(window.at + 1, min(window.at + _FARTHEST, len(window.lines)))
    last = next((at for at in end if window.lines[at].startswith(_ABORTED)), None)
    if warning is not None and last is not None and not _TASK_FAILED.match(warning["error"]):
        yield Parsed(window.at, {"error": warning["error"]}, first=window.at, last=last)


PARSER = Parser(columns=("error",), parse=_parse)
