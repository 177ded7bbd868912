"""What the router logged of each route: how many requests failed, and whose fault it says it was.

The line's form is that of cloudfoundry/gorouter, accesslog/schema/access_log_record.go.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from runback.facts import views
from runback.logs.sift import found_in
from runback.model import App, Evidence, Log, Row, Tables, Where

_LINE = re.compile(
    rb'^(?P<host>[\w.-]+)(?::\d+)? - \[[^\]\n]*\] "[^"\n]*" (?P<status>\d{3}|"-"|-) [^\n]*', re.MULTILINE
)
_ERROR = re.compile(rb'x_cf_routererror:"(?P<kind>[\w-]+)')
_NONE = b"-"


@dataclass
class _Counted:
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    until: datetime | None = None
    recovered: bool = True
    proof: Where | None = None


def router(evidence: Evidence, tables: Tables) -> views.Read:
    def rows(app: App, _: object) -> Iterable[Row]:
        return _rows(evidence, app)

    return views.by_app(evidence, lambda app: app.logs, rows, without=rows)


def _rows(evidence: Evidence, app: App) -> Iterator[Row]:
    hosts: dict[bytes, _Counted] = {}
    for log in views.logs_of(evidence, app.name, "router"):
        for number, match in found_in(log.text, _LINE):
            host = match["host"].lower()
            if (counted := hosts.get(host)) is None:
                counted = hosts[host] = _Counted()
            _count(counted, log, number, match[0], match["status"])
    for host, counted in hosts.items():
        yield _row(app, host.decode(), counted)


def _count(counted: _Counted, log: Log, number: int, line: bytes, status: bytes) -> None:
    """One line. Failed is a 5xx, or what the router itself answered; what its sender gave up is not."""
    counted.requests += 1
    answered = int(status) if status.isdigit() else 0
    said = _ERROR.search(line)
    error = said["kind"].decode() if said and said["kind"] != _NONE else ""
    if (answered < 500 and not error) or answered == 499:
        counted.recovered = True
        return
    at = views.time_of(log, number)
    counted.statuses[answered] += 1
    if error:
        counted.errors[error] += 1
    counted.first = counted.first or at
    counted.until, counted.recovered = at, False
    counted.proof = counted.proof or views.at_line(log, number, line.decode("utf-8", "replace"))


def _row(app: App, host: str, counted: _Counted) -> Row:
    failed = counted.statuses.total()
    error, times = next(iter(counted.errors.most_common(1)), (None, 0))
    return Row(
        cells={
            "app": app.name,
            "host": host,
            "requests": counted.requests,
            "failed": failed,
            "percent": round(100 * failed / counted.requests, 1),
            "status": counted.statuses.most_common(1)[0][0] if failed else None,
            "error": error,
            "errors": times,
            "recovered": counted.recovered,
            "until": counted.until.isoformat() if counted.until else None,
        },
        app=app.name,
        at=counted.first,
        where=(counted.proof,) if counted.proof else (),
    )
