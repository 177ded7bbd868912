"""Whether each app runs: processes and their instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from msgspec.structs import replace

from runback.facts import views
from runback.facts.events import last_event
from runback.model import App, AuditEvent, Cell, Evidence, Gap, Process, Row, Table, Tables, Where

LONG_AGO = timedelta(days=7)  # who stopped an app so long ago, and whom nobody misses, meant it
COLUMN = {"RUNNING": "running", "CRASHED": "crashed", "STARTING": "starting", "DOWN": "down"}


def is_down(app: App) -> bool:
    """Whether the app is started and meant to have web instances, and certainly none runs."""
    return down(app) is True


def down(app: App) -> bool | Gap:
    """The same, and why it cannot be told."""
    process = web_process(app)
    if app.state != "STARTED":
        return False
    if process is None:
        return app.processes if isinstance(app.processes, Gap) else False
    if process.desired == 0 or isinstance(process.instances, Gap):
        return process.instances if process.desired and isinstance(process.instances, Gap) else False
    return not any(i.state == "RUNNING" for i in process.instances)


def web_process(app: App) -> Process | None:
    """The newest web process: a rolling deployment has several at the same time."""
    if isinstance(app.processes, Gap):
        return None
    web = [process for process in app.processes if process.type == "web"] or list(app.processes)
    known = [process for process in web if process.created_at is not None]
    return max(known, key=_created) if len(known) == len(web) > 1 else (web[0] if web else None)


def _created(process: Process) -> float:
    return process.created_at.timestamp() if process.created_at else 0.0


def processes(evidence: Evidence, tables: Tables) -> views.Read:
    needed: dict[str, list[str]] = {}
    connections = tables["connections"]
    for row in () if isinstance(connections, Gap) else connections.rows:
        if row.cells["why"] != "shares-code":
            needed.setdefault(str(row.cells["destination"]), []).append(str(row.cells["source"]))
    missed = _missed(tables["requests"])

    hidden = connections if isinstance(connections, Gap) else next(iter(connections.unseen.values()), None)

    def rows(app: App, found: tuple[Process, ...]) -> Iterator[Row]:
        asked = needed.get(app.name, [])
        wanted = views.belongs(evidence, app) or bool(asked) or hidden or False
        for process in found:
            yield _row(evidence, app, process, asked, wanted, app.name in missed)

    def stopped(app: App, gap: Gap) -> Iterable[Row]:
        """What is stopped is so whatever its processes are."""
        nothing = Process(guid="", type="web", desired=0, memory_mb=0, disk_mb=0, instances=gap)
        unread = dict.fromkeys(("desired", "memory_mb"), gap)
        for row in rows(app, (nothing,)) if app.state == "STOPPED" else ():
            yield replace(row, cells={**row.cells, **unread})

    return views.by_app(evidence, lambda app: app.processes, rows, without=stopped)


def _row(
    evidence: Evidence, app: App, process: Process, needed: list[str], wanted: Cell, missed: bool
) -> Row:
    instances = process.instances
    idle = _idled(app, process)
    counts = Counter[str]()
    if not isinstance(instances, Gap):
        counts.update(COLUMN.get(instance.state, "down") for instance in instances)
    stop = idle if app.state == "STOPPED" else None
    details = () if isinstance(instances, Gap) else (i.details for i in instances if i.details)
    return Row(
        cells={
            "app": app.name,
            "type": process.type,
            "app_state": app.state.lower(),
            "desired": process.desired,
            **{
                column: instances if isinstance(instances, Gap) else counts[column]
                for column in COLUMN.values()
            },
            "unready": instances if isinstance(instances, Gap) else unready(process),
            "readiness": _readiness(process),
            "memory_mb": process.memory_mb,
            "needed_by": views.comma(needed),
            "should_run": wanted,
            "stopped_by": stop.actor or None if stop else None,
            "idle_since": f"{idle.at:%Y-%m-%d %H:%M} UTC" if idle else None,
            "on_purpose": _on_purpose(evidence, app, process, idle, missed),
            "details": views.comma(details),
        },
        app=app.name,
        at=stop.at if stop else None,
        where=(_where(app, process, counts), *_events(app, process, idle)),
    )


def unready(process: Process) -> int:
    """How many instances run and get no requests, because they do not pass their readiness check."""
    if _readiness(process) is None or isinstance(process.instances, Gap):
        return 0
    return sum(one.state == "RUNNING" and one.routable is False for one in process.instances)


def _readiness(process: Process) -> str | None:
    check = process.readiness
    if check is None or check.type == "process":
        return None
    return f"{check.type} {check.endpoint}" if check.endpoint else check.type


def _missed(requests: Table | Gap) -> set[str]:
    """The apps that another one tries to reach, in vain."""
    return {
        str(row.cells["destination"])
        for row in (() if isinstance(requests, Gap) else requests.rows)
        if row.cells["destination"] and row.cells["recovered"] is False
    }


def _idled(app: App, process: Process) -> AuditEvent | None:
    """What took the last instance away: somebody stopped the app, or scaled the process to none."""
    if app.state == "STOPPED":
        return last_event(app, "audit.app.stop")
    events = () if process.desired or isinstance(app.events, Gap) else app.events
    scaled = [
        event
        for event in events
        if event.type == "audit.app.process.scale"
        and event.data.get("process_type", process.type) == process.type
        and "instances" in event.data
    ]
    last = max(scaled, key=lambda event: event.at, default=None)
    return last if last is not None and last.data["instances"] == 0 else None


def _on_purpose(
    evidence: Evidence, app: App, process: Process, idle: AuditEvent | None, missed: bool
) -> bool:
    """Whether it is idle because somebody wants it to be: for a week or more, and nobody asks for it.

    The platform forgets its events after some weeks: one that is no more was long ago. What a person asks
    about is never idle on purpose, as far as they are concerned.
    """
    if app.state != "STOPPED" and process.desired > 0:
        return False
    if missed or app.name == evidence.target.app or isinstance(app.events, Gap):
        return False
    return idle is None or evidence.collected_at - idle.at > LONG_AGO


def _where(app: App, process: Process, counts: Counter[str]) -> Where:
    if app.state == "STOPPED":
        text = "requested state: stopped"
    else:
        named = {**counts, "not ready": unready(process)}
        states = ", ".join(f"{count} {column}" for column, count in named.items() if count)
        text = f"{process.type}: {process.desired} asked for, {states or 'none there'}"
    return views.resource(f"processes of {app.name}", text)


def _events(app: App, process: Process, idle: AuditEvent | None) -> Iterator[Where]:
    """What took the last instance away, and what took instances out of their routes."""
    lost = last_event(app, "audit.app.process.not-ready") if unready(process) else None
    for event in (idle, lost):
        if event is not None:
            who = event.actor or "somebody" if event is idle else "the platform"
            yield views.resource(f"event {event.type}", f"{who} at {event.at:%Y-%m-%d %H:%M} UTC")
