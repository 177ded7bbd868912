"""Gives a service instance its old name again, which code, scripts and the other apps know."""

from __future__ import annotations

from runback.facts import views
from runback.facts.processes import is_down
from runback.model import Gap, Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space
from runback.remedies.restarts import restart

_NAME = r"[\w.-]{1,250}"


def plan(asked: Asked) -> Plan:
    app = asked.app()
    now, name = asked.word("service", _NAME), asked.word("name", _NAME)
    world = views.platform(asked.evidence)
    services = () if world is None or isinstance(world.services, Gap) else world.services
    found = next((one for one in services if one.name == now and one.space == app.space), None)
    if found is None:
        raise Blocked(f"the space {app.space} has no service {now}")
    rename = PlanStep(
        sentence=f"Call {now} {name} again.",
        command=command("cf", "rename-service", now, name),
        changes="its name in VCAP_SERVICES of every app that is bound to it, at their next start",
        undo=command("cf", "rename-service", name, now),
        needs=DEVELOPER,
        action="PATCH /v3/service_instances/{guid}",
        parameters={"guid": found.guid, "name": name},
    )
    steps = (*go_to_space(asked, app), rename, *([restart(app)] if is_down(app) else []))
    return Plan(
        remedy=asked.remedy,
        sentence=f"Give {now} its name {name} back: its bindings and what it holds stay.",
        safe=True,
        steps=steps,
    )
