"""Manifests: apply, compare, generate. YAML in, operations on the world out."""

from __future__ import annotations

import re

import yaml

from runback.lab.platform.api.call import Call, Json
from runback.lab.platform.api.manifestdiff import application_changes
from runback.lab.platform.api.root import accepted
from runback.lab.platform.api.spaces import seen_space
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import App, HealthCheck, Process, Space
from runback.lab.server import Response

_UNITS = {"": 1, "M": 1, "MB": 1, "G": 1024, "GB": 1024, "T": 1024 * 1024, "TB": 1024 * 1024}
_PROCESS_KEYS = (
    "instances",
    "memory",
    "disk_quota",
    "disk-quota",
    "command",
    "timeout",
    "health-check-type",
    "health-check-http-endpoint",
    "health-check-invocation-timeout",
    "health-check-interval",
    "readiness-health-check-type",
    "readiness-health-check-http-endpoint",
    "readiness-health-check-invocation-timeout",
    "readiness-health-check-interval",
)


def _manifest(call: Call) -> list[Json]:
    """The applications of the body; refused where it is no manifest."""
    try:
        document = yaml.safe_load(call.request.body)
    except yaml.YAMLError as error:
        raise Refusal(
            "Request invalid due to parse error: Manifest is not valid YAML", "CF-MessageParseError"
        ) from error
    applications = document.get("applications") if isinstance(document, dict) else None
    if not isinstance(applications, list) or not all(isinstance(each, dict) for each in applications):
        raise Refusal("Cannot parse manifest with no 'applications' field.", "CF-UnprocessableEntity")
    for number, each in enumerate(applications, 1):
        if not each.get("name"):
            raise Refusal(f"For application at index {number - 1}: Name must not be empty")
    return applications


def megabytes(value: object) -> int:
    """A manifest's size ('1G', '512M', a number of megabytes)."""
    match = re.fullmatch(r"(\d+)\s*([A-Za-z]*)", str(value).strip())
    if match is None or match.group(2).upper() not in _UNITS:
        raise Refusal(f"Memory must use a supported unit: B, K, KB, M, MB, G, GB, T, or TB (got '{value}')")
    return int(match.group(1)) * _UNITS[match.group(2).upper()]


def apply_manifest(call: Call) -> Response:
    """The whole manifest; the job that is returned has failed if an application was refused."""
    space = seen_space(call)
    call.need_to_write(space.guid)
    manifests = _manifest(call)
    apps = [_found_or_created(call, space, manifest) for manifest in manifests]
    for app, manifest in zip(apps, manifests, strict=True):
        try:
            _apply(call, space, app, manifest)
        except Refusal as refused:
            # jobs/space_apply_manifest_action_job.rb
            told = Refusal(f"For application '{app.name}': {refused.detail}")
            return accepted(call, "space.apply_manifest", told)
    return accepted(call, "space.apply_manifest")


def _found_or_created(call: Call, space: Space, manifest: Json) -> App:
    """The app of the manifest; one that cannot be made is refused before there is a job."""
    name = str(manifest["name"])
    app = call.world.apps.find(space, name)
    if app is not None:
        return app
    try:
        return call.world.apps.create(call.user, space, name, buildpacks=_buildpacks(manifest))
    except Refusal as refused:
        # controllers/v3/space_manifests_controller.rb
        raise Refusal(f"For application '{name}': {refused.detail}") from refused


def _buildpacks(manifest: Json) -> list[str]:
    given = manifest.get("buildpacks")
    if given is None:
        one = manifest.get("buildpack")
        given = [] if one in (None, "default", "null") else [one]
    return [str(each) for each in given or ()]


def _apply(call: Call, space: Space, app: App, manifest: Json) -> None:
    apps = call.world.apps
    metadata = manifest.get("metadata") or {}
    if {"buildpack", "buildpacks", "stack", "metadata"} & manifest.keys():
        named = "buildpack" in manifest or "buildpacks" in manifest
        apps.update(
            call.user,
            app,
            buildpacks=_buildpacks(manifest) if named else None,
            stack=manifest.get("stack"),
            labels=metadata.get("labels"),
            annotations=metadata.get("annotations"),
        )
    if manifest.get("env"):
        variables = {str(name): _text(value) for name, value in manifest["env"].items()}
        apps.set_environment(call.user, app, variables)
    _apply_process(
        call, app, {**{key: manifest[key] for key in _PROCESS_KEYS if key in manifest}, "type": "web"}
    )
    for process in manifest.get("processes") or ():
        _apply_process(call, app, process)
    _apply_routes(call, space, app, manifest)
    _apply_services(call, space, app, manifest)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _apply_process(call: Call, app: App, wanted: Json) -> None:
    processes = call.world.processes
    kind = str(wanted.get("type", "web"))
    known = [each for each in processes.of(app) if each.type == kind]
    process = known[-1] if known else processes.create(call.user, app, kind)
    _apply_size(call, process, wanted)
    checks = {"timeout", "health-check-type", "health-check-http-endpoint"} & wanted.keys()
    prefix = "readiness-"
    ready = {key.removeprefix(prefix): one for key, one in wanted.items() if key.startswith(prefix)}
    if not checks and not ready and "command" not in wanted:
        return
    command = wanted.get("command")
    processes.update(
        call.user,
        process,
        command=None if command in (None, "default", "null") else str(command),
        clear_command="command" in wanted and command in (None, "default", "null"),
        health_check=_check(process.health_check, wanted) if checks else None,
        readiness_health_check=_check(process.readiness_health_check, ready) if ready else None,
        by_manifest=True,
    )


