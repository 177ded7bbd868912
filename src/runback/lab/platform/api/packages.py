"""Packages: the bits of apps."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

from runback.lab.platform.api.call import Call, Json, base, metadata, related, to_one
from runback.lab.platform.api.paging import listed
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Package
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


def package_of(call: Call, guid: str = "") -> Package:
    return call.found(call.state.packages, "Package", lambda each: call.sees_app(each.app_guid), guid)


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
    return Response.json(package_body(call, package_of(call)))


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
    package = package_of(call)
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


ENDPOINTS = (
    ("GET", "/v3/packages", list_packages),
    ("POST", "/v3/packages", create_package),
    ("GET", "/v3/packages/{guid}", show_package),
    ("POST", "/v3/packages/{guid}/upload", upload_package),
    ("GET", "/v3/apps/{guid}/packages", list_app_packages),
    ("POST", "/v3/resource_matches", match_resources),
)
