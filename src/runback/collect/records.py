"""From what the Cloud Foundry API answers to the records of the evidence: chosen fields only."""

from __future__ import annotations

from typing import Any

from runback.collect import capi
from runback.model import (
    AuditEvent,
    Binding,
    Build,
    Deployment,
    Droplet,
    HealthCheck,
    Instance,
    Process,
    Service,
    Sidecar,
    Task,
)

_HIDDEN = "[PRIVATE DATA HIDDEN IN LISTS]"  # in place of commands, in lists of processes
# What an audit event may tell: scalars of these names, of its data or of the request in it.
_TOLD = frozenset(
    (
        "index",
        "instance",
        "exit_status",
        "exit_description",
        "reason",
        "cell_id",
        "crash_count",
        "crash_timestamp",
        "process_type",
        "state",
        "instances",
        "memory_in_mb",
        "disk_in_mb",
        "droplet_guid",
        "build_guid",
        "package_guid",
        "deployment_guid",
        "revision_guid",
        "strategy",
        "route_guid",
        "app_port",
        "process_guid",
        "version",
        "set",
        "by",
    )
)
_CHECKED = ("command", "health_check", "readiness_health_check")  # what an update of a process may hold


def droplet(one: capi.Droplet, commit: str | None) -> Droplet:
    """`commit`: what the labels or annotations of it, or of its package, say."""
    return Droplet(
        guid=one.guid,
        state=one.state,
        created_at=one.created_at,
        buildpacks=tuple(
            f"{pack.buildpack_name or pack.name} {pack.version or ''}".strip()
            for pack in one.buildpacks or ()
        ),
        stack=one.stack,
        error=one.error,
        commit=commit,
    )


def build(one: capi.Build) -> Build:
    """One staging, without its log."""
    return Build(
        guid=one.guid,
        state=one.state,
        created_at=one.created_at,
        error=one.error,
        droplet=one.droplet.guid if one.droplet else None,
        actor=one.created_by.name if one.created_by else "",
    )


def deployment(one: capi.Deployment) -> Deployment:
    """One deployment; guids of what the platform has forgotten are None."""
    details = one.status.details or capi.StatusDetails()
    return Deployment(
        guid=one.guid,
        status=one.status.value,
        reason=one.status.reason,
        strategy=one.strategy,
        created_at=one.created_at,
        updated_at=one.updated_at,
        last_healthcheck=details.last_successful_healthcheck,
        error=details.error,
        droplet=guid_in(one.droplet),
        previous_droplet=guid_in(one.previous_droplet),
        revision=guid_in(one.revision),
    )


def process(one: capi.Process, detail: capi.Process | None, instances: Any) -> Process:
    """One process. `detail` is its own resource, which names the command; lists hide it."""
    command = detail.command if detail else one.command
    return Process(
        guid=one.guid,
        type=one.type,
        desired=one.instances,
        memory_mb=one.memory_in_mb,
        disk_mb=one.disk_in_mb,
        command=None if command == _HIDDEN else command,
        health=_check(one.health_check),
        readiness=_check(one.readiness_health_check),
        instances=instances,
        created_at=one.created_at,
        revision=one.relationships.guid("revision") or None,
    )


def _check(health: capi.Health | None) -> HealthCheck | None:
    if health is None:
        return None
    data = health.data or capi.HealthData()
    return HealthCheck(type=health.type, timeout=data.timeout, endpoint=data.endpoint)


def instance(one: capi.Stat) -> Instance:
    """One instance, by its stats."""
    usage = one.usage or capi.Usage()
    return Instance(
        index=one.index,
        state=one.state,
        uptime=one.uptime,
        memory=usage.mem,
        memory_quota=one.mem_quota,
        disk=usage.disk,
        disk_quota=one.disk_quota,
        cpu=usage.cpu,
        details=one.details,
        ip=one.instance_internal_ip,
        routable=one.routable,
    )


def event(one: capi.Event, app: str) -> AuditEvent:
    """One audit event of the app of that name, its data by the allow-list."""
    data = one.data or {}
    request = data.get("request")
    told = {**(request if isinstance(request, dict) else {}), **data}
    if isinstance(request, dict) and (named := [name for name in _CHECKED if name in request]):
        told["set"] = " ".join(named)  # that they were set; to what, is nobody's business or told elsewhere
    if data.get("manifest_triggered") is True:
        told["by"] = "manifest"
    return AuditEvent(
        guid=one.guid,
        type=one.type,
        at=one.created_at,
        app=app,
        target=(one.target.name if one.target else None) or "",
        actor=(one.actor.name if one.actor else None) or "",
        data={
            name: value
            for name, value in told.items()
            if name in _TOLD and isinstance(value, str | int) and not isinstance(value, bool)
        },
    )


def binding(one: capi.CredentialBinding, services: dict[str, str], space: str | None = None) -> Binding:
    """`space`: the instance's, where it is another one than the app's."""
    operation = one.last_operation or capi.Operation(state="succeeded")
    guid = one.relationships.guid("service_instance")
    return Binding(
        service=services.get(guid, guid),
        state=operation.state or "succeeded",
        description=operation.description or "",
        created_at=one.created_at,
        space=space,
    )


def service(one: capi.Instance, space: str, included: capi.Included) -> Service:
    """One service instance; the names of plan and offering come from what the answer includes."""
    plan = next((p for p in included.service_plans if p.guid == one.relationships.guid("service_plan")), None)
    offering = plan and next(
        (o for o in included.service_offerings if o.guid == plan.relationships.guid("service_offering")), None
    )
    operation = one.last_operation or capi.Operation()
    return Service(
        guid=one.guid,
        name=one.name,
        type=one.type,
        space=space,
        offering=offering.name if offering else None,
        plan=plan.name if plan else None,
        operation=f"{operation.type} {operation.state}".strip(),
        description=operation.description or "",
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


def task(one: capi.Task) -> Task:
    """One task."""
    ended = one.state in ("SUCCEEDED", "FAILED")
    return Task(
        guid=one.guid,
        name=one.name,
        state=one.state,
        created_at=one.created_at,
        ended_at=one.updated_at if ended else None,
        reason=one.result.failure_reason if one.result else None,
        memory_mb=one.memory_in_mb,
        disk_mb=one.disk_in_mb,
    )


def sidecar(one: capi.Sidecar) -> Sidecar:
    """One sidecar of a revision."""
    return Sidecar(name=one.name, processes=tuple(one.process_types), memory_mb=one.memory_in_mb)


def guid_in(node: dict[str, Any] | None) -> str | None:
    """The GUID of a small object that the platform may leave empty."""
    found = (node or {}).get("guid")
    return found if isinstance(found, str) else None
