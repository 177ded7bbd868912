"""Processes, their sizes and health checks, and what their instances do."""

from __future__ import annotations

from datetime import datetime

from runback.lab.platform.api.call import Call, Json, base, metadata, to_one
from runback.lab.platform.api.paging import listed
from runback.lab.platform.processes import InstanceStats
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import HealthCheck, Process
from runback.lab.server import Response


def _check_body(check: HealthCheck, *, liveness: bool) -> Json:
    data: Json = {"timeout": check.timeout} if liveness else {}
    if check.type != "process" or not liveness:
        data["invocation_timeout"] = check.invocation_timeout
    if check.type != "process":
        data["interval"] = check.interval
    if check.type == "http":
        data["endpoint"] = check.endpoint
    return {"type": check.type, "data": data}


def process_body(call: Call, process: Process) -> Json:
    path = f"/v3/processes/{process.guid}"
    app = call.state.apps[process.app_guid]
    return {
        **base(process),
        "version": process.version,
        "type": process.type,
        "command": _command(call, process),
        "user": "vcap",
        "instances": process.instances,
        "memory_in_mb": process.memory_mb,
        "disk_in_mb": process.disk_mb,
        "log_rate_limit_in_bytes_per_second": process.log_rate_limit,
        "health_check": _check_body(process.health_check, liveness=True),
        "readiness_health_check": _check_body(process.readiness_health_check, liveness=False),
        "relationships": {"app": to_one(process.app_guid), "revision": _revision(process)},
        "metadata": metadata(process),
        "links": {
            "self": call.link(path),
            "scale": call.link(f"{path}/actions/scale", "POST"),
            "app": call.link(f"/v3/apps/{process.app_guid}"),
            "space": call.link(f"/v3/spaces/{app.space_guid}"),
            "stats": call.link(f"{path}/stats"),
            "process_instances": call.link(f"{path}/process_instances"),
        },
    }


def _revision(process: Process) -> Json | None:
    return to_one(process.revision_guid) if process.revision_guid else None


def _command(call: Call, process: Process) -> str | None:
    """The person's command, else the droplet's."""
    if process.command is not None:
        return process.command
    app = call.state.apps[process.app_guid]
    droplet = call.state.droplets.get(app.droplet_guid or "")
    return droplet.process_types.get(process.type) if droplet else None


def _hidden_command(call: Call, process: Process) -> Json:
    """In lists the command is redacted (presenters/v3/process_presenter.rb, censored)."""
    body = process_body(call, process)
    if body["command"] is not None:
        body["command"] = "[PRIVATE DATA HIDDEN IN LISTS]"
    if "process_instances" in (call.request.many("embed") or ()):
        body["process_instances"] = _instances(call, process)
    return body


def _listed(call: Call, processes: list[Process]) -> Response:
    return listed(
        call,
        processes,
        _hidden_command,
        {
            "types": lambda each: each.type,
            "app_guids": lambda each: each.app_guid,
            "space_guids": lambda each: call.state.apps[each.app_guid].space_guid,
            "organization_guids": lambda each: (
                call.state.spaces[call.state.apps[each.app_guid].space_guid].organization_guid
            ),
        },
        also=("embed",),
    )


def list_processes(call: Call) -> Response:
    return _listed(call, [each for each in call.state.processes.values() if call.sees_app(each.app_guid)])


def list_app_processes(call: Call) -> Response:
    return _listed(call, call.world.processes.of(call.app()))


def _process(call: Call) -> Process:
    """Of the path: `/processes/{guid}` or `/apps/{guid}/processes/{type}`."""
    if "type" in call.request.params:
        return call.world.processes.typed(call.app(), call.param("type"))
    return call.found(call.state.processes, "Process", lambda each: call.sees_app(each.app_guid))


def show_process(call: Call) -> Response:
    return Response.json(process_body(call, _process(call)))


def _health_check(given: Json) -> HealthCheck:
    data = given.get("data") or {}
    kind = given.get("type")
    if kind not in ("port", "process", "http"):
        raise Refusal('Health check type must be "port", "process", or "http"')
    return HealthCheck(
        type=kind,
        timeout=data.get("timeout"),
        invocation_timeout=data.get("invocation_timeout"),
        interval=data.get("interval"),
        endpoint=data.get("endpoint"),
    )


def update_process(call: Call) -> Response:
    process = _process(call)
    call.need_to_write(call.state.apps[process.app_guid].space_guid)
    body = call.body()
    call.world.processes.update(
        call.user,
        process,
        command=body.get("command"),
        clear_command="command" in body and body["command"] is None,
        health_check=_health_check(body["health_check"]) if body.get("health_check") else None,
        readiness_health_check=(
            _health_check(body["readiness_health_check"]) if body.get("readiness_health_check") else None
        ),
    )
    return Response.json(process_body(call, process))


