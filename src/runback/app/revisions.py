"""The past of an app, and the safe way back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runback.app.diagnosis import collect
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.model import Evidence, Gap, RevisionSeen, Row


def revisions(
    request: Request, start: Path, environ: Mapping[str, str], progress: Progress = silent, now: Now = utc_now
) -> tuple[RevisionSeen, ...] | Gap:
    """The revisions of the request's app, newest first, or why there are none. Raises as `diagnose` does."""
    evidence, _ = collect(request, start, environ, progress, now)
    return revisions_of(evidence, evidence.target.app or request.app or "")


def revisions_scenario(
    name: str, request: Request, progress: Progress = silent
) -> tuple[RevisionSeen, ...] | Gap:
    """As `revisions`, in a lab with this scenario."""
    from runback import lab

    with lab.start(name) as running:
        return revisions(request, running.checkout, running.environ, progress, running.now)


def revisions_of(evidence: Evidence, app: str) -> tuple[RevisionSeen, ...] | Gap:
    """The rows of the fact table `revisions` of one app, for people."""
    from runback.facts import tables

    table = tables(evidence)["revisions"]
    if isinstance(table, Gap):
        return table
    rows = [row for row in table.rows if row.app == app]
    if not rows:
        return Gap(what=f"revisions of {app}", reason="it keeps none; the feature `revisions` may be off")
    back = _safe(rows)
    return tuple(_seen(row, safe=row is back) for row in rows)


def _safe(rows: list[Row]) -> Row | None:
    """The newest revision before the running one that ran well and whose droplet is still there."""
    running = max((int(str(row.cells["version"])) for row in rows if row.cells["deployed"]), default=None)
    return next(
        (
            row
            for row in rows
            if (running is None or int(str(row.cells["version"])) < running)
            and row.cells["good"] is True
            and row.cells["deployable"] is True
        ),
        None,
    )


def _seen(row: Row, *, safe: bool) -> RevisionSeen:
    cells = row.cells
    crashes = cells["crashes"]
    return RevisionSeen(
        version=int(str(cells["version"])),
        created_at=row.at,
        changed=str(cells["description"] or ""),
        ran_for=int(str(cells["ran_for"])),
        crashes=crashes if isinstance(crashes, Gap) else int(str(crashes)),
        runs=cells["deployed"] is True,
        deployable=cells["deployable"] is True,
        safe=safe,
    )
