"""docker compose refuses its file: which one, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# docker/compose 1.29, compose/config/validation.py, handle_errors
_FILE = re.compile(r".*The Compose file '(?P<file>[^']+)' is invalid because:?\s*(?P<message>\S.*)?$")


def _parse(window: Window) -> Iterator[Parsed]:
    found = _FILE.match(window.lines[window.at])
    if found is None:
        return
    below = window.next(window.at)
    message = found["message"] or (window.lines[below].strip() if below is not None else None)
    yield Parsed(window.at, {"file": found["file"], "message": message}, last=below)


PARSER = Parser(columns=("file", "message"), parse=_parse)
