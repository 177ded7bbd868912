"""Organizations, spaces, their quotas and features; roles and users."""

from __future__ import annotations

from collections.abc import Sequence

from runback.lab.platform.api.call import Call, Json, base, metadata, to_one
from runback.lab.platform.api.paging import listed, with_included
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Organization, Space
from runback.lab.server import Response


def organization_body(call: Call, organization: Organization) -> Json:
    path = f"/v3/organizations/{organization.guid}"
    return {
        **base(organization),
        "name": organization.name,
        "suspended": organization.suspended,
        "relationships": {"quota": to_one(organization.quota_guid)},
        "metadata": metadata(organization),
        "links": {
            "self": call.link(path),
            "domains": call.link(f"{path}/domains"),
            "default_domain": call.link(f"{path}/domains/default"),
            "quota": call.link(f"/v3/organization_quotas/{organization.quota_guid}"),
        },
    }


def space_body(call: Call, space: Space) -> Json:
    path = f"/v3/spaces/{space.guid}"
    return {
        **base(space),
        "name": space.name,
        "suspended": call.state.organizations[space.organization_guid].suspended,
        "relationships": {"organization": to_one(space.organization_guid), "quota": to_one(space.quota_guid)},
        "metadata": metadata(space),
        "links": {
            "self": call.link(path),
            "features": call.link(f"{path}/features"),
            "organization": call.link(f"/v3/organizations/{space.organization_guid}"),
            "apply_manifest": call.link(f"{path}/actions/apply_manifest", "POST"),
        },
    }


def seen_organizations(call: Call) -> list[Organization]:
    guids = {space.organization_guid for space in call.world.roles.spaces(call.user)}
    guids |= {
        role.organization_guid
        for role in call.state.roles.values()
        if role.user_guid == call.user.guid and role.organization_guid
    }
    return [each for each in call.state.organizations.values() if each.guid in guids]


def include_organizations(call: Call, spaces: Sequence[Space]) -> Json:
    organizations = call.state.organizations
    return {
        "organizations": [organization_body(call, organizations[space.organization_guid]) for space in spaces]
    }


def seen_organization(call: Call) -> Organization:
    seen = {each.guid: each for each in seen_organizations(call)}
    return call.found(seen, "Organization", lambda _: True)


def seen_space(call: Call) -> Space:
    return call.found(call.state.spaces, "Space", lambda space: call.reads(space.guid))


def list_organizations(call: Call) -> Response:
    return listed(call, seen_organizations(call), organization_body, {"names": lambda each: each.name})


def show_organization(call: Call) -> Response:
    return Response.json(organization_body(call, seen_organization(call)))


def list_spaces(call: Call) -> Response:
    return listed(
        call,
        call.world.roles.spaces(call.user),
        space_body,
        {"names": lambda each: each.name, "organization_guids": lambda each: each.organization_guid},
        include={"organization": include_organizations},
    )


def show_space(call: Call) -> Response:
    space = seen_space(call)
    return with_included(call, space, space_body(call, space), {"organization": include_organizations})


def _ssh_feature(space: Space) -> Json:
    return {
        "name": "ssh",
        "description": "Enable SSHing into apps in the space.",
        "enabled": space.ssh_enabled,
    }


def list_space_features(call: Call) -> Response:
    return Response.json({"resources": [_ssh_feature(seen_space(call))]})


def show_space_feature(call: Call) -> Response:
    space = seen_space(call)
    if call.param("name") != "ssh":
        raise Refusal("Feature not found", "CF-ResourceNotFound")
    return Response.json(_ssh_feature(space))


ENDPOINTS = (
    ("GET", "/v3/organizations", list_organizations),
    ("GET", "/v3/organizations/{guid}", show_organization),
    ("GET", "/v3/spaces", list_spaces),
    ("GET", "/v3/spaces/{guid}", show_space),
    ("GET", "/v3/spaces/{guid}/features", list_space_features),
    ("GET", "/v3/spaces/{guid}/features/{name}", show_space_feature),
)
