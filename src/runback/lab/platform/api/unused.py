"""What the platform of the lab does not have, and clients ask for: each answer says that there is none."""

from __future__ import annotations

import uuid

from runback.lab.platform.api.call import Call, to_one
from runback.lab.platform.api.paging import paged
from runback.lab.platform.api.spaces import seen_organization, seen_space
from runback.lab.server import Response


def list_app_sidecars(call: Call) -> Response:
    call.app()
    return paged(call, [])


def list_process_sidecars(call: Call) -> Response:
    call.found(call.state.processes, "Process", lambda each: call.sees_app(each.app_guid))
    return paged(call, [])


def list_nothing(call: Call) -> Response:
    return paged(call, [])


# What cf-deployment sets for running apps: names everywhere, everything in public address ranges.
_PUBLIC = (
    "0.0.0.0-9.255.255.255",
    "11.0.0.0-169.253.255.255",
    "169.255.0.0-172.15.255.255",
    "172.32.0.0-192.167.255.255",
    "192.169.0.0-255.255.255.255",
)
_GROUPS = {
    "public_networks": [{"protocol": "all", "destination": destination} for destination in _PUBLIC],
    "dns": [{"protocol": protocol, "destination": "0.0.0.0/0", "ports": "53"} for protocol in ("tcp", "udp")],
}


def list_space_security_groups(call: Call) -> Response:
    seen_space(call)
    on = {"globally_enabled": {"running": True, "staging": True}}
    groups = [
        {"guid": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), "name": name, "rules": rules, **on}
        for name, rules in _GROUPS.items()
    ]
    return paged(call, groups)


def show_space_isolation(call: Call) -> Response:
    path = f"/v3/spaces/{seen_space(call).guid}/relationships/isolation_segment"
    return Response.json({**to_one(None), "links": {"self": call.link(path)}})


def show_default_isolation(call: Call) -> Response:
    path = f"/v3/organizations/{seen_organization(call).guid}/relationships/default_isolation_segment"
    return Response.json({**to_one(None), "links": {"self": call.link(path)}})


ENDPOINTS = (
    ("GET", "/v3/apps/{guid}/sidecars", list_app_sidecars),
    ("GET", "/v3/processes/{guid}/sidecars", list_process_sidecars),
    ("GET", "/v3/isolation_segments", list_nothing),
    ("GET", "/v3/security_groups", list_nothing),
    ("GET", "/v3/spaces/{guid}/running_security_groups", list_space_security_groups),
    ("GET", "/v3/spaces/{guid}/staging_security_groups", list_space_security_groups),
    ("GET", "/v3/spaces/{guid}/relationships/isolation_segment", show_space_isolation),
    ("GET", "/v3/organizations/{guid}/relationships/default_isolation_segment", show_default_isolation),
)
