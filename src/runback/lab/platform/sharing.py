"""Service instances that a space lets other spaces use.

Rules and words: cloud_controller_ng, actions/service_instance_share.rb and service_instance_unshare.rb.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from runback.lab.platform import brokers
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Party, ServiceInstance, Space, User

if TYPE_CHECKING:
    from runback.lab.platform.world import World


class Sharing:
    def __init__(self, world: World) -> None:
        self._world = world

    def share(self, actor: User, instance: ServiceInstance, spaces: Iterable[Space]) -> None:
        """Let apps of these spaces be bound to the instance."""
        found = list(spaces)
        offering = brokers.offering(self._world, instance)
        if offering is None:
            raise Refusal("User-provided services cannot be shared.")
        if not offering.shareable:
            raise Refusal(f"The {offering.name} service does not support service instance sharing.")
        for space in found:
            self._check(instance, space)
        instance.shared_with += [space.guid for space in found if space.guid not in instance.shared_with]
        self._event("share", actor, instance, {"target_space_guids": [space.guid for space in found]})

    def unshare(self, actor: User, instance: ServiceInstance, space: Space) -> None:
        """Take it from a space again; the bindings of that space's apps go with it."""
        state = self._world.state
        for binding in list(state.bindings.values()):
            app = state.apps.get(binding.app_guid or "")
            if binding.service_instance_guid == instance.guid and app and app.space_guid == space.guid:
                self._world.services.unbind(actor, binding)
        instance.shared_with = [guid for guid in instance.shared_with if guid != space.guid]
        self._event("unshare", actor, instance, {"target_space_guid": space.guid})

    def _check(self, instance: ServiceInstance, space: Space) -> None:
        if space.guid == instance.space_guid:
            raise Refusal(
                f"Unable to share service instance '{instance.name}' with space '{space.guid}'. "
                "Service instances cannot be shared into the space where they were created."
            )
        for other in self._world.state.service_instances.values():
            if other.name == instance.name and other.space_guid == space.guid:
                raise Refusal(f"A service instance called {instance.name} already exists in {space.name}.")
            if other.name == instance.name and space.guid in other.shared_with:
                raise Refusal(
                    f"A service instance called {instance.name} has already been shared with {space.name}."
                )

    def _event(self, verb: str, actor: User, instance: ServiceInstance, data: dict[str, object]) -> None:
        target = Party(instance.guid, "service_instance", instance.name)
        space = self._world.state.spaces[instance.space_guid]
        self._world.events.record(f"audit.service_instance.{verb}", actor, target, data, space=space)
