"""Why the newest commit of a branch is not live, in one clause: for one who looks at several places."""

from __future__ import annotations

from datetime import datetime

from runback.facts.pipeline import FAILED
from runback.model import Evidence, Gap, Row, Tables

_HALTS = {
    "waiting": "{workflow} waits for the approval of {job} since {since}",
    "running": "{workflow} of pipeline {pipeline} still runs, since {since}",
    "canceled": "{workflow} of pipeline {pipeline} was canceled",
    "auto_canceled": "{workflow} of pipeline {pipeline} was canceled for {by}",
    "unauthorized": "{job} may not use its contexts",
    "filtered": "every workflow of pipeline {pipeline} is filtered out",
    "deploy_filtered": "{job} is not in pipeline {pipeline}: {filter}",
    "setup_not_continued": "pipeline {pipeline} was not continued after its setup",
    "skipped": "its message asks CircleCI to skip it",
    "no_pipeline": "CircleCI made no pipeline for it",
    "no_credits": "pipeline {pipeline} did not start: {message}",
}
_ELSE = "pipeline {pipeline} did not start: {message}"


def standing(evidence: Evidence, tables: Tables, row: Row) -> str:
    """The reason for one row of the table `live` that lacks the head; '' where nothing tells."""
    cells = row.cells
    if cells["overwritten"] is True:
        who = cells["by"] or "somebody"
        return f"pipeline {cells['pipeline']} of {who} ({cells['by_branch']}) deployed over it"
    if cells["rolled_back_to"] is not None:
        return f"somebody went back to revision {cells['rolled_back_to']}"
    return _halted(evidence, tables) or _failed(tables) or _push(tables, row)


def _rows(tables: Tables, name: str) -> tuple[Row, ...]:
    table = tables[name]
    return () if isinstance(table, Gap) else table.rows


def _halted(evidence: Evidence, tables: Tables) -> str:
    for row in _rows(tables, "ci.halts"):
        kind = row.cells["kind"]
        if isinstance(kind, str):
            known = {name: cell for name, cell in row.cells.items() if not isinstance(cell, Gap)}
            since = clock(row.at, evidence.collected_at) if row.at else "unknown"
            return _HALTS.get(kind, _ELSE).format(**{**known, "since": since})
    return ""


def _failed(tables: Tables) -> str:
    rows = _rows(tables, "ci.jobs")
    failed = [row for row in rows if row.cells["status"] in FAILED]
    if not failed:
        return ""
    names = ", ".join(dict.fromkeys(str(row.cells["job"]) for row in failed))
    return f"{names} failed in pipeline {failed[0].cells['pipeline']}"


def _push(tables: Tables, row: Row) -> str:
    for call in _rows(tables, "deploy.calls"):
        cells = call.cells
        failed = cells["verb"] == "push" and cells["result"] == "failed" and not cells["recovered"]
        if failed and call.app in (None, row.app):
            job = f"{cells['job']} of pipeline {cells['pipeline']}"
            return f"its push failed in {job}, which ended {cells['job_status']}"
    return ""


def clock(at: datetime, now: datetime) -> str:
    """'14:02 UTC' of the same day, else with its date."""
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"
