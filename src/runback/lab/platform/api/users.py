"""Roles and users."""

from __future__ import annotations

from collections.abc import Sequence

from runback.lab.platform.api.call import Call, Json, base, metadata, related, to_one
from runback.lab.platform.api.paging import listed
from runback.lab.platform.api.spaces import organization_body, seen_organizations, space_body
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Role, User
from runback.lab.server import Response


def user_body(call: Call, user: User) -> Json:
    return {
        **base(user),
        "username": None if user.is_client else user.username,
        "presentation_name": user.guid if user.is_client else user.username,
        "origin": None if user.is_client else user.origin,
        "metadata": metadata(user),
        "links": {"self": call.link(f"/v3/users/{user.guid}")},
    }


def role_body(call: Call, role: Role) -> Json:
    links = {
        "self": call.link(f"/v3/roles/{role.guid}"),
        "user": call.link(f"/v3/users/{role.user_guid}"),
    }
    if role.organization_guid:
        links["organization"] = call.link(f"/v3/organizations/{role.organization_guid}")
    if role.space_guid:
        links["space"] = call.link(f"/v3/spaces/{role.space_guid}")
    return {
        **base(role),
        "type": role.type,
        "relationships": {
            "user": to_one(role.user_guid),
            "organization": to_one(role.organization_guid),
            "space": to_one(role.space_guid),
        },
        "links": links,
    }


def _seen_roles(call: Call) -> list[Role]:
    organizations = {each.guid for each in seen_organizations(call)}
    return [
        role
        for role in call.state.roles.values()
        if role.organization_guid in organizations or call.reads(role.space_guid)
    ]


def _include_users(call: Call, roles: Sequence[Role]) -> Json:
    return {"users": [user_body(call, call.state.users[role.user_guid]) for role in roles]}


def _include_spaces(call: Call, roles: Sequence[Role]) -> Json:
    spaces = call.state.spaces
    return {"spaces": [space_body(call, spaces[role.space_guid]) for role in roles if role.space_guid]}


def _include_role_organizations(call: Call, roles: Sequence[Role]) -> Json:
    known = call.state.organizations
    return {
        "organizations": [
            organization_body(call, known[role.organization_guid]) for role in roles if role.organization_guid
        ]
    }


def list_roles(call: Call) -> Response:
    return listed(
        call,
        _seen_roles(call),
        role_body,
        {
            "types": lambda each: each.type,
            "space_guids": lambda each: each.space_guid,
            "organization_guids": lambda each: each.organization_guid,
            "user_guids": lambda each: each.user_guid,
        },
        include={
            "user": _include_users,
            "space": _include_spaces,
            "organization": _include_role_organizations,
        },
    )


def show_role(call: Call) -> Response:
    seen = {role.guid: role for role in _seen_roles(call)}
    return Response.json(role_body(call, call.found(seen, "Role", lambda _: True)))


def create_role(call: Call) -> Response:
    body = call.body()
    space = call.state.spaces.get(related(body, "space"))
    if space is None or not call.reads(space.guid):
        raise Refusal("Invalid space. Ensure that the space exists and you have access to it.")
    roles = call.world.roles
    if not roles.of(call.user, space) & {"space_manager", "organization_manager"}:
        raise Refusal("You are not authorized to perform the requested action", "CF-NotAuthorized")
    user = call.state.users.get(related(body, "user"))
    if user is None:
        raise Refusal("Invalid user. Ensure that the user exists and you have access to it.")
    role = roles.grant(user, str(body.get("type")), space=space)
    return Response.json(role_body(call, role), 201)


def _seen_users(call: Call) -> dict[str, User]:
    guids = {call.user.guid, *(role.user_guid for role in _seen_roles(call))}
    return {guid: user for guid, user in call.state.users.items() if guid in guids}


def list_users(call: Call) -> Response:
    return listed(
        call,
        _seen_users(call).values(),
        user_body,
        {"usernames": lambda each: each.username, "origins": lambda each: each.origin},
    )


def show_user(call: Call) -> Response:
    return Response.json(user_body(call, call.found(_seen_users(call), "User", lambda _: True)))


ENDPOINTS = (
    ("GET", "/v3/roles", list_roles),
    ("POST", "/v3/roles", create_role),
    ("GET", "/v3/roles/{guid}", show_role),
    ("GET", "/v3/users", list_users),
    ("GET", "/v3/users/{guid}", show_user),
)
