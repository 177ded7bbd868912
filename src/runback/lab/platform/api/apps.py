"""Apps: their resource, actions, variables and features."""

from __future__ import annotations

from collections.abc import Sequence

from runback.lab.platform.api.call import Call, Json, base, metadata, related, to_one
from runback.lab.platform.api.paging import listed, paged, with_included
from runback.lab.platform.api.root import accepted
from runback.lab.platform.api.spaces import include_organizations, space_body
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App
from runback.lab.platform.variables import vcap_application
from runback.lab.server import Response

_FEATURES = {
    "ssh": "Enable SSHing into the app.",
    "revisions": "Enable versioning of an application",
}
# cloud_controller_ng, messages/validators.rb and update_environment_variables_message.rb
_RESERVED = ("VCAP_", "VMC_")


def app_body(call: Call, app: App) -> Json:
    path = f"/v3/apps/{app.guid}"
    return {
        **base(app),
        "name": app.name,
        "state": app.state,
        "lifecycle": {"type": "buildpack", "data": {"buildpacks": list(app.buildpacks), "stack": app.stack}},
        "relationships": {"space": to_one(app.space_guid), "current_droplet": to_one(app.droplet_guid)},
        "metadata": metadata(app),
        "links": {
            "self": call.link(path),
            "space": call.link(f"/v3/spaces/{app.space_guid}"),
            "processes": call.link(f"{path}/processes"),
            "packages": call.link(f"{path}/packages"),
            "environment_variables": call.link(f"{path}/environment_variables"),
            "current_droplet": call.link(f"{path}/droplets/current"),
            "droplets": call.link(f"{path}/droplets"),
            "tasks": call.link(f"{path}/tasks"),
            "start": call.link(f"{path}/actions/start", "POST"),
            "stop": call.link(f"{path}/actions/stop", "POST"),
            "revisions": call.link(f"{path}/revisions"),
            "deployed_revisions": call.link(f"{path}/revisions/deployed"),
            "features": call.link(f"{path}/features"),
        },
    }


def include_spaces(call: Call, apps: Sequence[App]) -> Json:
    return {"spaces": [space_body(call, call.state.spaces[app.space_guid]) for app in apps]}


def _include_spaces_and_organizations(call: Call, apps: Sequence[App]) -> Json:
    spaces = [call.state.spaces[app.space_guid] for app in apps]
    return {**include_spaces(call, apps), **include_organizations(call, spaces)}


INCLUDE = {
    "space": include_spaces,
    "space.organization": _include_spaces_and_organizations,
    "org": _include_spaces_and_organizations,
}


def list_apps(call: Call) -> Response:
    return listed(
        call,
        (app for app in call.state.apps.values() if call.reads(app.space_guid)),
        app_body,
        {
            "names": lambda app: app.name,
            "space_guids": lambda app: app.space_guid,
            "organization_guids": lambda app: call.state.spaces[app.space_guid].organization_guid,
            "stacks": lambda app: app.stack,
            "states": lambda app: app.state,
            "lifecycle_type": lambda app: "buildpack",
        },
        include=INCLUDE,
    )


def show_app(call: Call) -> Response:
    app = call.app()
    return with_included(call, app, app_body(call, app), INCLUDE)


def create_app(call: Call) -> Response:
    body = call.body()
    space = call.state.spaces.get(related(body, "space"))
    if space is None or not call.reads(space.guid):
        raise Refusal("Invalid space. Ensure that the space exists and you have access to it.")
    call.need_to_write(space.guid)
    if not body.get("name"):
        raise Refusal("Name can't be blank")
    data = _lifecycle(body)
    variables = _variables(body.get("environment_variables") or {})
    given = body.get("metadata") or {}
    app = call.world.apps.create(
        call.user,
        space,
        str(body["name"]),
        buildpacks=data.get("buildpacks") or [],
        stack=data.get("stack") or "cflinuxfs4",
        environment={name: value for name, value in variables.items() if value is not None},
        labels=given.get("labels") or {},
        annotations=given.get("annotations") or {},
    )
    return Response.json(app_body(call, app), 201)


def _lifecycle(body: Json) -> Json:
    lifecycle = body.get("lifecycle") or {}
    if lifecycle.get("type", "buildpack") != "buildpack":
        raise Refusal("The lab runs buildpack apps only: lifecycle type must be 'buildpack'")
    data: Json = lifecycle.get("data") or {}
    return data


def update_app(call: Call) -> Response:
    app = call.app()
    call.need_to_write(app.space_guid)
    body = call.body()
    data = _lifecycle(body)
    given = body.get("metadata") or {}
    call.world.apps.update(
        call.user,
        app,
        name=body.get("name"),
        buildpacks=(data["buildpacks"] or []) if "buildpacks" in data else None,
        stack=data.get("stack"),
        labels=given.get("labels"),
        annotations=given.get("annotations"),
    )
    return Response.json(app_body(call, app))


def delete_app(call: Call) -> Response:
    app = call.app()
    call.need_to_write(app.space_guid)
    call.world.apps.delete(call.user, app)
    return accepted(call, "app.delete")


def start_app(call: Call) -> Response:
    app = call.app()
    call.need_to_operate(app.space_guid)
    call.world.apps.start(call.user, app)
    return Response.json(app_body(call, app))


