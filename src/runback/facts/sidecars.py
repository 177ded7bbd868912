"""Sidecars: programs beside a process, whose end is the end of the instance."""

from __future__ import annotations

import re
from collections.abc import Iterable

from runback.facts import views
from runback.facts.crashes import is_active
from runback.facts.events import crash_events, exit_status
from runback.facts.revisions import running_since
from runback.model import App, AuditEvent, Evidence, Gap, Row, Sidecar, Tables, Where

# The source of the action that ended first: executor, depot/transformer.
_ENDED = re.compile(r"APP/PROC/(?P<process>[^/:]+)/SIDECAR/(?P<name>[^:/]+): Exited", re.IGNORECASE)


def sidecars(evidence: Evidence, tables: Tables) -> views.Read:
    def rows(app: App, _: object) -> Iterable[Row]:
        return _rows(evidence, app)

    def read(app: App) -> object:
        """How they ended is told by the events."""
        return app.events if isinstance(app.events, Gap) else app.sidecars

    return views.by_app(evidence, read, rows, without=rows)


def _rows(evidence: Evidence, app: App) -> list[Row]:
    known = {} if isinstance(app.sidecars, Gap) else {one.name.lower(): one for one in app.sidecars}
    since, events = running_since(app), crash_events(app)
    ended: dict[str, list[AuditEvent]] = {}
    for event in () if isinstance(events, Gap) else events:
        if (name := sidecar_of(event)) and (since is None or event.at >= since):
            ended.setdefault(name.lower(), []).append(event)
            known.setdefault(name.lower(), Sidecar(name=name))
    return [_row(evidence, app, sidecar, ended.get(name, [])) for name, sidecar in known.items()]


def sidecar_of(event: AuditEvent) -> str | None:
    """The sidecar whose end was the reason of a crash."""
    found = _ENDED.search(str(event.data.get("exit_description", "")))
    return found["name"] if found else None


def _last_line(evidence: Evidence, app: App, sidecar: Sidecar) -> Where | None:
    """What the sidecar logged last: the runner's 'Exit status' lines are not its own."""
    name = f"/SIDECAR/{sidecar.name.upper()}"
    logs = [log for log in views.logs_of(evidence, app.name, "sidecar") if name in log.name.upper()]
    return views.last_said(logs, without=("Exit status",))


def _row(evidence: Evidence, app: App, sidecar: Sidecar, crashes: list[AuditEvent]) -> Row:
    last = crashes[-1] if crashes else None
    said = str(last.data.get("exit_description", "")) if last else ""
    line = _last_line(evidence, app, sidecar) if last else None
    return Row(
        cells={
            "app": app.name,
            "name": sidecar.name,
            "processes": views.comma(sidecar.processes),
            "memory_mb": sidecar.memory_mb,
            "count": len(crashes),
            "exit_status": exit_status(last) if last else None,
            "exit_description": said or None,
            "active": bool(crashes) and is_active(app, crashes, evidence.collected_at),
        },
        app=app.name,
        at=crashes[0].at if crashes else None,
        where=(
            *((views.resource(f"event {last.type} of {app.name}", said),) if last else ()),
            *((line,) if line else ()),
        ),
    )
