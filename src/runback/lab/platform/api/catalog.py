"""What the platform offers: service brokers, offerings and plans; buildpacks and stacks."""

from __future__ import annotations

from collections.abc import Sequence

from runback.lab.platform.api.call import Call, Json, base, metadata, to_one
from runback.lab.platform.api.paging import listed, with_included
from runback.lab.platform.state import Buildpack, ServiceBroker, ServiceOffering, ServicePlan, Stack
from runback.lab.server import Response


def broker_body(call: Call, broker: ServiceBroker) -> Json:
    return {
        **base(broker),
        "name": broker.name,
        "url": broker.url,
        "relationships": {},
        "metadata": metadata(broker),
        "links": {
            "self": call.link(f"/v3/service_brokers/{broker.guid}"),
            "service_offerings": call.link(f"/v3/service_offerings?service_broker_guids={broker.guid}"),
        },
    }


def offering_body(call: Call, offering: ServiceOffering) -> Json:
    features = {
        "plan_updateable": True,
        "bindable": True,
        "instances_retrievable": False,
        "bindings_retrievable": False,
        "allow_context_updates": False,
    }
    return {
        **base(offering),
        "name": offering.name,
        "description": offering.description,
        "available": True,
        "tags": list(offering.tags),
        "requires": [],
        "shareable": offering.shareable,
        "documentation_url": "",
        "broker_catalog": {
            "id": offering.guid,
            "metadata": {"shareable": offering.shareable},
            "features": features,
        },
        "relationships": {"service_broker": to_one(offering.broker_guid)},
        "metadata": metadata(offering),
        "links": {
            "self": call.link(f"/v3/service_offerings/{offering.guid}"),
            "service_plans": call.link(f"/v3/service_plans?service_offering_guids={offering.guid}"),
            "service_broker": call.link(f"/v3/service_brokers/{offering.broker_guid}"),
        },
    }


def plan_body(call: Call, plan: ServicePlan) -> Json:
    path = f"/v3/service_plans/{plan.guid}"
    nothing: Json = {"parameters": {}}
    return {
        **base(plan),
        "name": plan.name,
        "description": plan.description,
        "visibility_type": "public",
        "available": True,
        "free": plan.free,
        "costs": [],
        "maintenance_info": {},
        "broker_catalog": {
            "id": plan.guid,
            "metadata": {},
            "maximum_polling_duration": None,
            "features": {"plan_updateable": True, "bindable": True},
        },
        "schemas": {
            "service_instance": {"create": nothing, "update": nothing},
            "service_binding": {"create": nothing},
        },
        "relationships": {"service_offering": to_one(plan.offering_guid)},
        "metadata": metadata(plan),
        "links": {
            "self": call.link(path),
            "service_offering": call.link(f"/v3/service_offerings/{plan.offering_guid}"),
            "visibility": call.link(f"{path}/visibility"),
        },
    }


def _broker_of(call: Call, plan: ServicePlan) -> ServiceBroker:
    return call.state.brokers[call.state.offerings[plan.offering_guid].broker_guid]


def list_brokers(call: Call) -> Response:
    """Space developers see brokers of their spaces only, and the lab's are the platform's."""
    return listed(call, (), broker_body, {"names": lambda each: each.name, "space_guids": lambda each: None})


def _include_brokers(call: Call, offerings: Sequence[ServiceOffering]) -> Json:
    return {
        "service_brokers": [broker_body(call, call.state.brokers[each.broker_guid]) for each in offerings]
    }


def list_offerings(call: Call) -> Response:
    state = call.state
    return listed(
        call,
        state.offerings.values(),
        offering_body,
        {
            "names": lambda each: each.name,
            "service_broker_guids": lambda each: each.broker_guid,
            "service_broker_names": lambda each: state.brokers[each.broker_guid].name,
            "available": lambda each: "true",
            "space_guids": lambda each: [*state.spaces],
            "organization_guids": lambda each: [*state.organizations],
        },
        include={"fields[service_broker]": _include_brokers},
    )


def show_offering(call: Call) -> Response:
    offering = call.found(call.state.offerings, "Service offering", lambda _: True)
    body = offering_body(call, offering)
    return with_included(call, offering, body, {"fields[service_broker]": _include_brokers})


def _include_offerings(call: Call, plans: Sequence[ServicePlan]) -> Json:
    return {
        "service_offerings": [offering_body(call, call.state.offerings[each.offering_guid]) for each in plans]
    }