def stop_app(call: Call) -> Response:
    app = call.app()
    call.need_to_operate(app.space_guid)
    call.world.apps.stop(call.user, app)
    return Response.json(app_body(call, app))


def restart_app(call: Call) -> Response:
    app = call.app()
    call.need_to_operate(app.space_guid)
    call.world.apps.restart(call.user, app)
    return Response.json(app_body(call, app))


def clear_cache(call: Call) -> Response:
    app = call.app()
    call.need_to_write(app.space_guid)
    return accepted(call, "app.clear_buildpack_cache")


def show_env(call: Call) -> Response:
    app = call.app()
    call.need_secrets(app.space_guid)
    call.world.apps.shown_environment(call.user, app)
    return Response.json(
        {
            "staging_env_json": {},
            "running_env_json": {},
            "environment_variables": dict(app.environment),
            "system_env_json": {"VCAP_SERVICES": call.world.services.vcap_services(app)},
            "application_env_json": {"VCAP_APPLICATION": vcap_application(call.world, app)},
        }
    )


def _variables_body(call: Call, app: App) -> Json:
    path = f"/v3/apps/{app.guid}"
    links = {"self": call.link(f"{path}/environment_variables"), "app": call.link(path)}
    return {"var": dict(app.environment), "links": links}


def show_variables(call: Call) -> Response:
    app = call.app()
    call.need_secrets(app.space_guid)
    call.world.apps.shown_environment(call.user, app, variables_only=True)
    return Response.json(_variables_body(call, app))


def _variables(given: Json) -> dict[str, str | None]:
    """The variables as strings, as Cloud Controller keeps them; refuses reserved names."""
    variables: dict[str, str | None] = {}
    for name, value in given.items():
        if name.startswith(_RESERVED):
            raise Refusal(
                f"Var cannot start with {next(each for each in _RESERVED if name.startswith(each))}"
            )
        if name == "PORT":
            raise Refusal("Var cannot set PORT")
        if isinstance(value, bool):
            variables[name] = str(value).lower()
        else:
            variables[name] = None if value is None else str(value)
    return variables


def update_variables(call: Call) -> Response:
    app = call.app()
    call.need_to_write(app.space_guid)
    call.world.apps.set_environment(call.user, app, _variables(call.body().get("var") or {}))
    return Response.json(_variables_body(call, app))


def _feature_body(app: App, name: str) -> Json:
    enabled = app.ssh_enabled if name == "ssh" else app.revisions_enabled
    return {"name": name, "description": _FEATURES[name], "enabled": enabled}


def list_features(call: Call) -> Response:
    app = call.app()
    return paged(call, [_feature_body(app, name) for name in _FEATURES])


def _feature(call: Call) -> str:
    name = call.param("name")
    if name not in _FEATURES:
        raise Refusal("Feature not found", "CF-ResourceNotFound")
    return name


def show_feature(call: Call) -> Response:
    return Response.json(_feature_body(call.app(), _feature(call)))


def update_feature(call: Call) -> Response:
    app, name = call.app(), _feature(call)
    call.need_to_write(app.space_guid)
    enabled = call.body().get("enabled")
    if not isinstance(enabled, bool):
        raise Refusal("Enabled must be a boolean")
    call.world.apps.set_feature(call.user, app, name, enabled)
    return Response.json(_feature_body(app, name))


def show_ssh(call: Call) -> Response:
    app = call.app()
    if not call.state.spaces[app.space_guid].ssh_enabled:
        return Response.json({"enabled": False, "reason": "Disabled for space"})
    return Response.json(
        {"enabled": app.ssh_enabled, "reason": "" if app.ssh_enabled else "Disabled for app"}
    )


def show_permissions(call: Call) -> Response:
    app = call.app()
    secrets = call.world.roles.reads_secrets(call.user, call.state.spaces[app.space_guid])
    return Response.json({"read_basic_data": True, "read_sensitive_data": secrets})


ENDPOINTS = (
    ("GET", "/v3/apps", list_apps),
    ("POST", "/v3/apps", create_app),
    ("GET", "/v3/apps/{guid}", show_app),
    ("PATCH", "/v3/apps/{guid}", update_app),
    ("DELETE", "/v3/apps/{guid}", delete_app),
    ("POST", "/v3/apps/{guid}/actions/start", start_app),
    ("POST", "/v3/apps/{guid}/actions/stop", stop_app),
    ("POST", "/v3/apps/{guid}/actions/restart", restart_app),
    ("POST", "/v3/apps/{guid}/actions/clear_buildpack_cache", clear_cache),
    ("GET", "/v3/apps/{guid}/env", show_env),
    ("GET", "/v3/apps/{guid}/environment_variables", show_variables),
    ("PATCH", "/v3/apps/{guid}/environment_variables", update_variables),
    ("GET", "/v3/apps/{guid}/features", list_features),
    ("GET", "/v3/apps/{guid}/features/{name}", show_feature),
    ("PATCH", "/v3/apps/{guid}/features/{name}", update_feature),
    ("GET", "/v3/apps/{guid}/ssh_enabled", show_ssh),
    ("GET", "/v3/apps/{guid}/permissions", show_permissions),
)
