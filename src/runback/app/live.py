"""Which commit runs where, and what keeps a person's own commit from being there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runback.app.diagnosis import collect
from runback.app.liveapps import LiveApp, live_apps
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.app.yours import Yours, wanted, yours
from runback.model import Evidence

if TYPE_CHECKING:
    from runback.http import Client


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
    unknown = app.unknown if app.commit is None else ""
    return replace(app, branch=None, head=None, stale=None, why="", between=(), unknown=unknown)


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
