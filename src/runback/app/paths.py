"""The way from app to app."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runback.app.diagnosis import collect
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.model import Gap, PathSeen, Reach


def path(
    request: Request,
    reach: Reach,
    start: Path,
    environ: Mapping[str, str],
    progress: Progress = silent,
    now: Now = utc_now,
) -> tuple[PathSeen, ...] | Gap:
    """Each way from the app to the destination, or why none can be shown. Raises as `diagnose` does."""
    from runback.facts import tables
    from runback.facts.path import ways

    evidence, _ = collect(request, start, environ, progress, now, reach=reach)
    return ways(evidence, tables(evidence), evidence.target.app or "", reach)


def path_scenario(
    name: str, request: Request, reach: Reach, progress: Progress = silent
) -> tuple[PathSeen, ...] | Gap:
    """As `path`, in a lab with this scenario."""
    from runback import lab

    with lab.start(name) as running:
        return path(request, reach, running.checkout, running.environ, progress, running.now)
