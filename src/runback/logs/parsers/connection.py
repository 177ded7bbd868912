"""Failed connections: which address, in the words of each client library."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("destination", "host", "port")
_HOST = r"(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+)"
_ADDRESSES = tuple(
    re.compile(pattern)
    for pattern in (
        r"host='(?P<quoted>[^']+)', port=(?P<port>\d+)",  # urllib3
        rf'upstream: "\w+://{_HOST}(?::(?P<port>\d+))?',  # nginx
        r'host not found in (?:upstream )?"(?P<quoted>[^":]+)(?::(?P<port>\d+))?',  # nginx, at start
        rf"(?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH) {_HOST}:(?P<port>\d+)",  # Node
        rf"(?:ENOTFOUND|EAI_AGAIN) {_HOST}",
        r'server at "(?P<quoted>[^"]+)"(?: \([^)]*\))?, port (?P<port>\d+)',  # libpq 14 and later
        r'host name "(?P<quoted>[^"]+)"',
        rf"connecting to {_HOST}:(?P<port>\d+)",  # redis-py
        rf"[Ff]ailed to connect to {_HOST} port (?P<port>\d+)",  # curl
        rf"[Cc]ould not resolve host:? '?{_HOST}",
        rf"dial tcp {_HOST}:(?P<port>\d+)",  # Go
        rf"lookup {_HOST}(?: on |:)",
        rf"UnknownHostException: {_HOST}",  # Java
        # These two begin with anything: they are tried where a word begins, or a long line takes for ever.
        rf"(?<![\w.-]){_HOST} could not be resolved",  # nginx, resolver
        rf"(?<!\w)\w+://(?:[^\s/@]*@)?{_HOST}(?::(?P<port>\d+))?",  # any URL of the line
    )
)


_GIVEN_UP = re.compile(r"Max retries exceeded with url|ClamAV connection failure")
_RETRIES = 80  # lines between a client's first try and the line with which it gives up


def _parse(window: Window) -> Iterator[Parsed]:
    values = address(window.lines[window.at])
    if values["host"] is None:
        # urllib3 1 names the address only when it gives up; the tries before show an object in memory.
        for line in window.lines[window.at + 1 : window.at + _RETRIES]:
            if _GIVEN_UP.search(line):
                values = address(line)
                break
    yield Parsed(window.at, values)


def address(line: str) -> dict[str, Scalar]:
    """`host`, `port` and `destination` ('host:port') of the address that a line names; None where none."""
    for pattern in _ADDRESSES:
        match = pattern.search(line)
        if match is not None:
            groups = match.groupdict()
            host = groups.get("quoted") or groups.get("host") or ""
            port = groups.get("port")
            destination = f"{host}:{port}" if port else host
            return {"destination": destination, "host": host, "port": int(port) if port else None}
    return {"destination": "an address that the line does not name", "host": None, "port": None}


PARSER = Parser(columns=COLUMNS, parse=_parse)
