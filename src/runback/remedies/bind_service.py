"""Binds a service instance to an app, and lets the app see it."""

from __future__ import annotations

from runback.model import App, Gap, Plan, PlanStep, Platform, Service
from runback.remedies.interface import DEVELOPER, Asked, Blocked, command, go_to_space
from runback.remedies.restarts import RESTAGE, sees_service


def plan(asked: Asked) -> Plan:
    app = asked.app()
    service = _instance(asked, app)
    bind = PlanStep(
        sentence=f"Bind {service.name} to {app.name}.",
        command=command("cf", "bind-service", app.name, service.name),
        changes=f"new credentials of {service.name} for {app.name}; the process does not see them yet",
        undo=command("cf", "unbind-service", app.name, service.name),
        needs=DEVELOPER,
        action="POST /v3/service_credential_bindings",
        parameters={"app": app.guid, "service": service.name},
    )
    then, why = sees_service(app, service)
    verb = "restage" if then.action == RESTAGE else "restart"
    return Plan(
        remedy=asked.remedy,
        sentence=f"Bind {service.name} to {app.name} again and {verb} it: {why}.",
        safe=True,
        steps=(*go_to_space(asked, app), bind, then),
    )


def _instance(asked: Asked, app: App) -> Service:
    """The service instance that the page names, in the app's own space."""
    name, world = asked.parameters.get("service", ""), asked.evidence.platform
    known = world.services if isinstance(world, Platform) else ()
    for service in () if isinstance(known, Gap) else known:
        if (service.name, service.space) == (name, app.space):
            return service
    raise Blocked(f"no service instance {name!r} is known in the space {app.space}")
