"""Which commit runs where, and what keeps a person's own commit from being there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runback.app.diagnosis import collect
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.app.yours import Yours, wanted, yours
from runback.model import Evidence, Gap, Row, Tables

if TYPE_CHECKING:
    from runback.http import Client


@dataclass(frozen=True)
class LiveApp:
    """What one app runs. `commit` is None, and `unknown` says why, where that could not be told."""

    environment: str | None
    app: str
    commit: str | None
    known_by: str = ""
    confidence: str | None = None
    doubt: str = ""  # why a label is not believed
    since: datetime | None = None
    pipeline: int | None = None
    pipeline_url: str | None = None
    by: str | None = None  # who started that pipeline
    by_branch: str | None = None
    overwritten: bool | None = None  # another branch's pipeline deployed it
    branch: str | None = None
    head: str | None = None
    stale: bool | None = None
    why: str = ""  # the head is not there
    between: tuple[tuple[str, str], ...] = ()  # sha and subject, newest first: on the branch and not live
    unknown: str = ""


@dataclass(frozen=True)
class Live:
    """What `runback live` shows."""

    apps: tuple[LiveApp, ...]
    yours: Yours | None = None
    now: datetime | None = None


def live(
    request: Request, start: Path, environ: Mapping[str, str], progress: Progress = silent, now: Now = utc_now
) -> Live:
    """What runs in the environments of runback.toml, or in those that the request names.

    `request.sha` is the commit to look for; without one, that which is checked out. Raises UsageError where
    the checkout has no such commit.
    """
    from runback import config
    from runback.http import Client, gather

    configuration = config.load(start, environ)
    mine = wanted(request.sha, configuration.checkout)
    asked = replace(request, sha=None)
    if asked.app or asked.environment or not configuration.environments:
        requests = [asked]
    else:
        requests = [replace(asked, environment=name) for name in configuration.environments]
    with Client(environ) as client:  # one for all: what two environments share is asked once
        # Over several environments it is a sweep, which leaves no traces in the apps' audit events.
        one = partial(_one, start, environ, progress, now, client, sweep=len(requests) > 1)
        found = gather(*(partial(one, request) for request in requests))
    apps = tuple(app for evidence in found for app in live_apps(evidence, asked.app))
    if not asked.branch:
        loose = {
            name for name, one in configuration.environments.items() if not (one.branch or one.deploy_jobs)
        }
        apps = tuple(_alone(app) if app.environment in loose else app for app in apps)
    where = yours(*mine, apps, configuration.checkout) if mine and configuration.checkout else None
    return Live(apps, where, max((evidence.collected_at for evidence in found), default=None))


def _alone(app: LiveApp) -> LiveApp:
    """Without a branch to compare with: runback.toml says neither which it is nor which job deploys it."""
    return replace(app, branch=None, head=None, stale=None, why="", between=(), unknown="")


def _one(
    start: Path,
    environ: Mapping[str, str],
    progress: Progress,
    now: Now,
    client: Client,
    request: Request,
    *,
    sweep: bool,
) -> Evidence:
    evidence, _ = collect(request, start, environ, progress, now, client=client, sweep=sweep)
    return evidence


def live_scenario(name: str, request: Request, progress: Progress = silent) -> Live:
    """As `live`, in a lab with this scenario."""
    from runback import lab

    with lab.start(name) as running:
        return live(request, running.checkout, running.environ, progress, running.now)


def live_apps(evidence: Evidence, only: str | None = None) -> tuple[LiveApp, ...]:
    """The rows of the fact table `live`, for people."""
    from runback.facts import tables

    known = tables(evidence)
    table = known["live"]
    if isinstance(table, Gap):
        return (LiveApp(evidence.target.environment, only or "?", None, unknown=table.reason),)
    wanted_app = evidence.target.app if only else None
    return tuple(_live_app(evidence, row, known) for row in table.rows if wanted_app in (None, row.app))


def _live_app(evidence: Evidence, row: Row, known: Tables) -> LiveApp:
    from runback.facts import views
    from runback.facts.live import missing_commits
    from runback.facts.revisions import running_since
    from runback.facts.standing import standing

    cells = {name: None if isinstance(cell, Gap) else cell for name, cell in row.cells.items()}
    gaps = [cell.reason for cell in row.cells.values() if isinstance(cell, Gap)]
    commit, stale, number = cells["commit"], cells["stale"], cells["pipeline"]
    found = views.pipelines(evidence)
    pipelines = () if isinstance(found, Gap) else found
    app = views.app_named(evidence, row.app)
    missing = missing_commits(evidence, row.cells["commit"], row.cells["head"])
    return LiveApp(
        environment=evidence.target.environment,
        app=str(row.app),
        commit=_text(commit),
        known_by=_text(cells["source"]) or "",
        confidence=row.confidence,
        doubt=_text(cells["doubt"]) or "",
        since=running_since(app) if app else None,
        pipeline=number if isinstance(number, int) else None,
        pipeline_url=next((one.url for one in pipelines if one.number == number), None),
        by=_text(cells["by"]),
        by_branch=_text(cells["by_branch"]),
        overwritten=cells["overwritten"] is True if commit else None,
        branch=_text(cells["branch"]),
        head=_text(cells["head"]),
        stale=stale if isinstance(stale, bool) else None,
        why=standing(evidence, known, row) if commit and commit != cells["head"] else "",
        between=() if isinstance(missing, Gap) else tuple((one.sha, one.subject) for one in missing),
        unknown="; ".join(dict.fromkeys(gaps)),
    )


def _text(cell: object) -> str | None:
    return cell if isinstance(cell, str) and cell else None
