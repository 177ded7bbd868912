"""Bindings of services to apps."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runback.model import Scalar
from runback.remedies.actions.apps import app_of
from runback.remedies.actions.interface import Action, Handle, Look
from runback.remedies.parameters import Parameters, text
from runback.remedies.reach import Guid, NotDone, Reach, one_name


class _Operation(msgspec.Struct):
    state: str = ""
    description: str | None = None


class Binding(msgspec.Struct):
    guid: str
    last_operation: _Operation | None = None


def _instance(reach: Reach, given: Parameters) -> str | None:
    """The guid of the service instance of this name in the app's own space."""
    app = app_of(reach, given, "app")
    if app is None or app.space is None:
        return None
    query = f"names={one_name(text(given, 'service'))}&space_guids={app.space}"
    found = reach.listed(f"/v3/service_instances?{query}", Guid)
    return found[0].guid if found else None


def _binding(reach: Reach, given: Parameters, instance: str) -> Binding | None:
    query = f"type=app&app_guids={text(given, 'app')}&service_instance_guids={instance}"
    found = reach.listed(f"/v3/service_credential_bindings?{query}", Binding)
    return found[0] if found else None


def _state(binding: Binding | None) -> str:
    if binding is None:
        return "not bound"
    return binding.last_operation.state if binding.last_operation else "succeeded"


class Bind(Action):
    def look(self, reach: Reach, given: Parameters) -> Look:
        instance = _instance(reach, given)
        if instance is None:
            return Look({}, moved=f"the app or the service {text(given, 'service')} is not there any more")
        state = _state(_binding(reach, given, instance))
        before: dict[str, Scalar] = {"binding": state, "instance": instance}
        if state == "in progress":
            return Look(before, moved="the service is being bound or unbound just now")
        return Look(before, done=state == "succeeded")

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        instance = str(look.before["instance"])
        reach.send(
            "POST",
            "/v3/service_credential_bindings",
            {
                "type": "app",
                "relationships": {
                    "app": {"data": {"guid": text(given, "app")}},
                    "service_instance": {"data": {"guid": instance}},
                },
            },
        )
        return {"instance": instance}

    def settle(self, reach: Reach, given: Parameters, handle: Handle) -> None:
        binding = _binding(reach, given, handle.get("instance") or _instance(reach, given) or "")
        if _state(binding) != "succeeded":
            raise NotDone(f"the binding of {text(given, 'service')} is {_state(binding)}")

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        if before.get("binding") == "succeeded":
            return "the service was bound before: it stays so"
        binding = _binding(reach, given, _instance(reach, given) or "")
        if binding is None:
            return "the service is not bound"
        reach.send("DELETE", f"/v3/service_credential_bindings/{binding.guid}")
        return "unbound the service again"


class Unbind(Action):
    """Given `app` and `service`, as `Bind` is."""

    def look(self, reach: Reach, given: Parameters) -> Look:
        instance = _instance(reach, given)
        if instance is None:
            return Look({}, moved=f"the app or the service {text(given, 'service')} is not there any more")
        binding = _binding(reach, given, instance)
        before: dict[str, Scalar] = {"binding": _state(binding), "guid": binding.guid if binding else None}
        return Look(before, done=binding is None)

    def do(self, reach: Reach, given: Parameters, look: Look) -> Handle:
        reach.send("DELETE", f"/v3/service_credential_bindings/{look.before['guid']}")
        return {}

    def undo(self, reach: Reach, given: Parameters, before: Mapping[str, Scalar], handle: Handle) -> str:
        bind = Bind()
        look = bind.look(reach, given)
        if look.moved:
            raise NotDone(look.moved)
        if not look.done:
            bind.do(reach, given, look)
        return "bound the service again, with new credentials"
