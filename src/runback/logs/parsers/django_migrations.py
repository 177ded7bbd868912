"""Django's makemigrations --check: the first migration that it would write, and the first change in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

COLUMNS = ("app", "file", "message", "count")
# django/django, core/management/commands/makemigrations.py, write_migration_files
_APP = re.compile(r"Migrations for '(?P<app>[^']+)':$")
_FILE = re.compile(r"  (?P<file>\S+\.py):?$")
_CHANGE = re.compile(r"    (?P<sign>[+~-]) (?P<message>\S.*)$")
# --check ends the step right after its list.
_END = re.compile(r"Migrations for '|Exited with code |CircleCI received exit code |##\[error\]")


def _parse(window: Window) -> Iterator[Parsed]:
    lines, at = window.lines, window.at
    app = _APP.match(lines[at])
    file = _FILE.match(lines[at + 1]) if at + 1 < len(lines) else None
    if app is None or file is None:
        return
    changes = []
    for below in range(at + 2, len(lines)):
        change = _CHANGE.match(lines[below])
        if change is None:
            break
        changes.append(change["message"])
    after = window.next(at + 1 + len(changes))
    if after is not None and not _END.match(lines[after]):
        return  # it was written, not missed: something ran after it
    message = changes[0] if changes else None
    values = {"app": app["app"], "file": file["file"], "message": message, "count": len(changes)}
    yield Parsed(at, values, last=at + 1 + len(changes))


PARSER = Parser(columns=COLUMNS, parse=_parse)
