"""Packages, builds and droplets."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

from runback.lab.platform.api.call import Call, Json, base, metadata, related, to_one, update_metadata
from runback.lab.platform.api.paging import listed
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Build, Droplet, Package
from runback.lab.server import Response


def package_body(call: Call, package: Package) -> Json:
    path = f"/v3/packages/{package.guid}"
    checksum = package.bits.checksum if package.bits else None
    return {
        **base(package),
        "type": package.type,
        "data": {"checksum": {"type": "sha256", "value": checksum}, "error": package.error},
        "state": package.state,
        "relationships": {"app": to_one(package.app_guid)},
        "metadata": metadata(package),
        "links": {
            "self": call.link(path),
            "upload": call.link(f"{path}/upload", "POST"),
            "download": call.link(f"{path}/download", "GET"),
            "app": call.link(f"/v3/apps/{package.app_guid}"),
        },
    }


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


def _package(call: Call, guid: str = "") -> Package:
    return call.found(call.state.packages, "Package", lambda each: call.sees_app(each.app_guid), guid)


def _build(call: Call) -> Build:
    return call.found(call.state.builds, "Build", lambda each: call.sees_app(each.app_guid))


def _droplet(call: Call, guid: str = "") -> Droplet:
    return call.found(call.state.droplets, "Droplet", lambda each: call.sees_app(each.app_guid), guid)


def _packages(call: Call, packages: list[Package]) -> Response:
    return listed(
        call,
        packages,
        package_body,
        {
            "states": lambda each: each.state,
            "types": lambda each: each.type,
            "app_guids": lambda each: each.app_guid,
            "space_guids": lambda each: call.state.apps[each.app_guid].space_guid,
        },
    )


def list_packages(call: Call) -> Response:
    return _packages(call, [each for each in call.state.packages.values() if call.sees_app(each.app_guid)])


def list_app_packages(call: Call) -> Response:
    app = call.app()
    return _packages(call, [each for each in call.state.packages.values() if each.app_guid == app.guid])


def show_package(call: Call) -> Response:
    return Response.json(package_body(call, _package(call)))


def create_package(call: Call) -> Response:
    body = call.body()
    app = call.state.apps.get(related(body, "app"))
    if app is None or not call.reads(app.space_guid):
        raise Refusal("App is invalid. Ensure it exists and you have access to it.")
    call.need_to_write(app.space_guid)
    if body.get("type") != "bits":
        raise Refusal("The lab runs buildpack apps only: package type must be 'bits'")
    package = call.world.packages.create(call.user, app)
    return Response.json(package_body(call, package), 201)


def upload_package(call: Call) -> Response:
    package = _package(call)
    call.need_to_write(call.state.apps[package.app_guid].space_guid)
    if package.state != "AWAITING_UPLOAD":
        raise Refusal("Bits may be uploaded only once. Create a new package to upload different bits.")
    bits = _form(call).get("bits")
    if bits is None:
        raise Refusal("Upload must include either resources or bits")
    call.world.packages.upload(call.user, package, bits)
    return Response.json(package_body(call, package))


def _form(call: Call) -> dict[str, bytes]:
    """The parts of a multipart/form-data body by name."""
    kind = call.request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return {}
    # The email parser needs the header that HTTP carries apart from the body.
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + call.request.body)
    parts = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            parts[name] = content
    return parts


def match_resources(call: Call) -> Response:
    """Nothing is cached: a client then uploads everything."""
    return Response.json({"resources": []})


def list_package_droplets(call: Call) -> Response:
    package = _package(call)
    return _droplets(
        call, [each for each in call.state.droplets.values() if each.package_guid == package.guid]
    )


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
    ("GET", "/v3/packages", list_packages),
    ("POST", "/v3/packages", create_package),
    ("GET", "/v3/packages/{guid}", show_package),
    ("POST", "/v3/packages/{guid}/upload", upload_package),
    ("GET", "/v3/packages/{guid}/droplets", list_package_droplets),
    ("GET", "/v3/apps/{guid}/packages", list_app_packages),
    ("POST", "/v3/resource_matches", match_resources),
    ("GET", "/v3/builds", list_builds),
    ("POST", "/v3/builds", create_build),
    ("GET", "/v3/builds/{guid}", show_build),
    ("GET", "/v3/apps/{guid}/builds", list_app_builds),
    ("GET", "/v3/droplets", list_droplets),
    ("GET", "/v3/droplets/{guid}", show_droplet),
    ("PATCH", "/v3/droplets/{guid}", update_droplet),
    ("GET", "/v3/apps/{guid}/droplets", list_app_droplets),
    ("GET", "/v3/apps/{guid}/droplets/current", show_current_droplet),
    ("GET", "/v3/apps/{guid}/relationships/current_droplet", show_current_relationship),
    ("PATCH", "/v3/apps/{guid}/relationships/current_droplet", assign_current_droplet),
)
