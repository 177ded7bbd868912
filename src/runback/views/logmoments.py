"""What the logs add to the timeline: exceptions, spans in which requests failed, and last words.

Of sidecars, tasks and builds the last line of their own before they failed; of the router its own word for
why it did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from runback.facts import views
from runback.logs.render import render
from runback.model import Cell, Evidence, Gap, Moment, Row, Tables, Where

_LONGEST = 200  # characters of a line that is shown
# What the cell and the lifecycle say around a build is not the build's own.
_AROUND_A_BUILD = ("Cell ", "Exit status", "Failed to compile droplet: ", "Uploading ", "Uploaded ")


def seen_in_logs(evidence: Evidence, tables: Tables) -> Iterator[Moment]:
    """Moments that only logs tell: new exceptions, requests that fail, the last words of what ended."""
    told: set[tuple[str | None, int | None]] = set()  # lines that stand there already
    for row in _rows(tables, "exceptions"):
        if row.at is not None and row.cells["new"] is not False:  # what was there before is no event
            told |= {(where.log, where.line) for where in row.where}
            yield _moment(row, row.at, "exception", _exception(row.cells))
    for row in _rows(tables, "router"):
        if row.at is not None and row.cells["failed"]:
            yield _moment(row, row.at, "requests", _requests(row.cells))
    for app, who, where in _last_words(evidence, tables):
        log = views.log_by_id(evidence, where.log) if where.log else None
        at = views.time_of(log, where.line) if log and where.line else None
        if at is not None and (where.log, where.line) not in told:
            said = render(where.text[:_LONGEST].encode()).decode("utf-8", "replace")
            yield Moment(lane=app, kind="log", title=f"{who}: {said}", health="bad", at=at)


def _rows(tables: Tables, name: str) -> tuple[Row, ...]:
    table = tables[name]
    return () if isinstance(table, Gap) else table.rows


def _exception(cells: Mapping[str, Cell]) -> str:
    place = f" ({cells['file']}, line {cells['number']})" if cells["number"] else ""
    return f"{'first ' if cells['new'] is True else ''}{cells['exception']}{place}"


def _requests(cells: Mapping[str, Cell]) -> str:
    error = f" ({cells['error']})" if cells["error"] else ""
    return f"{cells['failed']} of {cells['requests']} requests to {cells['host']} fail{error}"


def _moment(row: Row, at: datetime, kind: Literal["exception", "requests"], title: str) -> Moment:
    until = row.cells["until"]
    return Moment(
        lane=str(row.app),
        kind=kind,
        title=title,
        health="bad",
        at=at,
        until=datetime.fromisoformat(until) if isinstance(until, str) else None,
    )


def _last_words(evidence: Evidence, tables: Tables) -> Iterator[tuple[str, str, Where]]:
    """App, who said it, and the line."""
    for name, failing in (("tasks", "failing"), ("sidecars", "active")):
        for row in _rows(tables, name):
            if row.cells[failing] is True:
                who = f"{name.removesuffix('s')} {row.cells['name']}"
                yield from ((str(row.app), who, where) for where in row.where if where.log)
    apps = views.apps(evidence)
    for app in () if isinstance(apps, Gap) else apps:
        builds = () if isinstance(app.builds, Gap) else app.builds
        newest = max(builds, key=lambda build: build.created_at, default=None)
        logs = tuple(views.logs_of(evidence, app.name, "staging"))
        where = views.last_said(logs, without=_AROUND_A_BUILD)
        if where is not None and newest is not None and newest.state == "FAILED":
            yield app.name, "staging", where
