"""The revisions of one app as people ask for them: what each changed, how long it ran, how it ended."""

from __future__ import annotations

from datetime import datetime

from runback.facts import views
from runback.facts.changes import Baseline, between, since
from runback.facts.events import crash_events
from runback.facts.processes import is_down
from runback.facts.releases import commit_of
from runback.facts.revisions import last_good, running_revision
from runback.model import App, AuditEvent, Change, Droplet, Evidence, Gap, Revision, RevisionSeen

# Kinds of changes that a rollback leaves as they are.
KEPT = ("binding", "route", "scale", "setting")


def seen(evidence: Evidence, app: App) -> tuple[RevisionSeen, ...] | Gap:
    """Newest first; a `Gap` with the reason where the app keeps none."""
    if isinstance(app.revisions, Gap):
        return app.revisions
    if not app.revisions:
        return Gap(
            what=f"revisions of {app.name}", reason="it keeps none; the feature `revisions` may be off"
        )
    events, now = crash_events(app), evidence.collected_at
    good = last_good(app, now)
    safe = None if isinstance(good, Gap) else good.guid
    ordered = sorted(app.revisions, key=lambda one: one.version, reverse=True)
    found = []
    after: Revision | None = None
    for index, revision in enumerate(ordered):
        ended = after.created_at if after is not None else now
        crashed = () if isinstance(events, Gap) else _within(revision, ended, events)
        crashes = events if isinstance(events, Gap) else len(crashed)
        older = ordered[index + 1] if index + 1 < len(ordered) else None
        found.append(
            RevisionSeen(
                version=revision.version,
                created_at=revision.created_at,
                changed=revision.description,
                ran_for=int((ended - revision.created_at).total_seconds()),
                crashes=crashes,
                runs=revision.deployed,
                deployable=revision.deployable,
                safe=revision.guid == safe,
                commit=_commit(evidence, app, revision) or "",
                ended=_ended(app, revision, after, crashes),
                changes=tuple(between(evidence, app, older, revision)) if older is not None else (),
                since=_unheld(evidence, app, revision),
                well_for=int((min(crashed) - revision.created_at).total_seconds()) if crashed else None,
            )
        )
        after = revision
    return tuple(found)


def _within(revision: Revision, ended: datetime, events: tuple[AuditEvent, ...]) -> tuple[datetime, ...]:
    return tuple(event.at for event in events if revision.created_at <= event.at < ended)


def _unheld(evidence: Evidence, app: App, revision: Revision) -> tuple[Change, ...]:
    """What was changed while the newest revision ran, and no revision brings back."""
    if revision is not running_revision(app):
        return ()
    changed = since(evidence, app, Baseline(revision, revision.created_at))
    return tuple(one for one in changed if one.kind in KEPT)


def difference(evidence: Evidence, app_name: str, old: int, new: int) -> tuple[Change, ...]:
    """What the later of two versions changed beside the earlier one."""
    app = views.app_named(evidence, app_name)
    if app is None or isinstance(app.revisions, Gap):
        return ()
    found = {one.version: one for one in app.revisions}
    return tuple(between(evidence, app, found[old], found[new])) if {old, new} <= found.keys() else ()


def unread(evidence: Evidence, app_name: str, versions: tuple[int, ...]) -> tuple[Gap, ...]:
    """Why the variables of these versions are not compared, where they could not be read."""
    app = views.app_named(evidence, app_name)
    revisions = () if app is None or isinstance(app.revisions, Gap) else app.revisions
    return tuple(
        one.variables for one in revisions if one.version in versions and isinstance(one.variables, Gap)
    )


def _commit(evidence: Evidence, app: App, revision: Revision) -> str | None:
    current = (app.droplet,) if isinstance(app.droplet, Droplet) else ()
    labels = [one.commit for one in (*current, *app.droplets) if one.guid == revision.droplet and one.commit]
    return labels[0] if labels else commit_of(evidence, revision)


def _ended(app: App, revision: Revision, after: Revision | None, crashes: int | Gap) -> str:
    """How it ended: what it did before, and what took its place."""
    said = []
    if isinstance(crashes, int) and crashes:
        said.append(f"crashed {crashes} times" if crashes > 1 else "crashed once")
    if revision.deployed:
        newest = revision is running_revision(app)
        stands = "is down" if newest and is_down(app) else "runs"
        said.append(stands if app.state == "STARTED" else "is stopped")
    elif after is not None:
        said.append(f"replaced by {after.version}")
    return ", ".join(said) or "runs no more"
