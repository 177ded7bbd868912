"""Builds: a package on its way to a droplet."""

from __future__ import annotations

from runback.lab.platform.api.call import Call, Json, base, metadata, to_one
from runback.lab.platform.api.paging import listed
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Build
from runback.lab.server import Response


def build_body(call: Call, build: Build) -> Json:
    links = {
        "self": call.link(f"/v3/builds/{build.guid}"),
        "app": call.link(f"/v3/apps/{build.app_guid}"),
    }
    if build.droplet_guid:
        links["droplet"] = call.link(f"/v3/droplets/{build.droplet_guid}")
    user = build.created_by
    return {
        **base(build),
        "created_by": {"guid": user.guid, "name": user.username, "email": user.username},
        "state": build.state,
        "staging_memory_in_mb": build.memory_mb,
        "staging_disk_in_mb": build.disk_mb,
        "staging_log_rate_limit_bytes_per_second": -1,
        "error": build.error,
        "lifecycle": {
            "type": "buildpack",
            "data": {"buildpacks": list(build.buildpacks), "stack": build.stack},
        },
        "package": {"guid": build.package_guid},
        "droplet": {"guid": build.droplet_guid} if build.droplet_guid else None,
        "relationships": {"app": to_one(build.app_guid)},
        "metadata": metadata(build),
        "links": links,
    }


def _build(call: Call) -> Build:
    return call.found(call.state.builds, "Build", lambda each: call.sees_app(each.app_guid))


def _builds(call: Call, builds: list[Build]) -> Response:
    return listed(
        call,
        builds,
        build_body,
        {
            "states": lambda each: each.state,
            "app_guids": lambda each: each.app_guid,
            "package_guids": lambda each: each.package_guid,
        },
    )


def list_builds(call: Call) -> Response:
    return _builds(call, [each for each in call.state.builds.values() if call.sees_app(each.app_guid)])


def list_app_builds(call: Call) -> Response:
    app = call.app()
    return _builds(call, [each for each in call.state.builds.values() if each.app_guid == app.guid])


def show_build(call: Call) -> Response:
    return Response.json(build_body(call, _build(call)))


def create_build(call: Call) -> Response:
    body = call.body()
    guid = (body.get("package") or {}).get("guid") or ""
    package = call.state.packages.get(guid)
    if package is None or not call.sees_app(package.app_guid):
        raise Refusal("Unable to use package. Ensure that the package exists and you have access to it.")
    call.need_to_write(call.state.apps[package.app_guid].space_guid)
    data = (body.get("lifecycle") or {}).get("data") or {}
    build = call.world.builds.create(
        call.user, package, names=data.get("buildpacks"), stack=data.get("stack")
    )
    return Response.json(build_body(call, build), 201)


ENDPOINTS = (
    ("GET", "/v3/builds", list_builds),
    ("POST", "/v3/builds", create_build),
    ("GET", "/v3/builds/{guid}", show_build),
    ("GET", "/v3/apps/{guid}/builds", list_app_builds),
)
