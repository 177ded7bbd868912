"""Exceptions in the apps' logs: same ones counted over all instances, and which began with this revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from runback.facts import views
from runback.facts.revisions import SETTLED, running_since
from runback.logs.traces import Trace, traces
from runback.model import App, Cell, Evidence, Gap, Log, Row, Tables

KINDS = ("app", "sidecar", "task", "staging")
_LONGEST = 300  # characters of a message


class _Seen(NamedTuple):
    trace: Trace
    log: Log
    at: datetime | None


@dataclass(slots=True)
class _Group:
    """Traces that are the same: of a million, the first and the last one are kept."""

    first: _Seen
    last: _Seen
    count: int = 0
    logs: set[str] = field(default_factory=set)

    def add(self, seen: _Seen, now: datetime) -> None:
        """One without a time counts as of now."""
        at = seen.at or now
        self.first = seen if at < (self.first.at or now) else self.first
        self.last = seen if at >= (self.last.at or now) else self.last
        self.count += 1
        self.logs.add(seen.log.id)


def exceptions(evidence: Evidence, tables: Tables) -> views.Read:
    def rows(app: App, _: object) -> Iterable[Row]:
        return _rows(evidence, app)

    return views.by_app(evidence, lambda app: app.logs, rows, without=rows)


def _rows(evidence: Evidence, app: App) -> Iterator[Row]:
    groups: dict[tuple[str, ...], _Group] = {}
    for log in views.logs_of(evidence, app.name, *KINDS):
        for trace in traces(log.text):
            seen = _Seen(trace, log, views.time_of(log, trace.line))
            groups.setdefault((log.kind, *trace.key), _Group(seen, seen)).add(seen, evidence.collected_at)
    for group in groups.values():
        yield _row(evidence, app, group)


def _row(evidence: Evidence, app: App, group: _Group) -> Row:
    first, last = group.first, group.last
    trace = last.trace
    place = trace.place
    return Row(
        cells={
            "app": app.name,
            "language": trace.language,
            "exception": trace.exception,
            "error": _said(last)[:_LONGEST],
            "message": trace.message[:_LONGEST] or None,
            "file": place.shown if place else None,
            "number": place.line if place else None,
            "function": place.function or None if place else None,
            "own": trace.own is not None,
            "outer": trace.outer[:_LONGEST] or None,
            "source": last.log.kind,
            "count": group.count,
            "instances": len(group.logs),
            "until": last.at.isoformat() if last.at else None,
            "new": _is_new(evidence, app, first),
        },
        app=app.name,
        at=first.at,
        until=last.at,
        where=(views.at_line(last.log, trace.line, _said(last)),),
    )


def _said(seen: _Seen) -> str:
    trace = seen.trace
    return f"{trace.exception}: {trace.message}" if trace.message else trace.exception


def _is_new(evidence: Evidence, app: App, first: _Seen) -> Cell:
    """Whether it began with what runs now. Unknown where the log does not reach back to what ran before."""
    since = _rolled_out(app)
    if since is None or first.at is None:
        return Gap(what=f"the revisions of {app.name}", reason="it is not known since when its code runs")
    if first.at < since:
        return False
    begin = begin_of(evidence, app)
    if begin is None or begin >= since:
        shown = f" {begin:%H:%M} UTC" if begin else ""
        return Gap(what=f"log of {app.name}", reason=f"it begins at{shown}, with what runs now")
    return True


def _rolled_out(app: App) -> datetime | None:
    """When the roll-out of what runs now began: a push and its restage make two revisions within minutes."""
    since = running_since(app)
    if since is None or isinstance(app.revisions, Gap):
        return since
    for revision in sorted(app.revisions, key=lambda one: one.version, reverse=True):
        if revision.created_at < since:
            if (since - revision.created_at).total_seconds() >= SETTLED:
                break
            since = revision.created_at
    return since


def begin_of(evidence: Evidence, app: App) -> datetime | None:
    """When the oldest line of the app's own was written that could be read."""
    times = [log.times[0] for log in views.logs_of(evidence, app.name, "app", "sidecar") if log.times]
    return datetime.fromtimestamp(min(times) / 1e9, UTC) if times else None
