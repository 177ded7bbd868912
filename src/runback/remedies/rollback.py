"""Goes back to a revision that ran well, with the apps that were released together with it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from runback.facts.releases import commit_of
from runback.facts.revisions import last_good as good_revision
from runback.facts.revisions import running_revision
from runback.facts.views import apps as seen_apps
from runback.model import App, Evidence, Gap, Plan, PlanStep, Revision, Tables
from runback.remedies import map_route
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space
from runback.remedies.restarts import beside_web

KEPT = "not bindings, routes, network policies, scale or the database"


class Back(NamedTuple):
    """One app and the revision that it goes back to."""

    app: App
    revision: Revision


def plan(asked: Asked) -> Plan:
    app = asked.app()
    try:
        back = Back(app, last_good(app, asked.evidence))
    except Blocked as reason:
        more = f"'runback rollback {app.name}' looks for an older droplet or pipeline"
        raise Blocked(f"{reason}; {more}") from reason
    others = released_together(back, asked.evidence, asked.tables)
    space = go_to_space(asked, app)
    backs = (back, *others)
    return plan_back(backs, remedy=asked.remedy, before=space, after=lost_routes(backs, asked.tables))


def plan_back(
    backs: Sequence[Back],
    *,
    remedy: str = "rollback",
    strategy: str = "rolling",
    before: Sequence[PlanStep] = (),
    after: Sequence[PlanStep] = (),
) -> Plan:
    """A deployment for each app, the first one first. `before` and `after` are steps around all of them."""
    steps = [*(_roll(back, strategy) for back in backs), *after]
    first = backs[0]
    steps.append(
        PlanStep(
            sentence="The same without the rollback command of cf 8:",
            command=_curl(first.app, first.revision, strategy),
        )
    )
    names = " and ".join(back.app.name for back in backs)
    return Plan(
        remedy=remedy,
        sentence=f"Go back to revision {first.revision.version} of {names}."
        if len({back.revision.version for back in backs}) == 1
        else f"Go back to the revisions of {names} that ran before.",
        safe=False,
        steps=(*before, *steps),
    )


def lost_routes(backs: Sequence[Back], known: Tables) -> tuple[PlanStep, ...]:
    """The routes that the release took from the apps: a push with --no-route that failed, say.

    A rollback leaves routes as they are, so that nobody would reach what it brought back.
    """
    lost = known["routes.lost"]
    apps = {back.app.name: back.app for back in backs}
    found: dict[tuple[str, str], PlanStep] = {}
    for row in () if isinstance(lost, Gap) else lost.rows:
        app, url = apps.get(str(row.cells["app"])), str(row.cells["url"])
        if app is not None and re.fullmatch(map_route.HOST, url):
            found[app.name, url] = map_route.step(app, url)
    return tuple(found.values())


def _roll(back: Back, strategy: str) -> PlanStep:
    app, revision = back
    of = f"{revision.created_at:%Y-%m-%d}"
    running = running_revision(app)
    undo = ""
    if running is not None:
        undo = command("cf", "rollback", app.name, "--version", str(running.version), "-f")
    how = () if strategy == "rolling" else ("--strategy", strategy)
    return PlanStep(
        sentence=f"Let {app.name} run its revision {revision.version} of {of} again.",
        command=command("cf", "rollback", app.name, "--version", str(revision.version), "-f", *how),
        changes=f"droplet, environment variables and start command; {KEPT}{beside_web(app)}",
        undo=undo,
        needs=DEVELOPER,
        action="POST /v3/deployments",
        parameters={
            "app": app.guid,
            "app_name": app.name,
            "revision": revision.guid,
            "strategy": strategy,
            "instead_of": ",".join(one.guid for one in revisions_of(app) if one.deployed),
        },
    )


def _curl(app: App, revision: Revision, strategy: str) -> str:
    body = {
        "revision": {"guid": revision.guid},
        "relationships": {"app": {"data": {"guid": app.guid}}},
        "strategy": strategy,
    }
    return command("cf", "curl", "/v3/deployments", "-X", "POST", "-d", json.dumps(body))


def revisions_of(app: App) -> tuple[Revision, ...]:
    """Newest first. Raises `Blocked` where there are none to go back to."""
    if app.revisions_enabled is False:
        raise Blocked(f"{app.name} keeps no revisions: the feature is switched off")
    if isinstance(app.revisions, Gap):
        raise Blocked(f"the revisions of {app.name} could not be read: {app.revisions.reason}")
    return tuple(sorted(app.revisions, key=lambda r: r.version, reverse=True))


def named(app: App, version: int) -> Revision:
    """The revision of this number. Raises `Blocked` where it is not there, runs, or cannot be deployed."""
    found = revisions_of(app)
    can = ", ".join(str(one.version) for one in found if one.deployable and not one.deployed)
    one = next((one for one in found if one.version == version), None)
    if one is None:
        raise Blocked(f"{app.name} has no revision {version}; it can go back to: {can or 'none'}")
    if one.deployed:
        raise Blocked(f"{app.name} runs revision {version} already; it can go back to: {can or 'none'}")
    if not one.deployable:
        raise Blocked(
            f"the droplet of revision {version} of {app.name} has expired; it can go back to: {can or 'none'}"
        )
    return one


def last_good(app: App, evidence: Evidence) -> Revision:
    """The safe way back. Raises `Blocked` with the reason where there is none."""
    found = good_revision(app, evidence.collected_at)
    if isinstance(found, Gap):
        raise Blocked(found.reason)
    return found


def released_together(back: Back, evidence: Evidence, known: Tables) -> tuple[Back, ...]:
    """The apps of the same code that the same pipeline changed, with what they ran while `back` still did.

    An app whose running revision no pipeline is known to have made stays as it is.
    """
    running = running_revision(back.app)
    bad = commit_of(evidence, running) if running else None
    if bad is None:
        return ()
    later = [one.created_at for one in revisions_of(back.app) if one.version > back.revision.version]
    ended = min(later, default=evidence.collected_at)
    found = []
    for other in sharing_code(back.app, evidence, known):
        now = running_revision(other)
        if now is None or commit_of(evidence, now) != bad:
            continue
        older = [one for one in revisions_of(other) if one.version < now.version and one.deployable]
        before = next((one for one in older if one.created_at < ended), None)
        if before is not None:
            found.append(Back(other, before))
    return tuple(found)


def sharing_code(app: App, evidence: Evidence, known: Tables) -> tuple[App, ...]:
    """The other apps of the same code, as the worker of a backend."""
    connections = known["connections"]
    rows = () if isinstance(connections, Gap) else connections.rows
    same = {
        str(row.cells["destination" if row.cells["source"] == app.name else "source"])
        for row in rows
        if row.cells["why"] == "shares-code" and app.name in (row.cells["source"], row.cells["destination"])
    }
    apps = seen_apps(evidence)
    return () if isinstance(apps, Gap) else tuple(one for one in apps if one.name in same)
