"""Service instances shared with other spaces: service_instances_controller.rb of Cloud Controller."""

from __future__ import annotations

from runback.lab.platform.api.call import Call
from runback.lab.platform.api.services import instance_of
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import ServiceInstance, Space
from runback.lab.server import Response

_SHARED = "/v3/service_instances/{guid}/relationships/shared_spaces"


def _path(instance: ServiceInstance) -> str:
    return _SHARED.replace("{guid}", instance.guid)


def _listed(call: Call, instance: ServiceInstance) -> Response:
    body = {
        "data": [{"guid": guid} for guid in instance.shared_with],
        "links": {"self": call.link(_path(instance))},
    }
    asked = call.request.query
    if any(name.startswith("fields[space") for name in asked):
        spaces = [call.state.spaces[guid] for guid in instance.shared_with]
        owners = list(dict.fromkeys(space.organization_guid for space in spaces))
        body["included"] = {
            "spaces": [_named(space) for space in spaces],
            "organizations": [{"guid": guid, "name": call.state.organizations[guid].name} for guid in owners],
        }
    return Response.json(body)


def _named(space: Space) -> dict[str, object]:
    organization = {"data": {"guid": space.organization_guid}}
    return {"guid": space.guid, "name": space.name, "relationships": {"organization": organization}}


def show_shared_spaces(call: Call) -> Response:
    return _listed(call, instance_of(call))


def show_shared_usage(call: Call) -> Response:
    instance = instance_of(call)
    state = call.state
    bound = [
        state.apps[each.app_guid].space_guid
        for each in state.bindings.values()
        if each.service_instance_guid == instance.guid and each.app_guid
    ]
    summary = [
        {"space": {"guid": guid}, "bound_app_count": bound.count(guid)} for guid in instance.shared_with
    ]
    path = _path(instance)
    links = {
        "self": call.link(f"{path}/usage_summary"),
        "shared_spaces": call.link(path),
        "service_instance": call.link(f"/v3/service_instances/{instance.guid}"),
    }
    return Response.json({"usage_summary": summary, "links": links})


def share(call: Call) -> Response:
    if not call.state.feature_flags["service_instance_sharing"]:
        raise Refusal("Feature Disabled: service_instance_sharing", "CF-FeatureDisabled")
    instance = instance_of(call)
    call.need_to_write(instance.space_guid)
    given = call.body().get("data")
    guids = (
        [str(one.get("guid")) for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    )
    spaces = [_target(call, instance, guid) for guid in guids]
    call.world.sharing.share(call.user, instance, spaces)
    return _listed(call, instance)


def _target(call: Call, instance: ServiceInstance, guid: str) -> Space:
    space = call.state.spaces.get(guid)
    if space is None or not call.reads(guid):
        raise Refusal(
            f"Unable to share service instance {instance.name} with spaces ['{guid}']. "
            "Ensure the spaces exist and that you have access to them."
        )
    call.need_to_write(guid)
    return space


def unshare(call: Call) -> Response:
    instance = instance_of(call)
    call.need_to_write(instance.space_guid)
    space = call.state.spaces.get(call.param("space_guid"))
    if space is None:
        raise Refusal(
            f"Unable to unshare service instance from space {call.param('space_guid')}. "
            "Ensure the space exists."
        )
    call.world.sharing.unshare(call.user, instance, space)
    return Response(204)


ENDPOINTS = (
    ("GET", _SHARED, show_shared_spaces),
    ("POST", _SHARED, share),
    ("DELETE", f"{_SHARED}/{{space_guid}}", unshare),
    ("GET", f"{_SHARED}/usage_summary", show_shared_usage),
)