def _include_plan_brokers(call: Call, plans: Sequence[ServicePlan]) -> Json:
    return {"service_brokers": [broker_body(call, _broker_of(call, each)) for each in plans]}


def _include_nothing(call: Call, plans: Sequence[ServicePlan]) -> Json:
    """Spaces are included for plans of space-scoped brokers only."""
    return {}


_PLAN_INCLUDE = {
    "service_offering": _include_offerings,
    "space.organization": _include_nothing,
    "fields[service_offering.service_broker]": _include_plan_brokers,
}


def list_plans(call: Call) -> Response:
    state = call.state
    return listed(
        call,
        state.plans.values(),
        plan_body,
        {
            "names": lambda each: each.name,
            "service_offering_guids": lambda each: each.offering_guid,
            "service_offering_names": lambda each: state.offerings[each.offering_guid].name,
            "service_broker_guids": lambda each: _broker_of(call, each).guid,
            "service_broker_names": lambda each: _broker_of(call, each).name,
            "service_instance_guids": lambda each: [
                instance.guid
                for instance in state.service_instances.values()
                if instance.plan_guid == each.guid
            ],
            "available": lambda each: "true",
            "space_guids": lambda each: [*state.spaces],
            "organization_guids": lambda each: [*state.organizations],
        },
        include=_PLAN_INCLUDE,
    )


def show_plan(call: Call) -> Response:
    plan = call.found(call.state.plans, "Service plan", lambda _: True)
    return with_included(call, plan, plan_body(call, plan), _PLAN_INCLUDE)


def show_visibility(call: Call) -> Response:
    call.found(call.state.plans, "Service plan", lambda _: True)
    return Response.json({"type": "public"})


def buildpack_body(call: Call, buildpack: Buildpack) -> Json:
    path = f"/v3/buildpacks/{buildpack.guid}"
    return {
        **base(buildpack),
        "name": buildpack.name,
        "state": buildpack.state,
        "filename": buildpack.filename,
        "stack": buildpack.stack,
        "position": buildpack.position,
        "lifecycle": buildpack.lifecycle,
        "enabled": buildpack.enabled,
        "locked": buildpack.locked,
        "metadata": metadata(buildpack),
        "links": {"self": call.link(path), "upload": call.link(f"{path}/upload", "POST")},
    }


def list_buildpacks(call: Call) -> Response:
    return listed(
        call,
        call.state.buildpacks.values(),
        buildpack_body,
        {
            "names": lambda each: each.name,
            "stacks": lambda each: each.stack,
            "lifecycle": lambda each: each.lifecycle,
        },
    )


def show_buildpack(call: Call) -> Response:
    buildpack = call.found(call.state.buildpacks, "Buildpack", lambda _: True)
    return Response.json(buildpack_body(call, buildpack))


def stack_body(call: Call, stack: Stack) -> Json:
    return {
        **base(stack),
        "name": stack.name,
        "description": stack.description,
        "state": "ACTIVE",
        "state_reason": None,
        "build_rootfs_image": stack.name,
        "run_rootfs_image": stack.name,
        "default": stack.default,
        "metadata": metadata(stack),
        "links": {"self": call.link(f"/v3/stacks/{stack.guid}")},
    }


def list_stacks(call: Call) -> Response:
    return listed(
        call,
        call.state.stacks.values(),
        stack_body,
        {"names": lambda each: each.name, "default": lambda each: str(each.default).lower()},
    )


def show_stack(call: Call) -> Response:
    return Response.json(stack_body(call, call.found(call.state.stacks, "Stack", lambda _: True)))


ENDPOINTS = (
    ("GET", "/v3/service_brokers", list_brokers),
    ("GET", "/v3/service_offerings", list_offerings),
    ("GET", "/v3/service_offerings/{guid}", show_offering),
    ("GET", "/v3/service_plans", list_plans),
    ("GET", "/v3/service_plans/{guid}", show_plan),
    ("GET", "/v3/service_plans/{guid}/visibility", show_visibility),
    ("GET", "/v3/buildpacks", list_buildpacks),
    ("GET", "/v3/buildpacks/{guid}", show_buildpack),
    ("GET", "/v3/stacks", list_stacks),
    ("GET", "/v3/stacks/{guid}", show_stack),
)
