"""The past of an app, the safe way back, and two of its revisions side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runback.app.diagnosis import collect
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.errors import UsageError
from runback.model import Evidence, Gap, RevisionSeen

Versions = tuple[int, ...]


def revisions(
    request: Request,
    start: Path,
    environ: Mapping[str, str],
    progress: Progress = silent,
    now: Now = utc_now,
    versions: Versions = (),
) -> tuple[RevisionSeen, ...] | Gap:
    """The revisions of the request's app, newest first, or why there are none.

    With two `versions` only these two, the later one with its changes beside the earlier one. Raises as
    `diagnose` does, and UsageError for a version that the app has not.
    """
    evidence, _ = collect(request, start, environ, progress, now, revisions=versions)
    found = revisions_of(evidence, evidence.target.app or request.app or "")
    return found if isinstance(found, Gap) or not versions else _two(evidence, found, versions)


def revisions_scenario(
    name: str, request: Request, progress: Progress = silent, versions: Versions = ()
) -> tuple[RevisionSeen, ...] | Gap:
    """As `revisions`, in a lab with this scenario."""
    from runback import lab

    with lab.start(name) as running:
        return revisions(request, running.checkout, running.environ, progress, running.now, versions)


def revisions_of(evidence: Evidence, app: str) -> tuple[RevisionSeen, ...] | Gap:
    """The past of one app, for people."""
    from runback.facts.past import seen
    from runback.facts.views import platform

    world = platform(evidence)
    apps = () if world is None or isinstance(world.apps, Gap) else world.apps
    found = next((one for one in apps if one.name == app), None)
    if found is None:
        gap = evidence.platform if isinstance(evidence.platform, Gap) else world.apps if world else None
        return gap if isinstance(gap, Gap) else Gap(what=f"revisions of {app}", reason="it was not seen")
    return seen(evidence, found)


def _two(evidence: Evidence, found: tuple[RevisionSeen, ...], versions: Versions) -> tuple[RevisionSeen, ...]:
    from msgspec.structs import replace

    from runback.facts.past import difference

    by_version = {one.version: one for one in found}
    for version in versions:
        if version not in by_version:
            kept = ", ".join(str(one) for one in sorted(by_version))
            raise UsageError(f"there is no revision {version}", f"It keeps: {kept}.")
    old, new = min(versions), max(versions)
    changes = difference(evidence, evidence.target.app or "", old, new)
    return replace(by_version[new], changes=changes), replace(by_version[old], changes=())
