"""Quotas of organizations and spaces, and how much of them is used."""

from __future__ import annotations

from runback.lab.platform.api.call import Call, Json, base, to_one
from runback.lab.platform.api.paging import listed
from runback.lab.platform.api.spaces import seen_organization, seen_organizations, seen_space
from runback.lab.platform.state import Quota, Space
from runback.lab.server import Response


def quota_body(call: Call, quota: Quota) -> Json:
    kind = "space_quotas" if quota.organization_guid else "organization_quotas"
    body: Json = {
        **base(quota),
        "name": quota.name,
        "apps": {
            "total_memory_in_mb": quota.total_memory_mb,
            "per_process_memory_in_mb": quota.per_process_memory_mb,
            "log_rate_limit_in_bytes_per_second": quota.log_rate_limit,
            "total_instances": quota.total_instances,
            "per_app_tasks": quota.per_app_tasks,
        },
        "services": {
            "paid_services_allowed": quota.paid_services,
            "total_service_instances": quota.total_service_instances,
            "total_service_keys": quota.total_service_keys,
        },
        "routes": {
            "total_routes": quota.total_routes,
            "total_reserved_ports": quota.total_reserved_ports,
        },
        "links": {"self": call.link(f"/v3/{kind}/{quota.guid}")},
    }
    if quota.organization_guid:
        holders = [
            {"guid": each.guid} for each in call.state.spaces.values() if each.quota_guid == quota.guid
        ]
        body["relationships"] = {
            "organization": to_one(quota.organization_guid),
            "spaces": {"data": holders},
        }
        body["links"]["organization"] = call.link(f"/v3/organizations/{quota.organization_guid}")
    else:
        holders = [{"guid": each.guid} for each in seen_organizations(call) if each.quota_guid == quota.guid]
        body["domains"] = {"total_domains": None}
        body["relationships"] = {"organizations": {"data": holders}}
    return body


def _seen_quotas(call: Call) -> dict[str, Quota]:
    guids = {each.quota_guid for each in seen_organizations(call)}
    return {guid: quota for guid, quota in call.state.quotas.items() if guid in guids}


def _seen_space_quotas(call: Call) -> dict[str, Quota]:
    guids = {each.guid for each in seen_organizations(call)}
    return {guid: each for guid, each in call.state.space_quotas.items() if each.organization_guid in guids}


def list_quotas(call: Call) -> Response:
    return listed(
        call,
        _seen_quotas(call).values(),
        quota_body,
        {
            "names": lambda each: each.name,
            "organization_guids": lambda each: [
                organization.guid
                for organization in call.state.organizations.values()
                if organization.quota_guid == each.guid
            ],
        },
    )


def show_quota(call: Call) -> Response:
    quota = call.found(_seen_quotas(call), "Organization quota", lambda _: True)
    return Response.json(quota_body(call, quota))


def list_space_quotas(call: Call) -> Response:
    return listed(
        call,
        _seen_space_quotas(call).values(),
        quota_body,
        {"names": lambda each: each.name, "organization_guids": lambda each: each.organization_guid},
    )


def show_space_quota(call: Call) -> Response:
    quota = call.found(_seen_space_quotas(call), "Space quota", lambda _: True)
    return Response.json(quota_body(call, quota))


def _usage(call: Call, spaces: list[Space]) -> Json:
    guids = {space.guid for space in spaces}
    apps = {app.guid for app in call.state.apps.values() if app.space_guid in guids}
    instances = [each for each in call.state.service_instances.values() if each.space_guid in guids]
    managed = {each.guid for each in instances}
    running = [
        process
        for process in call.state.processes.values()
        if process.app_guid in apps and process.desired is not None
    ]
    return {
        "started_instances": sum(process.instances for process in running),
        "memory_in_mb": call.world.quotas.used_mb(spaces),
        "routes": sum(1 for each in call.state.routes.values() if each.space_guid in guids),
        "service_instances": sum(1 for each in instances if each.type == "managed"),
        "reserved_ports": 0,
        "domains": 0,
        "per_app_tasks": sum(
            1 for task in call.state.tasks.values() if task.app_guid in apps and task.state == "RUNNING"
        ),
        "service_keys": sum(
            1
            for each in call.state.bindings.values()
            if each.type == "key" and each.service_instance_guid in managed
        ),
    }


def show_organization_usage(call: Call) -> Response:
    organization = seen_organization(call)
    spaces = [each for each in call.state.spaces.values() if each.organization_guid == organization.guid]
    path = f"/v3/organizations/{organization.guid}"
    links = {"self": call.link(f"{path}/usage_summary"), "organization": call.link(path)}
    return Response.json({"usage_summary": _usage(call, spaces), "links": links})


def show_space_usage(call: Call) -> Response:
    space = seen_space(call)
    path = f"/v3/spaces/{space.guid}"
    # the link's name and target are Cloud Controller's own
    links = {"self": call.link(f"{path}/usage_summary"), "organization": call.link(path)}
    return Response.json({"usage_summary": _usage(call, [space]), "links": links})


ENDPOINTS = (
    ("GET", "/v3/organizations/{guid}/usage_summary", show_organization_usage),
    ("GET", "/v3/organization_quotas", list_quotas),
    ("GET", "/v3/organization_quotas/{guid}", show_quota),
    ("GET", "/v3/spaces/{guid}/usage_summary", show_space_usage),
    ("GET", "/v3/space_quotas", list_space_quotas),
    ("GET", "/v3/space_quotas/{guid}", show_space_quota),
)