def _apply_size(call: Call, process: Process, wanted: Json) -> None:
    memory = megabytes(wanted["memory"]) if "memory" in wanted else None
    disk_value = wanted.get("disk_quota", wanted.get("disk-quota"))
    disk = megabytes(disk_value) if disk_value is not None else None
    instances = int(wanted["instances"]) if "instances" in wanted else None
    changes = {
        "instances": None if instances == process.instances else instances,
        "memory_mb": None if memory == process.memory_mb else memory,
        "disk_mb": None if disk == process.disk_mb else disk,
    }
    if any(value is not None for value in changes.values()):
        call.world.processes.scale(call.user, process, **changes)


def _check(before: HealthCheck, wanted: Json) -> HealthCheck:
    kind = wanted.get("health-check-type", before.type)
    return HealthCheck(
        type="process" if kind == "none" else kind,
        timeout=wanted.get("timeout", before.timeout),
        invocation_timeout=wanted.get("health-check-invocation-timeout", before.invocation_timeout),
        interval=wanted.get("health-check-interval", before.interval),
        endpoint=wanted.get(
            "health-check-http-endpoint", before.endpoint or ("/" if kind == "http" else None)
        ),
    )


def _apply_routes(call: Call, space: Space, app: App, manifest: Json) -> None:
    routes = call.world.routes
    if manifest.get("no-route"):
        for route in routes.of(app):
            for destination in [each for each in route.destinations if each.app_guid == app.guid]:
                routes.unmap(call.user, route, destination)
        return
    for wanted in manifest.get("routes") or ():
        _map_route(call, space, app, str(wanted["route"]), wanted.get("protocol"))
    if (manifest.get("default-route") or manifest.get("random-route")) and not routes.of(app):
        domain = next(each for each in call.state.domains.values() if not each.internal)
        host = app.name
        if manifest.get("random-route"):
            host = f"{app.name}-{call.world.guid()[:8]}"
        _map_route(call, space, app, f"{host}.{domain.name}", None)


def _map_route(call: Call, space: Space, app: App, url: str, protocol: str | None) -> None:
    routes = call.world.routes
    name, slash, path = url.partition("/")
    domains = sorted(call.state.domains.values(), key=lambda each: -len(each.name))
    for domain in domains:
        if name == domain.name or name.endswith(f".{domain.name}"):
            host = name[: -len(domain.name)].rstrip(".")
            route = routes.find(host, domain, slash + path)
            route = route or routes.create(call.user, space, domain, host, slash + path)
            routes.map(call.user, route, app, protocol=protocol)
            return
    # app_actions/manifest_route_update.rb
    raise Refusal(f"No domains exist for route {url}")


def _apply_services(call: Call, space: Space, app: App, manifest: Json) -> None:
    services = call.world.services
    for wanted in manifest.get("services") or ():
        name = wanted["name"] if isinstance(wanted, dict) else str(wanted)
        instance = services.find(space, name)
        if instance is None:
            raise Refusal(f"Service instance '{name}' not found")
        if services.binding(instance, app) is None:
            services.bind(call.user, instance, app)


def app_manifest(call: Call, app: App) -> Json:
    """The manifest that would make the app as it is."""
    state = call.state
    body: Json = {"name": app.name, "stack": app.stack}
    if app.buildpacks:
        body["buildpacks"] = list(app.buildpacks)
    if app.environment:
        body["env"] = dict(sorted(app.environment.items()))
    routes = [
        {"route": call.world.routes.url(route), "protocol": "http1"} for route in call.world.routes.of(app)
    ]
    if routes:
        body["routes"] = routes
    bound = [state.service_instances[each.service_instance_guid].name for each in call.world.services.of(app)]
    if bound:
        body["services"] = bound
    body["processes"] = [_process_manifest(each) for each in call.world.processes.of(app)]
    return body


def _process_manifest(process: Process) -> Json:
    body: Json = {
        "type": process.type,
        "instances": process.instances,
        "memory": f"{process.memory_mb}M",
        "disk_quota": f"{process.disk_mb}M",
        "log-rate-limit-per-second": process.log_rate_limit,
        "health-check-type": process.health_check.type,
    }
    optional = {
        "command": process.command,
        "timeout": process.health_check.timeout,
        "health-check-http-endpoint": process.health_check.endpoint,
        "readiness-health-check-type": process.readiness_health_check.type,
        "readiness-health-check-http-endpoint": process.readiness_health_check.endpoint,
    }
    return body | {name: value for name, value in optional.items() if value is not None}


def show_manifest(call: Call) -> Response:
    app = call.app()
    call.need_secrets(app.space_guid)
    text = yaml.safe_dump({"applications": [app_manifest(call, app)]}, sort_keys=False)
    return Response(200, f"---\n{text}".encode(), "application/x-yaml")


def diff_manifest(call: Call) -> Response:
    """What applying the manifest would change, as JSON-patch-like operations."""
    space = seen_space(call)
    call.need_to_write(space.guid)
    changes: list[Json] = []
    for number, wanted in enumerate(_manifest(call)):
        app = call.world.apps.find(space, str(wanted["name"]))
        before = app_manifest(call, app) if app else {}
        changes += application_changes(f"/applications/{number}", before, wanted)
    return Response.json({"diff": changes}, 201)


ENDPOINTS = (
    ("GET", "/v3/apps/{guid}/manifest", show_manifest),
    ("POST", "/v3/spaces/{guid}/actions/apply_manifest", apply_manifest),
    ("POST", "/v3/spaces/{guid}/manifest_diff", diff_manifest),
)
