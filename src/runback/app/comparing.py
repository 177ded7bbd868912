"""An app beside its peers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runback.app.diagnosis import collect
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.model import Comparison


def compare(
    request: Request,
    peers: tuple[str, ...],
    start: Path,
    environ: Mapping[str, str],
    progress: Progress = silent,
    now: Now = utc_now,
) -> Comparison:
    """What the app has and lacks beside `peers`, or beside those that runback.toml tells.

    Reading the environments writes an audit event for each app. Raises as `diagnose` does.
    """
    from runback.facts.comparison import compare as compare_evidence

    evidence, _ = collect(request, start, environ, progress, now, peers=peers)
    return compare_evidence(evidence, evidence.target.app or request.app or "")


def compare_scenario(
    name: str, request: Request, peers: tuple[str, ...] = (), progress: Progress = silent
) -> Comparison:
    """As `compare`, in a lab with this scenario."""
    from runback import lab

    with lab.start(name) as running:
        return compare(request, peers, running.checkout, running.environ, progress, running.now)
