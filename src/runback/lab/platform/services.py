"""Service instances and their bindings, and the VCAP_SERVICES that an app gets of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runback.lab.platform import brokers
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import (
    App,
    CredentialBinding,
    LastOperation,
    Party,
    ServiceInstance,
    ServicePlan,
    Space,
    User,
)

if TYPE_CHECKING:
    from runback.lab.platform.world import World


# errors/v2.yml
_BUSY = "An operation for service instance {name} is in progress."


class Services:
    def __init__(self, world: World) -> None:
        self._world = world

    def find(self, space: Space, name: str) -> ServiceInstance | None:
        return next(
            (
                instance
                for instance in self._world.state.service_instances.values()
                if instance.name == name and space.guid in (instance.space_guid, *instance.shared_with)
            ),
            None,
        )

    def create(
        self, actor: User, space: Space, name: str, plan: ServicePlan, tags: tuple[str, ...] = ()
    ) -> ServiceInstance:
        """An instance, which its broker makes at once or by and by; it may fail."""
        instance = self._new(actor, space, name, "managed", tags)
        instance.plan_guid = plan.guid
        offering = self._world.state.offerings[plan.offering_guid]
        brokers.ask(self._world, instance.last_operation, offering.create_seconds, offering.failure)
        begun = instance.last_operation.state == "in progress"
        self._event(f"audit.service_instance.{'start_create' if begun else 'create'}", actor, instance)
        return instance

    def create_user_provided(
        self, actor: User, space: Space, name: str, credentials: dict[str, object]
    ) -> ServiceInstance:
        instance = self._new(actor, space, name, "user-provided", ())
        instance.credentials = dict(credentials)
        self._event("audit.user_provided_service_instance.create", actor, instance)
        return instance

    def update_user_provided(
        self, actor: User, instance: ServiceInstance, credentials: dict[str, object]
    ) -> None:
        """Other credentials; the bindings have them at once, processes when they are started anew."""
        instance.credentials = dict(credentials)
        instance.last_operation = self._operation("update", "Operation succeeded")
        instance.updated_at = self._world.clock.now()
        for binding in self._world.state.bindings.values():
            if binding.service_instance_guid == instance.guid:
                binding.credentials = dict(credentials)
        self._event("audit.user_provided_service_instance.update", actor, instance)

    def rename(self, actor: User, instance: ServiceInstance, name: str) -> None:
        """Bindings stay; processes see the new name in VCAP_SERVICES when they are started anew."""
        self._check_idle(instance)
        space = self._world.state.spaces[instance.space_guid]
        self._check_name(space, name)
        instance.name, instance.updated_at = name, self._world.clock.now()
        instance.last_operation = self._operation("update", "Operation succeeded")
        provided = "user_provided_" if instance.type == "user-provided" else ""
        self._event(f"audit.{provided}service_instance.update", actor, instance)

    def change_plan(self, actor: User, instance: ServiceInstance, plan: ServicePlan) -> None:
        """Have the broker move the instance to another plan, which it may take hours for, or refuse."""
        self._check_idle(instance)
        operation = instance.last_operation = self._operation("update")
        offering = self._world.state.offerings[plan.offering_guid]

        def moved() -> None:
            instance.plan_guid, instance.updated_at = plan.guid, self._world.clock.now()

        brokers.ask(self._world, operation, offering.create_seconds, offering.failure, moved)
        begun = operation.state == "in progress"
        self._event(f"audit.service_instance.{'start_update' if begun else 'update'}", actor, instance)

    def delete(self, actor: User, instance: ServiceInstance) -> None:
        self._check_idle(instance)
        if any(b.service_instance_guid == instance.guid for b in self._world.state.bindings.values()):
            # service_instance_delete.rb, as the v3 API words it
            raise Refusal(
                "Please delete the service_bindings, service_keys, routes and shares associations "
                "for your service instances."
            )
        del self._world.state.service_instances[instance.guid]
        self._event("audit.service_instance.delete", actor, instance)

    def bind(
        self, actor: User, instance: ServiceInstance, app: App, name: str | None = None
    ) -> CredentialBinding:
        """Bind an instance to an app; the app's processes see it when they are started anew."""
        self._check_ready(instance)
        before = self.binding(instance, app)
        if before is not None and before.last_operation.state == "failed":
            del self._world.state.bindings[before.guid]
        elif before is not None and before.last_operation.state == "in progress":
            raise Refusal(
                "There is already a binding in progress for this service instance and app "
                f"(binding guid: {before.guid})"
            )
        elif before is not None:
            raise Refusal("The app is already bound to the service instance")
        if app.space_guid not in (instance.space_guid, *instance.shared_with):
            raise Refusal("The service instance and the app are in different spaces")
        binding = self._bind(instance, "app", name, app)
        ends = {"app": app.guid, "service_instance": instance.guid}
        related = {kind: {"data": {"guid": guid}} for kind, guid in ends.items()}
        begun = binding.last_operation.state == "in progress"
        data: dict[str, object] = {"request": {"type": "app", "name": name, "relationships": related}}
        target = Party(binding.guid, "service_binding", name or "")
        space = self._world.state.spaces[app.space_guid]
        kind = f"audit.service_binding.{'start_create' if begun else 'create'}"
        self._world.events.record(kind, actor, target, data, space=space)
        return binding

    def key(self, actor: User, instance: ServiceInstance, name: str) -> CredentialBinding:
        """A service key."""
        self._check_ready(instance)
        if any(
            b.type == "key" and b.service_instance_guid == instance.guid and b.name == name
            for b in self._world.state.bindings.values()
        ):
            raise Refusal(
                "The binding name is invalid. Key binding names must be unique. "
                f"The service instance already has a key binding with name '{name}'."
            )
        binding = self._bind(instance, "key", name, None)
        space = self._world.state.spaces[instance.space_guid]
        self._world.events.record(
            "audit.service_key.create", actor, Party(binding.guid, "service_key", name), space=space
        )
        return binding

    def unbind(self, actor: User, binding: CredentialBinding) -> None:
        state = self._world.state
        app = state.apps.get(binding.app_guid or "")
        instance = state.service_instances[binding.service_instance_guid]
        space = state.spaces[app.space_guid if app else instance.space_guid]
        kind = "service_binding" if binding.type == "app" else "service_key"
        if binding.last_operation.state == "in progress":
            raise Refusal(
                "The delete request was rejected due to an operation being in progress for the service "
                "binding."
            )
        del state.bindings[binding.guid]
        target = Party(binding.guid, kind, binding.name or "")
        # service_generic_binding_event_repository.rb
        ends = {"app_guid": binding.app_guid, "service_instance_guid": binding.service_instance_guid}
        data: dict[str, object] = {"request": {**ends, "route_guid": None}}
        self._world.events.record(f"audit.{kind}.delete", actor, target, data, space=space)

    def shown_credentials(self, actor: User, binding: CredentialBinding) -> None:
        """Write the event that reading a binding's details writes."""
        state = self._world.state
        space = state.spaces[state.service_instances[binding.service_instance_guid].space_guid]
        kind = "service_binding" if binding.type == "app" else "service_key"
        target = Party(binding.guid, kind, binding.name or "")
        self._world.events.record(f"audit.{kind}.show", actor, target, space=space)

    def binding(self, instance: ServiceInstance, app: App) -> CredentialBinding | None:
        return next(
            (
                binding
                for binding in self._world.state.bindings.values()
                if binding.service_instance_guid == instance.guid and binding.app_guid == app.guid
            ),
            None,
        )

    def of(self, app: App) -> list[CredentialBinding]:
        return [binding for binding in self._world.state.bindings.values() if binding.app_guid == app.guid]

    def vcap_services(self, app: App) -> dict[str, list[dict[str, object]]]:
        """VCAP_SERVICES as the next process of the app would get it."""
        state = self._world.state
        found: dict[str, list[dict[str, object]]] = {}
        for binding in self.of(app):
            if binding.last_operation.state != "succeeded":
                continue
            instance = state.service_instances[binding.service_instance_guid]
            plan = state.plans[instance.plan_guid] if instance.plan_guid else None
            offering = state.offerings[plan.offering_guid] if plan else None
            label = offering.name if offering else "user-provided"
            entry: dict[str, object] = {
                "label": label,
                "provider": None,
                "plan": plan.name if plan else None,
                "name": binding.name or instance.name,
                "tags": [*(offering.tags if offering else ()), *instance.tags],
                "instance_guid": instance.guid,
                "instance_name": instance.name,
                "binding_guid": binding.guid,
                "binding_name": binding.name,
                "credentials": binding.credentials,
                "syslog_drain_url": None,
                "volume_mounts": [],
            }
            found.setdefault(label, []).append(entry)
        return found

    def forget(self, app: App) -> None:
        """Bindings of a deleted app go with it."""
        bindings = self._world.state.bindings
        for guid in [guid for guid, binding in bindings.items() if binding.app_guid == app.guid]:
            del bindings[guid]

    def _new(
        self, actor: User, space: Space, name: str, type_: str, tags: tuple[str, ...]
    ) -> ServiceInstance:
        self._check_name(space, name)
        now = self._world.clock.now()
        instance = ServiceInstance(
            guid=self._world.guid(),
            created_at=now,
            updated_at=now,
            name=name,
            space_guid=space.guid,
            type="managed" if type_ == "managed" else "user-provided",
            tags=tags,
            last_operation=self._operation(),
        )
        self._world.state.service_instances[instance.guid] = instance
        return instance

    def _bind(
        self, instance: ServiceInstance, type_: str, name: str | None, app: App | None
    ) -> CredentialBinding:
        now = self._world.clock.now()
        binding = CredentialBinding(
            guid=self._world.guid(),
            created_at=now,
            updated_at=now,
            type="app" if type_ == "app" else "key",
            service_instance_guid=instance.guid,
            app_guid=app.guid if app else None,
            name=name,
            credentials=brokers.credentials(self._world, instance),
            last_operation=self._operation(),
        )
        self._world.state.bindings[binding.guid] = binding
        if offering := brokers.offering(self._world, instance):
            brokers.ask(self._world, binding.last_operation, offering.bind_seconds, offering.failure)
        return binding

    def _check_name(self, space: Space, name: str) -> None:
        if self.find(space, name) is not None:
            raise Refusal(f"The service instance name is taken: {name}.")

    def _check_idle(self, instance: ServiceInstance) -> None:
        if instance.last_operation.state == "in progress":
            raise Refusal(_BUSY.format(name=instance.name), "CF-AsyncServiceInstanceOperationInProgress")

    def _check_ready(self, instance: ServiceInstance) -> None:
        # app/actions/v3/service_binding_create.rb
        operation = instance.last_operation
        if operation.type == "create" and operation.state == "failed":
            raise Refusal("The service instance could not be found")
        if operation.state == "in progress":
            raise Refusal("There is an operation in progress for the service instance")

    def _operation(self, type_: str = "create", description: str = "") -> LastOperation:
        now = self._world.clock.now()
        return LastOperation(type=type_, description=description, created_at=now, updated_at=now)

    def _event(self, type_: str, actor: User, instance: ServiceInstance) -> None:
        target = Party(instance.guid, "service_instance", instance.name)
        space = self._world.state.spaces[instance.space_guid]
        self._world.events.record(type_, actor, target, space=space)
