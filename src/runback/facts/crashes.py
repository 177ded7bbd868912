"""Crashes of the instances, from the audit events."""

from __future__ import annotations

from datetime import datetime, timedelta

from runback.facts import views
from runback.facts.curve import memory_curve
from runback.facts.events import crash_events, exit_status, last_event
from runback.facts.processes import web_process
from runback.facts.revisions import running_revision, running_since, seconds_run
from runback.model import App, AuditEvent, Evidence, Gap, Row, Tables

REPEATED = timedelta(hours=24)  # two crashes in this time are no accident
# What somebody does to mend an app without making a new revision.
CHANGES = (
    "audit.app.process.scale",
    "audit.app.restart",
    "audit.app.start",
    "audit.app.deployment.create",
)


def kind_of(description: str) -> str:
    """out_of_memory, disk, health_check or exit: the words are those of the platform's executor.

    What fills the disk is said by tar, as the droplet is unpacked, or by the program itself.
    """
    said = description.lower()
    if "out of memory" in said:
        return "out_of_memory"
    if "no space left on device" in said or "disk quota exceeded" in said:
        return "disk"
    unhealthy = ("health check", "never healthy", "became unhealthy")
    return "health_check" if any(words in said for words in unhealthy) else "exit"


def crashes(evidence: Evidence, tables: Tables) -> views.Read:
    return views.by_app(evidence, crash_events, lambda app, events: _rows(evidence, app, events))


def _rows(evidence: Evidence, app: App, events: tuple[AuditEvent, ...]) -> list[Row]:
    since = running_since(app)
    groups: dict[tuple[str, str, bool], list[AuditEvent]] = {}
    for event in events:
        description = str(event.data.get("exit_description", ""))
        current = since is None or event.at >= since
        groups.setdefault((_process(event), kind_of(description), current), []).append(event)
    return [
        _row(evidence, app, process, kind, current, found)
        for (process, kind, current), found in groups.items()
    ]


def _process(event: AuditEvent) -> str:
    """The process type, from the description's 'APP/PROC/WEB: …' or 'APP/PROC/WEB/SIDECAR/NAME: …'."""
    source = str(event.data.get("exit_description", "")).split(":")[0]
    return source.split("/")[2].lower() if source.startswith("APP/PROC/") else "web"


def _row(
    evidence: Evidence, app: App, process: str, kind: str, current: bool, events: list[AuditEvent]
) -> Row:
    last = events[-1]
    revision = running_revision(app)
    index = last.data.get("index")
    web = web_process(app)
    return Row(
        cells={
            "app": app.name,
            "type": process,
            "instance": index if isinstance(index, int) else None,
            "exit_status": exit_status(last),
            "exit_description": str(last.data.get("exit_description", "")) or None,
            "kind": kind,
            "count": len(events),
            "current": current,
            "active": current and is_active(app, events, evidence.collected_at),
            "revision": revision.version if revision else None,
            "previous_ran": seconds_run(app, evidence.collected_at),
            "memory_mb": web.memory_mb if web else None,
            "disk_mb": web.disk_mb if web else None,
        },
        app=app.name,
        at=events[0].at,
        where=(
            views.resource(
                f"event {last.type} of {app.name}",
                f"{last.data.get('exit_description', '')} (instance {index}, {last.at:%Y-%m-%d %H:%M} UTC)",
            ),
            *(memory_curve(app, process, index) if kind == "out_of_memory" else ()),
        ),
    )


def is_active(app: App, events: list[AuditEvent], now: datetime) -> bool:
    """Whether it goes on: the instance is not up again, or it crashed twice within a day.

    Where somebody changed something after the last crash, only what has happened since counts.
    """
    process = web_process(app)
    if app.state != "STARTED":
        return False
    index = events[-1].data.get("index")
    if process is not None and not isinstance(process.instances, Gap):
        states = {instance.index: instance.state for instance in process.instances}
        if states.get(index if isinstance(index, int) else 0) != "RUNNING":
            return True
        changed = last_event(app, *CHANGES)
        if changed is not None and changed.at > events[-1].at:
            return False
    return sum(now - event.at < REPEATED for event in events) > 1
