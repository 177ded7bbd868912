"""Makes room in a memory quota by stopping apps that a person chose, and runs the failed jobs again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from runback.model import App, Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Blocked, command
from runback.remedies.reach import Reach, one_name


class _Guid(msgspec.Struct):
    guid: str = ""
    name: str = ""


class _To(msgspec.Struct):
    data: _Guid = msgspec.field(default_factory=_Guid)


class _Owner(msgspec.Struct):
    space: _To = msgspec.field(default_factory=_To)
    organization: _To = msgspec.field(default_factory=_To)


class _Owned(msgspec.Struct):
    guid: str
    name: str
    created_at: datetime
    state: str = ""
    relationships: _Owner = msgspec.field(default_factory=_Owner)


def apps_named(reach: Reach, names: Sequence[str]) -> tuple[App, ...]:
    """The apps of these names with their places. Raises `Blocked` for a name that is no app, or several."""
    found = []
    for name in names:
        seen = reach.listed(f"/v3/apps?names={one_name(name)}", _Owned)
        if len(seen) != 1:
            raise Blocked(f"{len(seen) or 'no'} apps are called {name!r}")
        space = reach.read(f"/v3/spaces/{seen[0].relationships.space.data.guid}", _Owned)
        org = reach.read(f"/v3/organizations/{space.relationships.organization.data.guid}", _Guid)
        found.append(
            App(
                guid=seen[0].guid,
                name=seen[0].name,
                space=space.name,
                org=org.name,
                state=seen[0].state,
                created_at=seen[0].created_at,
            )
        )
    return tuple(found)


def stopping(apps: Sequence[App], again: Plan) -> Plan:
    """Stops each app, then does what `again` plans."""
    steps = tuple(
        PlanStep(
            sentence=f"Stop {app.name} in {app.space}, as you chose.",
            command=f"{command('cf', 'target', '-o', app.org, '-s', app.space)} && "
            f"{command('cf', 'stop', app.name)}",
            changes=f"{app.name} serves nobody, and its memory is free",
            interrupts=True,
            undo=command("cf", "start", app.name),
            needs=DEVELOPER,
            action="POST /v3/apps/{guid}/actions/stop",
            parameters={"guid": app.guid},
        )
        for app in apps
    )
    names = ", ".join(app.name for app in apps)
    return Plan(
        remedy="free-memory",
        sentence=f"Stop {names}, and run the failed jobs again.",
        safe=False,
        steps=(*steps, *again.steps),
    )
