"""Maps a route to an app again; makes it first where it is gone."""

from __future__ import annotations

from runback.model import Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, command, go_to_space

_HOST = r"[A-Za-z0-9*-]+(\.[A-Za-z0-9-]+)+"


def plan(asked: Asked) -> Plan:
    """`route` is host and domain: tdp-backend-raft.apps.internal."""
    app = asked.app()
    url = asked.word("route", _HOST)
    host, _, domain = url.partition(".")
    step = PlanStep(
        sentence=f"Map {url} to {app.name}.",
        command=command("cf", "map-route", app.name, domain, "--hostname", host),
        changes=f"requests to {url} reach {app.name}; the route is made where it is gone",
        undo=command("cf", "unmap-route", app.name, domain, "--hostname", host),
        needs=DEVELOPER,
        action="POST /v3/routes/{guid}/destinations",
        parameters={"app": app.guid, "host": host, "domain": domain},
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Map the route {url} to {app.name} again.",
        safe=True,
        steps=(*go_to_space(asked, app), step),
    )
