"""Tasks: commands that were run once beside an app's processes, such as migrations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import takewhile

from runback.facts import views
from runback.model import App, Evidence, Log, Row, Tables, Task, Where

RECENT = timedelta(hours=24)  # what failed before that is history
ENDED = ("SUCCEEDED", "FAILED")
_STATUS = re.compile(r"Exited with status (\d+)")
# Its names differ from run to run: 'nightly-2026-03-03', eight hex digits where nobody named it.
_NUMBERS = re.compile(r"\d{2,}|\b[0-9a-f]{8}\b")


def tasks(evidence: Evidence, tables: Tables) -> views.Read:
    return views.by_app(evidence, lambda app: app.tasks, lambda app, found: _rows(evidence, app, found))


def _rows(evidence: Evidence, app: App, found: tuple[Task, ...]) -> Iterable[Row]:
    groups: dict[str, list[Task]] = {}
    for task in sorted(found, key=lambda task: task.created_at, reverse=True):
        if task.state in ENDED:
            groups.setdefault(_NUMBERS.sub("*", task.name), []).append(task)
    return [_row(evidence, app, group) for group in groups.values()]


def _row(evidence: Evidence, app: App, group: list[Task]) -> Row:
    last = group[0]
    alike = list(takewhile(lambda task: task.state == last.state, group))
    status = _STATUS.search(last.reason or "")
    at = last.ended_at or last.created_at
    kind = kind_of(last.reason or "") if last.state == "FAILED" else None
    said = _said(evidence, app, last)
    return Row(
        cells={
            "app": app.name,
            "name": last.name,
            "state": last.state,
            "kind": kind,
            "reason": last.reason,
            "exit_status": int(status[1]) if status else None,
            "count": len(alike),
            "said": said.text if said else None,
            "failing": kind not in (None, "cancelled") and evidence.collected_at - at <= RECENT,
            "memory_mb": last.memory_mb,
        },
        app=app.name,
        at=alike[-1].created_at,
        where=(
            views.resource(f"task {last.name} of {app.name}", last.reason or last.state),
            *([said] if said else []),
        ),
    )


def kind_of(reason: str) -> str:
    """exit, out_of_memory, no_room, cancelled or other, from what the platform gives as the reason."""
    said = reason.lower()
    if "out of memory" in said:
        return "out_of_memory"
    if "insufficient resources" in said or "no compatible cell" in said:
        return "no_room"
    if "cancel" in said:
        return "cancelled"
    return "exit" if "exited with status" in said else "other"


def _said(evidence: Evidence, app: App, task: Task) -> Where | None:
    """The last line of its own that the task logged: the runner's 'Exit status' lines are not."""
    logs = [log for log in views.logs_of(evidence, app.name, "task") if _is_of(log, task)]
    return views.last_said(logs, without=("Exit status", "Invoking task"))


def _is_of(log: Log, task: Task) -> bool:
    return f"APP/TASK/{task.name.upper()}" in log.name.upper()
