"""Service credential bindings: services bound to apps, and service keys."""

from __future__ import annotations

from collections.abc import Sequence

from runback.lab.platform.api.apps import app_body
from runback.lab.platform.api.call import Call, Json, base, metadata, related, to_one, update_metadata
from runback.lab.platform.api.paging import listed, with_included
from runback.lab.platform.api.root import accepted, watched
from runback.lab.platform.api.services import instance_body, operation_body, readable
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import CredentialBinding, ServiceInstance, ServicePlan
from runback.lab.server import Response

# cloud_controller_ng, actions/service_credential_binding_key_create.rb
_NO_KEY = "Service credential bindings of type 'key' are not supported for user-provided service instances."


def binding_body(call: Call, binding: CredentialBinding) -> Json:
    path = f"/v3/service_credential_bindings/{binding.guid}"
    links = {
        "self": call.link(path),
        "details": call.link(f"{path}/details"),
        "service_instance": call.link(f"/v3/service_instances/{binding.service_instance_guid}"),
    }
    if call.state.service_instances[binding.service_instance_guid].type == "managed":
        links["parameters"] = call.link(f"{path}/parameters")
    relationships = {"service_instance": to_one(binding.service_instance_guid)}
    if binding.app_guid:
        relationships["app"] = to_one(binding.app_guid)
        links["app"] = call.link(f"/v3/apps/{binding.app_guid}")
    return {
        **base(binding),
        "name": binding.name,
        "type": binding.type,
        "last_operation": operation_body(binding.last_operation),
        "metadata": metadata(binding),
        "relationships": relationships,
        "links": links,
    }


def _space_guid(call: Call, binding: CredentialBinding) -> str:
    """The app's space; that of a key is its instance's (service_credential_binding_view.rb)."""
    app = call.state.apps.get(binding.app_guid or "")
    if app is not None:
        return app.space_guid
    return call.state.service_instances[binding.service_instance_guid].space_guid


def _include_bound_apps(call: Call, bindings: Sequence[CredentialBinding]) -> Json:
    return {"apps": [app_body(call, call.state.apps[each.app_guid]) for each in bindings if each.app_guid]}


def _include_instances(call: Call, bindings: Sequence[CredentialBinding]) -> Json:
    instances = call.state.service_instances
    return {
        "service_instances": [instance_body(call, instances[each.service_instance_guid]) for each in bindings]
    }


_BINDING_INCLUDE = {"app": _include_bound_apps, "service_instance": _include_instances}


def list_bindings(call: Call) -> Response:
    state = call.state

    def instance(binding: CredentialBinding) -> ServiceInstance:
        return state.service_instances[binding.service_instance_guid]

    def plan(binding: CredentialBinding) -> ServicePlan | None:
        return state.plans.get(instance(binding).plan_guid or "")

    def plan_name(binding: CredentialBinding) -> str | None:
        found = plan(binding)
        return found.name if found else None

    def offering(binding: CredentialBinding) -> str | None:
        found = plan(binding)
        return found.offering_guid if found else None

    return listed(
        call,
        [each for each in state.bindings.values() if call.reads(_space_guid(call, each))],
        binding_body,
        {
            "names": lambda each: each.name,
            "type": lambda each: each.type,
            "app_guids": lambda each: each.app_guid,
            "app_names": lambda each: state.apps[each.app_guid].name if each.app_guid else None,
            "service_instance_guids": lambda each: each.service_instance_guid,
            "service_instance_names": lambda each: instance(each).name,
            "service_plan_guids": lambda each: instance(each).plan_guid,
            "service_plan_names": plan_name,
            "service_offering_guids": offering,
            "service_offering_names": lambda each: (
                state.offerings[guid].name if (guid := offering(each)) else None
            ),
        },
        include=_BINDING_INCLUDE,
    )


def _binding(call: Call) -> CredentialBinding:
    return call.found(
        call.state.bindings, "Service credential binding", lambda each: call.reads(_space_guid(call, each))
    )


def show_binding(call: Call) -> Response:
    binding = _binding(call)
    return with_included(call, binding, binding_body(call, binding), _BINDING_INCLUDE)


def create_binding(call: Call) -> Response:
    body = call.body()
    instance = call.state.service_instances.get(related(body, "service_instance"))
    if instance is None or not readable(call, instance):
        raise Refusal("The service instance could not be found")
    managed = instance.type == "managed"
    name = body.get("name")
    if body.get("type") == "key":
        call.need_to_write(instance.space_guid)
        if not managed:
            raise Refusal(_NO_KEY)
        key = call.world.services.key(call.user, instance, str(name or ""))
        return watched(call, "service_bindings.create", key.last_operation, "bind")
    app = call.state.apps.get(related(body, "app"))
    if app is None or not call.reads(app.space_guid):
        raise Refusal("The app could not be found")
    call.need_to_write(app.space_guid)
    binding = call.world.services.bind(call.user, instance, app, name)
    if managed:
        return watched(call, "service_bindings.create", binding.last_operation, "bind")
    return Response.json(binding_body(call, binding), 201)


def update_binding(call: Call) -> Response:
    binding = _binding(call)
    call.need_to_write(_space_guid(call, binding))
    update_metadata(call, binding, call.body())
    return Response.json(binding_body(call, binding))


def delete_binding(call: Call) -> Response:
    binding = _binding(call)
    call.need_to_write(_space_guid(call, binding))
    managed = call.state.service_instances[binding.service_instance_guid].type == "managed"
    call.world.services.unbind(call.user, binding)
    return accepted(call, "service_bindings.delete") if managed else Response(204)


def show_binding_details(call: Call) -> Response:
    binding = _binding(call)
    call.need_secrets(_space_guid(call, binding))
    call.world.services.shown_credentials(call.user, binding)
    return Response.json(
        {"credentials": dict(binding.credentials), "syslog_drain_url": None, "volume_mounts": []}
    )


def show_binding_parameters(call: Call) -> Response:
    binding = _binding(call)
    call.need_secrets(_space_guid(call, binding))
    raise Refusal("This service does not support fetching service binding parameters.", "CF-InvalidRequest")


ENDPOINTS = (
    ("GET", "/v3/service_credential_bindings", list_bindings),
    ("POST", "/v3/service_credential_bindings", create_binding),
    ("GET", "/v3/service_credential_bindings/{guid}", show_binding),
    ("PATCH", "/v3/service_credential_bindings/{guid}", update_binding),
    ("DELETE", "/v3/service_credential_bindings/{guid}", delete_binding),
    ("GET", "/v3/service_credential_bindings/{guid}/details", show_binding_details),
    ("GET", "/v3/service_credential_bindings/{guid}/parameters", show_binding_parameters),
)
