"""What service brokers do: they make, change and bind, at once or by and by, and give credentials.

Credentials are made up by the lab from the offering's template and say that they are fake.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from runback.lab.platform.state import LastOperation, ServiceInstance, ServiceOffering

if TYPE_CHECKING:
    from runback.lab.platform.world import World


def offering(world: World, instance: ServiceInstance) -> ServiceOffering | None:
    """What a managed instance is one of; None of a user-provided one."""
    plan = world.state.plans.get(instance.plan_guid or "")
    return world.state.offerings[plan.offering_guid] if plan else None


def ask(
    world: World,
    operation: LastOperation,
    seconds: float,
    failure: str,
    done: Callable[[], None] | None = None,
) -> None:
    """Have the broker do it: now, or by and by, with the end that it comes to; `done` where that is good."""
    clock = world.clock

    def end() -> None:
        operation.state = "failed" if failure else "succeeded"
        # lib/services/service_brokers/v2/errors/service_broker_bad_response.rb; a failed last operation has
        # the broker's own words
        operation.description = failure if seconds or not failure else f"Service broker error: {failure}"
        operation.updated_at = clock.now()
        if done is not None and not failure:
            done()

    if seconds:
        operation.state = "in progress"
        clock.after(seconds, end)
    else:
        end()


def credentials(world: World, instance: ServiceInstance) -> dict[str, object]:
    """What a new binding to the instance gets."""
    of = offering(world, instance)
    if of is None:
        return dict(instance.credentials)
    digest = hashlib.sha256(instance.guid.encode()).hexdigest()
    values = {"name": instance.name, "id": digest[:12], "secret": f"fake-{digest[12:36]}"}
    return {key: _filled(value, values) for key, value in of.credentials.items()}


def _filled(value: object, values: dict[str, str]) -> object:
    return value.format(**values) if isinstance(value, str) else value
