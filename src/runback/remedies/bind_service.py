"""Binds a service instance to an app, and lets the app see it."""

from __future__ import annotations

from runback.facts.services import services_of_space
from runback.model import Gap, Plan, PlanStep
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space
from runback.remedies.restarts import restart


def plan(asked: Asked) -> Plan:
    app = asked.app()
    service = asked.parameters.get("service", "")
    known = services_of_space(asked.evidence, app.space)
    if isinstance(known, Gap) or service not in known:
        raise Blocked(f"no service instance {service!r} is known in the space {app.space}")
    bind = PlanStep(
        sentence=f"Bind {service} to {app.name}.",
        command=command("cf", "bind-service", app.name, service),
        changes=f"new credentials of {service} for {app.name}; the running process does not see them yet",
        undo=command("cf", "unbind-service", app.name, service),
        needs=DEVELOPER,
        action="POST /v3/service_credential_bindings",
        parameters={"app": app.guid, "service": service},
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Bind {service} to {app.name} again and restart it.",
        safe=True,
        steps=(*go_to_space(asked, app), bind, restart(app)),
    )
