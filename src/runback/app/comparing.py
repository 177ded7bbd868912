"""An app beside its peers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runback.app.diagnosis import collect
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.errors import UsageError
from runback.model import Comparison, Evidence, Gap, Platform


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
    _check_peers(evidence, peers)
    return compare_evidence(evidence, evidence.target.app or request.app or "")


def _check_peers(evidence: Evidence, peers: tuple[str, ...]) -> None:
    """Raises UsageError for a peer that was typed, and that nobody can see."""
    from runback.config import near

    world = evidence.platform
    if not isinstance(world, Platform) or isinstance(world.apps, Gap):
        return
    seen = {app.name for app in world.apps}
    known = {*seen, *world.names.values(), *evidence.target.peers, *evidence.target.apps}
    for name in peers:
        if name not in seen:
            raise UsageError(
                f"your login sees no app {name!r} to compare with.{near(name, known)}",
                "`runback fleet` lists the apps that it sees.",
            )


def compare_scenario(
    name: str, request: Request, peers: tuple[str, ...] = (), progress: Progress = silent
) -> Comparison:
    """As `compare`, in a lab with this scenario."""
    from runback import lab

    with lab.start(name) as running:
        return compare(request, peers, running.checkout, running.environ, progress, running.now)
