"""Service instances, and their bindings and keys."""

from __future__ import annotations

from collections.abc import Sequence

from runback.lab.platform.api.call import Call, Json, base, metadata, related, stamp, to_one, update_metadata
from runback.lab.platform.api.catalog import broker_body, offering_body, plan_body
from runback.lab.platform.api.paging import listed, with_included
from runback.lab.platform.api.root import accepted, watched
from runback.lab.platform.api.spaces import organization_body, space_body
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import LastOperation, ServiceInstance, ServicePlan
from runback.lab.server import Response


def operation_body(operation: LastOperation) -> Json:
    return {
        "type": operation.type,
        "state": operation.state,
        "description": operation.description,
        "created_at": stamp(operation.created_at),
        "updated_at": stamp(operation.updated_at),
    }


def instance_body(call: Call, instance: ServiceInstance) -> Json:
    path = f"/v3/service_instances/{instance.guid}"
    query = f"service_instance_guids={instance.guid}"
    body: Json = {
        **base(instance),
        "name": instance.name,
        "tags": list(instance.tags),
        "type": instance.type,
        "last_operation": operation_body(instance.last_operation),
        "relationships": {"space": to_one(instance.space_guid)},
        "metadata": metadata(instance),
        "links": {
            "self": call.link(path),
            "space": call.link(f"/v3/spaces/{instance.space_guid}"),
            "service_credential_bindings": call.link(f"/v3/service_credential_bindings?{query}"),
            "service_route_bindings": call.link(f"/v3/service_route_bindings?{query}"),
        },
    }
    if instance.type == "user-provided":
        body |= {"syslog_drain_url": None, "route_service_url": None}
        body["links"]["credentials"] = call.link(f"{path}/credentials")
        return body
    body |= {
        "maintenance_info": {},
        "upgrade_available": False,
        "dashboard_url": None,
        "broker_provided_metadata": {"labels": {}, "attributes": {}},
    }
    body["relationships"]["service_plan"] = to_one(instance.plan_guid)
    body["links"] |= {
        "service_plan": call.link(f"/v3/service_plans/{instance.plan_guid}"),
        "parameters": call.link(f"{path}/parameters"),
        "shared_spaces": call.link(f"{path}/relationships/shared_spaces"),
    }
    return body


def _plans(call: Call, instances: Sequence[ServiceInstance]) -> list[ServicePlan]:
    return [call.state.plans[each.plan_guid] for each in instances if each.plan_guid]


def _include_spaces(call: Call, instances: Sequence[ServiceInstance]) -> Json:
    return {"spaces": [space_body(call, call.state.spaces[each.space_guid]) for each in instances]}


def _include_organizations(call: Call, instances: Sequence[ServiceInstance]) -> Json:
    guids = [call.state.spaces[each.space_guid].organization_guid for each in instances]
    return {"organizations": [organization_body(call, call.state.organizations[guid]) for guid in guids]}


def _include_plans(call: Call, instances: Sequence[ServiceInstance]) -> Json:
    return {"service_plans": [plan_body(call, plan) for plan in _plans(call, instances)]}


def _include_offerings(call: Call, instances: Sequence[ServiceInstance]) -> Json:
    offerings = call.state.offerings
    return {
        "service_offerings": [
            offering_body(call, offerings[plan.offering_guid]) for plan in _plans(call, instances)
        ]
    }


def _include_brokers(call: Call, instances: Sequence[ServiceInstance]) -> Json:
    state = call.state
    guids = [state.offerings[plan.offering_guid].broker_guid for plan in _plans(call, instances)]
    return {"service_brokers": [broker_body(call, state.brokers[guid]) for guid in guids]}


_FIELDS = {
    "fields[space]": _include_spaces,
    "fields[space.organization]": _include_organizations,
    "fields[service_plan]": _include_plans,
    "fields[service_plan.service_offering]": _include_offerings,
    "fields[service_plan.service_offering.service_broker]": _include_brokers,
}


def readable(call: Call, instance: ServiceInstance) -> bool:
    """Whether the caller sees the instance: in its own space, or in one that it is shared with."""
    return any(call.reads(guid) for guid in (instance.space_guid, *instance.shared_with))


