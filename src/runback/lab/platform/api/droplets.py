"""Droplets, and which of them is an app's current one."""

from __future__ import annotations

from runback.lab.platform.api.call import Call, Json, base, metadata, to_one, update_metadata
from runback.lab.platform.api.packages import package_of
from runback.lab.platform.api.paging import listed
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Droplet
from runback.lab.server import Response


def droplet_body(call: Call, droplet: Droplet) -> Json:
    path = f"/v3/droplets/{droplet.guid}"
    return {
        **base(droplet),
        "state": droplet.state,
        "error": droplet.error,
        "lifecycle": {"type": "buildpack", "data": {}},
        "execution_metadata": "",
        "process_types": dict(droplet.process_types),
        "checksum": {"type": "sha256", "value": droplet.checksum},
        "buildpacks": [
            {
                "name": each.name,
                "detect_output": each.detect_output,
                "version": each.version,
                "buildpack_name": each.buildpack_name,
            }
            for each in droplet.buildpacks
        ],
        "stack": droplet.stack,
        "image": None,
        "relationships": {"app": to_one(droplet.app_guid)},
        "metadata": metadata(droplet),
        "links": {
            "self": call.link(path),
            "package": call.link(f"/v3/packages/{droplet.package_guid}"),
            "app": call.link(f"/v3/apps/{droplet.app_guid}"),
            "assign_current_droplet": call.link(
                f"/v3/apps/{droplet.app_guid}/relationships/current_droplet", "PATCH"
            ),
            "download": call.link(f"{path}/download"),
        },
    }


def _hidden_commands(call: Call, droplet: Droplet) -> Json:
    """In lists the commands are redacted, as those of processes are."""
    body = droplet_body(call, droplet)
    hidden = "[PRIVATE DATA HIDDEN IN LISTS]"
    return {
        **body,
        "process_types": {"redacted_message": hidden},
        "execution_metadata": hidden,
    }


def _droplet(call: Call, guid: str = "") -> Droplet:
    return call.found(call.state.droplets, "Droplet", lambda each: call.sees_app(each.app_guid), guid)


def _droplets(call: Call, droplets: list[Droplet]) -> Response:
    app_guids = {app.guid: app.droplet_guid for app in call.state.apps.values()}
    if call.request.one("current") == "true":
        droplets = [each for each in droplets if app_guids.get(each.app_guid) == each.guid]
    return listed(
        call,
        droplets,
        _hidden_commands,
        {
            "states": lambda each: each.state,
            "app_guids": lambda each: each.app_guid,
            "package_guids": lambda each: each.package_guid,
            "space_guids": lambda each: call.state.apps[each.app_guid].space_guid,
        },
        also=("current",),
    )


def list_droplets(call: Call) -> Response:
    return _droplets(call, [each for each in call.state.droplets.values() if call.sees_app(each.app_guid)])


def list_package_droplets(call: Call) -> Response:
    package = package_of(call)
    return _droplets(
        call, [each for each in call.state.droplets.values() if each.package_guid == package.guid]
    )


def list_app_droplets(call: Call) -> Response:
    app = call.app()
    return _droplets(call, [each for each in call.state.droplets.values() if each.app_guid == app.guid])


def show_droplet(call: Call) -> Response:
    return Response.json(droplet_body(call, _droplet(call)))


def update_droplet(call: Call) -> Response:
    droplet = _droplet(call)
    call.need_to_write(call.state.apps[droplet.app_guid].space_guid)
    update_metadata(call, droplet, call.body())
    return Response.json(droplet_body(call, droplet))


def show_current_droplet(call: Call) -> Response:
    app = call.app()
    if app.droplet_guid is None:
        raise Refusal("Droplet not found", "CF-ResourceNotFound")
    return Response.json(droplet_body(call, _droplet(call, app.droplet_guid)))


def _current(call: Call, app_guid: str, droplet_guid: str | None) -> Response:
    path = f"/v3/apps/{app_guid}"
    links = {
        "self": call.link(f"{path}/relationships/current_droplet"),
        "related": call.link(f"{path}/droplets/current"),
    }
    return Response.json({**to_one(droplet_guid), "links": links})


def show_current_relationship(call: Call) -> Response:
    app = call.app()
    return _current(call, app.guid, app.droplet_guid)


def assign_current_droplet(call: Call) -> Response:
    app = call.app()
    call.need_to_write(app.space_guid)
    guid = (call.body().get("data") or {}).get("guid") or ""
    droplet = call.state.droplets.get(guid)
    if droplet is None:
        raise Refusal("Unable to assign current droplet. Ensure the droplet exists and belongs to this app.")
    call.world.apps.set_droplet(call.user, app, droplet)
    return _current(call, app.guid, app.droplet_guid)


ENDPOINTS = (
    ("GET", "/v3/packages/{guid}/droplets", list_package_droplets),
    ("GET", "/v3/droplets", list_droplets),
    ("GET", "/v3/droplets/{guid}", show_droplet),
    ("PATCH", "/v3/droplets/{guid}", update_droplet),
    ("GET", "/v3/apps/{guid}/droplets", list_app_droplets),
    ("GET", "/v3/apps/{guid}/droplets/current", show_current_droplet),
    ("GET", "/v3/apps/{guid}/relationships/current_droplet", show_current_relationship),
    ("PATCH", "/v3/apps/{guid}/relationships/current_droplet", assign_current_droplet),
)
