"""The past of each app: builds, deployments and revisions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from runback.facts import views
from runback.facts.events import crash_events
from runback.model import App, Build, Deployment, Droplet, Evidence, Gap, Revision, Row, Tables

STALLED = 600  # seconds without a healthy instance after which a deployment does not move
RECENT = timedelta(hours=24)
SETTLED = 600  # seconds that a revision must have run to count as good

_ROLLED_BACK = re.compile(r"Rolled back to revision (\d+)\.")


def running_revision(app: App) -> Revision | None:
    """The newest revision that is deployed; during a rolling deployment there are two."""
    if isinstance(app.revisions, Gap):
        return None
    return max((r for r in app.revisions if r.deployed), key=lambda r: r.version, default=None)


def rolled_back_to(app: App) -> int | None:
    """The version that somebody deployed again on purpose; `None` where the newest code is meant to run.

    Cloud Controller describes the revision so: app/actions/revision_create.rb and revision_resolver.rb.
    """
    revision = running_revision(app)
    found = _ROLLED_BACK.search(revision.description) if revision else None
    return int(found[1]) if found else None


def last_good(app: App, now: datetime) -> Revision | Gap:
    """The safe way back: the newest revision before the running one that ran for ten minutes without a crash,
    and whose droplet is still there. A `Gap` with the reason where there is none, or where nobody can tell.
    """
    if app.revisions_enabled is False:
        return Gap(
            what=f"revisions of {app.name}",
            reason=f"{app.name} keeps no revisions: the feature is switched off",
        )
    if isinstance(app.revisions, Gap):
        reason = f"the revisions of {app.name} could not be read: {app.revisions.reason}"
        return Gap(what=app.revisions.what, reason=reason)
    events = crash_events(app)
    if isinstance(events, Gap):
        reason = f"whether a revision ran well cannot be said: {events.reason}"
        return Gap(what=events.what, reason=reason)
    running, until = running_revision(app), now
    for revision in sorted(app.revisions, key=lambda one: one.version, reverse=True):
        began, ended = revision.created_at, until
        until = began
        if running is not None and revision.version >= running.version:
            continue
        crashed = any(began <= event.at < ended for event in events)
        if revision.deployable and not crashed and (ended - began).total_seconds() >= SETTLED:
            return revision
    reason = f"no earlier revision of {app.name} is known to have run well and can still be deployed"
    return Gap(what=f"revisions of {app.name}", reason=reason)


def running_since(app: App) -> datetime | None:
    """When what runs now began: its revision, else its droplet; `None` where neither is known."""
    revision = running_revision(app)
    if revision is not None:
        return revision.created_at
    return app.droplet.created_at if isinstance(app.droplet, Droplet) else None


def seconds_run(app: App, now: datetime) -> int | None:
    """Seconds that the revision before the running one ran."""
    if isinstance(app.revisions, Gap):
        return None
    ordered = sorted(app.revisions, key=lambda revision: revision.version)
    running = running_revision(app)
    for before, after in pairwise(ordered):
        if running is not None and after.guid == running.guid:
            return int((after.created_at - before.created_at).total_seconds())
    return None


def builds(evidence: Evidence, tables: Tables) -> views.Read:
    return views.by_app(evidence, lambda app: app.builds, _build_rows)


def _build_rows(app: App, found: tuple[Build, ...]) -> Iterable[Row]:
    ordered = sorted(found, key=lambda build: build.created_at, reverse=True)
    for index, build in enumerate(ordered):
        identifier, _, description = (build.error or "").partition(" - ")
        yield Row(
            cells={
                "app": app.name,
                "state": build.state,
                "error_id": identifier or None,
                "error": description or build.error,
                "newest": index == 0,
            },
            app=app.name,
            at=build.created_at,
            where=(views.resource(f"build {build.guid} of {app.name}", build.error or build.state),),
        )


def deployments(evidence: Evidence, tables: Tables) -> views.Read:
    now = evidence.collected_at
    return views.by_app(
        evidence,
        lambda app: app.deployments,
        lambda app, found: _deployment_rows(app, found, now),
    )


def _began_by(app: App, deployment: Deployment) -> str | None:
    """Who began it, by the audit events."""
    for event in () if isinstance(app.events, Gap) else app.events:
        if (
            event.type == "audit.app.deployment.create"
            and event.data.get("deployment_guid") == deployment.guid
        ):
            return event.actor or None
    return None


def _deployment_rows(app: App, found: tuple[Deployment, ...], now: datetime) -> Iterable[Row]:
    ordered = sorted(found, key=lambda deployment: deployment.created_at, reverse=True)
    for index, deployment in enumerate(ordered):
        moved = deployment.last_healthcheck or deployment.created_at
        idle = max(0.0, (now - moved).total_seconds())
        yield Row(
            cells={
                "app": app.name,
                "status": deployment.status,
                "reason": deployment.reason,
                "strategy": deployment.strategy,
                "newest": index == 0,
                "stuck": deployment.status == "ACTIVE"
                and deployment.reason == "DEPLOYING"
                and idle > STALLED,
                "minutes": int(idle // 60),
                "by": _began_by(app, deployment),
                "replaced_by": _began_by(app, ordered[index - 1])
                if index and deployment.reason == "SUPERSEDED"
                else None,
                "recent": now - deployment.created_at < RECENT,
                "error": deployment.error,
            },
            app=app.name,
            at=deployment.created_at,
            until=now if deployment.status == "ACTIVE" else deployment.updated_at,
            where=(
                views.resource(
                    f"deployment {deployment.guid} of {app.name}",
                    deployment.error or f"{deployment.status} {deployment.reason}",
                ),
            ),
        )


def revisions(evidence: Evidence, tables: Tables) -> views.Read:
    now = evidence.collected_at
    return views.by_app(
        evidence, lambda app: app.revisions, lambda app, found: _revision_rows(app, found, now)
    )


def _revision_rows(app: App, found: tuple[Revision, ...], now: datetime) -> Iterable[Row]:
    events = crash_events(app)
    ordered = sorted(found, key=lambda revision: revision.version, reverse=True)
    until = now
    for revision in ordered:
        ran = int((until - revision.created_at).total_seconds())
        crashes: int | Gap = (
            events
            if isinstance(events, Gap)
            else sum(revision.created_at <= event.at < until for event in events)
        )
        yield Row(
            cells={
                "app": app.name,
                "version": revision.version,
                "description": revision.description or None,
                "deployed": revision.deployed,
                "deployable": revision.deployable,
                "ran_for": ran,
                "crashes": crashes,
                "good": crashes if isinstance(crashes, Gap) else crashes == 0 and ran >= SETTLED,
            },
            app=app.name,
            at=revision.created_at,
            where=(views.resource(f"revision {revision.version} of {app.name}", revision.description),),
        )
        until = revision.created_at