def scale_process(call: Call) -> Response:
    process = _process(call)
    call.need_to_operate(call.state.apps[process.app_guid].space_guid)
    body = call.body()
    for name in ("instances", "memory_in_mb", "disk_in_mb"):
        value = body.get(name)
        if value is not None and (not isinstance(value, int) or value < (name != "instances")):
            label = name.replace("_", " ").capitalize()
            raise Refusal(f"{label} must be greater than {'or equal to ' if name == 'instances' else ''}0")
    call.world.processes.scale(
        call.user,
        process,
        instances=body.get("instances"),
        memory_mb=body.get("memory_in_mb"),
        disk_mb=body.get("disk_in_mb"),
        log_rate_limit=body.get("log_rate_limit_in_bytes_per_second"),
    )
    return Response.json(process_body(call, process), 202)


def _usage(now: datetime, stats: InstanceStats) -> Json:
    return {
        "time": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "cpu": stats.cpu,
        "cpu_entitlement": round(stats.cpu * 4, 6),
        "mem": stats.memory_bytes,
        "disk": stats.disk_bytes,
        "log_rate": 0,
    }


def _stats_body(call: Call, process: Process, stats: InstanceStats) -> Json:
    """One instance; a DOWN one has no host, quota or usage (presenters/v3/process_stats_presenter.rb)."""
    instance = stats.instance
    down: Json = {
        "type": process.type,
        "index": stats.index,
        "state": stats.state,
        "routable": None,
        "uptime": stats.uptime,
        "isolation_segment": None,
        "details": stats.details,
    }
    if instance is None or stats.state == "DOWN":
        return down
    ports = {
        "external": instance.external_port,
        "internal": 8080,
        "external_tls_proxy_port": instance.external_port + 1,
        "internal_tls_proxy_port": 61001,
    }
    return {
        **down,
        "instance_guid": instance.guid,
        "routable": stats.routable,
        "usage": _usage(call.world.clock.now(), stats),
        "host": instance.host,
        "instance_internal_ip": instance.ip,
        "instance_ports": [ports] if instance.external_port else [],
        "mem_quota": stats.memory_quota,
        "disk_quota": stats.disk_quota,
        "log_rate_limit": process.log_rate_limit,
        "fds_quota": 16384,
    }


def show_stats(call: Call) -> Response:
    process = _process(call)
    stats = call.world.processes.stats(process)
    return Response.json({"resources": [_stats_body(call, process, each) for each in stats]})


def _instances(call: Call, process: Process) -> list[Json]:
    return [
        {"index": each.index, "state": each.state, "since": each.uptime}
        for each in call.world.processes.stats(process)
    ]


def show_instances(call: Call) -> Response:
    process = _process(call)
    path = f"/v3/processes/{process.guid}"
    links = {"self": call.link(f"{path}/process_instances"), "process": call.link(path)}
    return Response.json({"resources": _instances(call, process), "links": links})


def restart_instance(call: Call) -> Response:
    process = _process(call)
    call.need_to_operate(call.state.apps[process.app_guid].space_guid)
    index = call.param("index")
    if not index.isdecimal():
        raise Refusal("Instance not found", "CF-ResourceNotFound")
    call.world.apps.restart_instance(call.user, process, int(index))
    return Response(204)


ENDPOINTS = (
    ("GET", "/v3/processes", list_processes),
    ("GET", "/v3/processes/{guid}", show_process),
    ("PATCH", "/v3/processes/{guid}", update_process),
    ("GET", "/v3/processes/{guid}/stats", show_stats),
    ("GET", "/v3/processes/{guid}/process_instances", show_instances),
    ("POST", "/v3/processes/{guid}/actions/scale", scale_process),
    ("DELETE", "/v3/processes/{guid}/instances/{index}", restart_instance),
    ("GET", "/v3/apps/{guid}/processes", list_app_processes),
    ("GET", "/v3/apps/{guid}/processes/{type}", show_process),
    ("PATCH", "/v3/apps/{guid}/processes/{type}", update_process),
    ("GET", "/v3/apps/{guid}/processes/{type}/stats", show_stats),
    ("POST", "/v3/apps/{guid}/processes/{type}/actions/scale", scale_process),
    ("DELETE", "/v3/apps/{guid}/processes/{type}/instances/{index}", restart_instance),
)
