"""What the logs say, in short: exceptions, error rates of routes, and where a log does not reach back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

from runback.facts import views
from runback.facts.events import crash_events
from runback.model import App, Evidence, Finding, Gap, LogBegin, RouteRate, Row, Tables, TraceSeen

_RECENT = timedelta(hours=24)
_CLOSE = timedelta(minutes=1)  # what began with the log is in it
_AROUND = timedelta(minutes=10)  # before and after a time that the archive is asked for
# The archive that the platform's users log in to, by the end of its API's host.
_ARCHIVES = {"fr.cloud.gov": "https://logs.fr.cloud.gov"}


def exceptions(evidence: Evidence, tables: Tables) -> tuple[TraceSeen, ...]:
    """Of the last day; those that began with what runs now first, then the most frequent."""
    table = tables["exceptions"]
    found = [_trace(row) for row in (() if isinstance(table, Gap) else table.rows)]
    recent = [one for one in found if one.until is None or evidence.collected_at - one.until <= _RECENT]
    return tuple(sorted(recent, key=lambda one: (one.new is not True, -one.count, one.app, one.error)))


def _trace(row: Row) -> TraceSeen:
    cells = row.cells
    message, file, number, until = cells["message"], cells["file"], cells["number"], cells["until"]
    new = cells["new"]
    return TraceSeen(
        app=str(row.app),
        error=f"{cells['exception']}: {message}" if message else str(cells["exception"]),
        place=f"{file}, line {number}" if number else str(file or ""),
        count=_number(cells["count"]),
        instances=_number(cells["instances"]),
        at=row.at,
        until=datetime.fromisoformat(until) if isinstance(until, str) else None,
        new=new if isinstance(new, bool) else None,
        log=row.where[0].log,
        line=row.where[0].line,
    )


def routes(tables: Tables) -> tuple[RouteRate, ...]:
    """The routes that the router logged, the worst first."""
    table = tables["router"]
    found = [
        RouteRate(
            app=str(row.app),
            host=str(row.cells["host"]),
            requests=_number(row.cells["requests"]),
            failed=_number(row.cells["failed"]),
            error=str(row.cells["error"] or ""),
            until=datetime.fromisoformat(until) if isinstance(until := row.cells["until"], str) else None,
        )
        for row in (() if isinstance(table, Gap) else table.rows)
    ]
    return tuple(sorted(found, key=lambda one: (-one.failed / one.requests, one.host)))


def _number(cell: object) -> int:
    return cell if isinstance(cell, int) else 0


def log_begins(evidence: Evidence, findings: Iterable[Finding]) -> tuple[LogBegin, ...]:
    """The apps of which something that matters happened before the oldest line that was read."""
    apps = views.apps(evidence)
    wanted: dict[str, datetime] = {}
    for app, at in (*_findings(findings), *_crashes(() if isinstance(apps, Gap) else apps)):
        if evidence.collected_at - at <= timedelta(days=31):
            wanted[app] = min(at, wanted.get(app, at))
    known = () if isinstance(apps, Gap) else [app for app in apps if app.name in wanted]
    found = (_begin(evidence, app, wanted[app.name]) for app in known)
    return tuple(one for one in found if one is not None)


def _findings(findings: Iterable[Finding]) -> Iterator[tuple[str, datetime]]:
    for finding in findings:
        if finding.app and finding.at and finding.stage in ("start", "run", "connect", "serve"):
            yield finding.app, finding.at


def _crashes(apps: Iterable[App]) -> Iterator[tuple[str, datetime]]:
    for app in apps:
        events = crash_events(app)
        for event in () if isinstance(events, Gap) else events[-1:]:
            yield app.name, event.at


def _begin(evidence: Evidence, app: App, wanted: datetime) -> LogBegin | None:
    if isinstance(app.logs, Gap):
        return None
    logs = [log for log in views.logs_of(evidence, app.name) if log.times]
    times = [log.times[0] for log in logs]
    begins = datetime.fromtimestamp(min(times) / 1e9, UTC) if times else None
    if begins is not None and begins - wanted < _CLOSE:
        return None
    cut = any(log.truncated for log in logs)
    return LogBegin(
        app=app.name, begins=begins, wanted=wanted, cut=cut, archive=archive(evidence, app.name, wanted)
    )


def archive(evidence: Evidence, app: str, at: datetime) -> str:
    """A link to the app's lines around a time in the platform's archive; '' where none is known."""
    world = views.platform(evidence)
    host = urlsplit(world.api).hostname if world else None
    base = next((url for end, url in _ARCHIVES.items() if host and host.endswith(f".{end}")), "")
    if not base:
        return ""
    begin, end = (f"{at + shift:%Y-%m-%dT%H:%M:%S.000Z}" for shift in (-_AROUND, _AROUND))
    # OpenSearch Dashboards, Discover: the state that its address carries is written in rison.
    asked = quote(f'@cf.app:"{app}"', safe="")
    times = f"_g=(time:(from:'{begin}',to:'{end}'))"
    return f"{base}/app/discover#/?{times}&_a=(query:(language:kuery,query:'{asked}'))"
