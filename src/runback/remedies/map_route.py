"""Maps a route to an app, making it first where it is gone; unmaps it; moves it from one app to another."""

from __future__ import annotations

from runback.model import App, Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, command, go_to_space

HOST = r"[A-Za-z0-9*-]+(\.[A-Za-z0-9-]+)+(/[\w./-]+)?"


def plan(asked: Asked) -> Plan:
    """`route` is host and domain: tdp-backend-raft.apps.internal."""
    app, url = asked.app(), asked.word("route", HOST)
    return _plan(asked, app, f"Map the route {url} to {app.name} again.", step(app, url), safe=True)


def unmap(asked: Asked) -> Plan:
    """`route` leads to `app`, and must not."""
    app, url = asked.app(), asked.word("route", HOST)
    return _plan(asked, app, f"Take the route {url} from {app.name}.", _unmapped(app, url))


def move(asked: Asked) -> Plan:
    """`route` leads to `from`, and should lead to `app`: for a moment it leads to both, and never to none."""
    old, new, url = asked.app("from"), asked.app(), asked.word("route", HOST)
    sentence = f"Let the route {url} lead to {new.name} and not to {old.name}."
    return _plan(asked, new, sentence, step(new, url), _unmapped(old, url))


def _plan(asked: Asked, app: App, sentence: str, *steps: PlanStep, safe: bool = False) -> Plan:
    steps = (*go_to_space(asked, app), *steps)
    return Plan(remedy=asked.remedy, sentence=sentence, safe=safe, steps=steps)


def step(app: App, url: str) -> PlanStep:
    """Maps host.domain, which may have a path behind it."""
    bare, _, path = url.partition("/")
    host, _, domain = bare.partition(".")
    words = (app.name, domain, "--hostname", host, *(("--path", path) if path else ()))
    return PlanStep(
        sentence=f"Map {url} to {app.name}.",
        command=command("cf", "map-route", *words),
        changes=f"requests to {url} reach {app.name}; the route is made where it is gone",
        undo=command("cf", "unmap-route", *words),
        needs=DEVELOPER,
        action="POST /v3/routes/{guid}/destinations",
        parameters={"app": app.guid, "host": host, "domain": domain, "path": f"/{path}" if path else None},
    )


def _unmapped(app: App, url: str) -> PlanStep:
    """The way back of `step`, as a step of its own."""
    mapped = step(app, url)
    return PlanStep(
        sentence=f"Take {url} from {app.name}.",
        command=mapped.undo,
        changes=f"requests to {url} do not reach {app.name} any more",
        undo=mapped.command,
        needs=mapped.needs,
        action="DELETE /v3/routes/{guid}/destinations",
        parameters=mapped.parameters,
    )