def list_instances(call: Call) -> Response:
    state = call.state
    return listed(
        call,
        [each for each in state.service_instances.values() if readable(call, each)],
        instance_body,
        {
            "names": lambda each: each.name,
            "type": lambda each: each.type,
            # service_instance_list_fetcher.rb: where it is shared counts too
            "space_guids": lambda each: (each.space_guid, *each.shared_with),
            "organization_guids": lambda each: state.spaces[each.space_guid].organization_guid,
            "service_plan_guids": lambda each: each.plan_guid,
            "service_plan_names": lambda each: state.plans[each.plan_guid].name if each.plan_guid else None,
        },
        include=_FIELDS,
    )


def instance_of(call: Call) -> ServiceInstance:
    return call.found(call.state.service_instances, "Service instance", lambda each: readable(call, each))


def show_instance(call: Call) -> Response:
    instance = instance_of(call)
    return with_included(call, instance, instance_body(call, instance), _FIELDS)


def create_instance(call: Call) -> Response:
    body = call.body()
    space = call.state.spaces.get(related(body, "space"))
    if space is None or not call.reads(space.guid):
        raise Refusal("Invalid space. Ensure that the space exists and you have access to it.")
    call.need_to_write(space.guid)
    name = str(body.get("name") or "")
    if body.get("type") == "user-provided":
        instance = call.world.services.create_user_provided(
            call.user, space, name, body.get("credentials") or {}
        )
        return Response.json(instance_body(call, instance), 201)
    plan = call.state.plans.get(related(body, "service_plan"))
    if plan is None:
        raise Refusal(
            "Invalid service plan. "
            "Ensure that the service plan exists, is available, and you have access to it."
        )
    instance = call.world.services.create(call.user, space, name, plan, tuple(body.get("tags") or ()))
    return watched(call, "service_instance.create", instance.last_operation, "provision")


def update_instance(call: Call) -> Response:
    instance = instance_of(call)
    call.need_to_write(instance.space_guid)
    body = call.body()
    update_metadata(call, instance, body)
    if body.get("name") not in (None, instance.name):
        call.world.services.rename(call.user, instance, str(body["name"]))
    if "tags" in body:
        instance.tags = tuple(body["tags"] or ())
    if instance.type == "user-provided" and "credentials" in body:
        call.world.services.update_user_provided(call.user, instance, body["credentials"] or {})
    moves = "service_plan" in (body.get("relationships") or {})
    plan = call.state.plans.get(related(body, "service_plan")) if moves else None
    if plan is not None and plan.guid != instance.plan_guid:
        call.world.services.change_plan(call.user, instance, plan)
        return watched(call, "service_instance.update", instance.last_operation, "update")
    return Response.json(instance_body(call, instance))


def delete_instance(call: Call) -> Response:
    instance = instance_of(call)
    call.need_to_write(instance.space_guid)
    managed = instance.type == "managed"
    call.world.services.delete(call.user, instance)
    return accepted(call, "service_instance.delete") if managed else Response(204)


def show_instance_parameters(call: Call) -> Response:
    instance = instance_of(call)
    call.need_secrets(instance.space_guid)
    raise Refusal("This service does not support fetching service instance parameters.", "CF-InvalidRequest")


def show_instance_credentials(call: Call) -> Response:
    instance = instance_of(call)
    call.need_secrets(instance.space_guid)
    return Response.json(dict(instance.credentials))


def show_instance_permissions(call: Call) -> Response:
    instance = instance_of(call)
    writes = call.world.roles.writes(call.user, call.state.spaces[instance.space_guid])
    return Response.json({"read": True, "manage": writes})


def _include_nothing(call: Call, instances: Sequence[ServiceInstance]) -> Json:
    return {}


def list_route_bindings(call: Call) -> Response:
    """The lab has no route services."""
    nothing: Sequence[ServiceInstance] = ()
    filters = ("service_instance_guids", "service_instance_names", "route_guids")
    none = {name: lambda _each: None for name in filters}
    include = dict.fromkeys(("route", "service_instance"), _include_nothing)
    return listed(call, nothing, instance_body, none, include=include)


ENDPOINTS = (
    ("GET", "/v3/service_instances", list_instances),
    ("POST", "/v3/service_instances", create_instance),
    ("GET", "/v3/service_instances/{guid}", show_instance),
    ("PATCH", "/v3/service_instances/{guid}", update_instance),
    ("DELETE", "/v3/service_instances/{guid}", delete_instance),
    ("GET", "/v3/service_instances/{guid}/parameters", show_instance_parameters),
    ("GET", "/v3/service_instances/{guid}/credentials", show_instance_credentials),
    ("GET", "/v3/service_instances/{guid}/permissions", show_instance_permissions),
    ("GET", "/v3/service_route_bindings", list_route_bindings),
)
