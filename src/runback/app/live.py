"""Which commit runs where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from runback.app.diagnosis import collect
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.model import Evidence, Gap, Repository, Row


def live(
    request: Request, start: Path, environ: Mapping[str, str], progress: Progress = silent, now: Now = utc_now
) -> tuple[LiveApp, ...]:
    """What runs in the environments of runback.toml, or in those that the request names."""
    from runback import config
    from runback.http import gather

    configuration = config.load(start, environ)
    if request.app or request.environment or not configuration.environments:
        requests = [request]
    else:
        requests = [replace(request, environment=name) for name in configuration.environments]

    def one(asked: Request) -> tuple[LiveApp, ...]:
        evidence, _ = collect(asked, start, environ, progress, now)
        return live_apps(evidence, request.app)

    found = gather(*(partial(one, asked) for asked in requests))
    return tuple(item for items in found for item in items)


def live_scenario(name: str, request: Request, progress: Progress = silent) -> tuple[LiveApp, ...]:
    """As `live`, in a lab with this scenario."""
    from runback import lab

    with lab.start(name) as running:
        return live(request, running.checkout, running.environ, progress, running.now)


@dataclass(frozen=True)
class LiveApp:
    """What one app runs. `commit` is None, and `unknown` says why, where that could not be told."""

    environment: str | None
    app: str
    commit: str | None
    known_by: str = ""
    since: datetime | None = None
    branch: str | None = None
    head: str | None = None
    stale: bool | None = None
    between: tuple[tuple[str, str], ...] = ()  # sha and subject, newest first: on the branch and not live
    unknown: str = ""


def live_apps(evidence: Evidence, only: str | None = None) -> tuple[LiveApp, ...]:
    """The rows of the fact table `live`, for people."""
    from runback.facts import tables

    table = tables(evidence)["live"]
    if isinstance(table, Gap):
        return (LiveApp(evidence.target.environment, only or "?", None, unknown=table.reason),)
    return tuple(_live_app(evidence, row) for row in table.rows if only in (None, row.app))


def _live_app(evidence: Evidence, row: Row) -> LiveApp:
    gaps = [cell.reason for cell in row.cells.values() if isinstance(cell, Gap)]
    cells = {name: None if isinstance(cell, Gap) else cell for name, cell in row.cells.items()}
    commit, head, stale = cells["commit"], cells["head"], cells["stale"]
    repository = evidence.repository
    commits = repository.commits if isinstance(repository, Repository) else ()
    order = [] if isinstance(commits, Gap) else [(one.sha, one.subject) for one in commits]
    shas = [sha for sha, _ in order]
    known = commit in shas and head in shas
    return LiveApp(
        environment=evidence.target.environment,
        app=str(row.app),
        commit=str(commit) if commit else None,
        known_by=f"known by {cells['source']}"
        + (f" ({row.confidence} confidence)" if row.confidence else ""),
        since=row.at,
        branch=str(cells["branch"]) if cells["branch"] else None,
        head=str(head) if head else None,
        stale=stale if isinstance(stale, bool) else None,
        between=tuple(order[shas.index(str(head)) : shas.index(str(commit))]) if known else (),
        unknown="; ".join(dict.fromkeys(gaps)),
    )
