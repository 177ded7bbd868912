"""Access logs of nginx and of the router: the first request that was answered badly."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("method", "path", "status", "router_error")
_REQUEST = re.compile(r'"(?P<method>[A-Z]{3,7}) (?P<path>[^ ?"]+)\S* HTTP/[\d.]+" (?P<status>\d{3}) ')
_ROUTER_ERROR = re.compile(r'x_cf_routererror:"(?P<error>[^"]+)"')


def _parse(window: Window) -> Iterator[Parsed]:
    line = window.lines[window.at]
    request = _REQUEST.search(line)
    if request is None:
        return
    error = _ROUTER_ERROR.search(line)
    values: dict[str, Scalar] = {
        "method": request["method"],
        "path": request["path"],
        "status": int(request["status"]),
        "router_error": error["error"] if error and error["error"] != "-" else None,
    }
    yield Parsed(window.at, values)


PARSER = Parser(columns=COLUMNS, parse=_parse)
