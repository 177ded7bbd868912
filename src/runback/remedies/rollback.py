"""Goes back to the last revision that ran well."""

from __future__ import annotations

import json

from runback.facts.events import crash_events
from runback.facts.revisions import SETTLED, running_revision
from runback.model import App, Evidence, Gap, Plan, PlanStep, Revision
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space


def plan(asked: Asked) -> Plan:
    app = asked.app()
    back = last_good(app, asked.evidence)
    running = running_revision(app)
    undo = ""
    if running is not None:
        undo = command("cf", "rollback", app.name, "--version", str(running.version), "-f")
    roll = PlanStep(
        sentence=f"Let {app.name} run its revision {back.version} of {back.created_at:%Y-%m-%d} again.",
        command=command("cf", "rollback", app.name, "--version", str(back.version), "-f"),
        changes="droplet, environment variables and start command; "
        "not bindings, routes, network policies, scale or the database",
        undo=undo,
        needs=DEVELOPER,
        action="POST /v3/deployments",
        parameters={"app": app.guid, "revision": back.guid, "strategy": "rolling"},
    )
    same = PlanStep(sentence="The same without the rollback command of cf 8:", command=_curl(app, back))
    return Plan(
        remedy=asked.remedy,
        sentence=f"Go back to revision {back.version} of {app.name}, the last one that ran well.",
        safe=False,
        steps=(*go_to_space(asked, app), roll, same),
    )


def _curl(app: App, revision: Revision) -> str:
    body = {
        "revision": {"guid": revision.guid},
        "relationships": {"app": {"data": {"guid": app.guid}}},
        "strategy": "rolling",
    }
    return command("cf", "curl", "/v3/deployments", "-X", "POST", "-d", json.dumps(body))


def last_good(app: App, evidence: Evidence) -> Revision:
    """The newest revision before the running one that ran ten minutes without a crash and can be deployed.

    Raises `Blocked` with the reason where there is none.
    """
    if app.revisions_enabled is False:
        raise Blocked(f"{app.name} keeps no revisions: the feature is switched off")
    if isinstance(app.revisions, Gap):
        raise Blocked(f"the revisions of {app.name} could not be read: {app.revisions.reason}")
    events = crash_events(app)
    if isinstance(events, Gap):
        raise Blocked(f"whether a revision ran well cannot be said: {events.reason}")
    running = running_revision(app)
    until = evidence.collected_at
    for revision in sorted(app.revisions, key=lambda r: r.version, reverse=True):
        began, ended = revision.created_at, until
        until = began
        if running is not None and revision.version >= running.version:
            continue
        crashed = any(began <= event.at < ended for event in events)
        if revision.deployable and not crashed and (ended - began).total_seconds() >= SETTLED:
            return revision
    raise Blocked(f"no earlier revision of {app.name} is known to have run well and can still be deployed")
