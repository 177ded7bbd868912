"""Tasks and audit events."""

from __future__ import annotations

from runback.lab.platform.api.call import Call, Json, base, metadata, to_one
from runback.lab.platform.api.paging import listed
from runback.lab.platform.state import AuditEvent, Task
from runback.lab.server import Response


def task_body(call: Call, task: Task) -> Json:
    path = f"/v3/tasks/{task.guid}"
    return {
        **base(task),
        "sequence_id": task.sequence_id,
        "name": task.name,
        "command": task.command,
        "user": "vcap",
        "state": task.state,
        "memory_in_mb": task.memory_mb,
        "disk_in_mb": task.disk_mb,
        "log_rate_limit_in_bytes_per_second": -1,
        "result": {"failure_reason": task.failure_reason},
        "droplet_guid": task.droplet_guid,
        "relationships": {"app": to_one(task.app_guid)},
        "metadata": metadata(task),
        "links": {
            "self": call.link(path),
            "app": call.link(f"/v3/apps/{task.app_guid}"),
            "cancel": call.link(f"{path}/actions/cancel", "POST"),
            "droplet": call.link(f"/v3/droplets/{task.droplet_guid}"),
        },
    }


def _without_command(call: Call, task: Task) -> Json:
    """In lists the command is left out (presenters/v3/task_presenter.rb, show_secrets)."""
    body = task_body(call, task)
    del body["command"]
    return body


def _listed(call: Call, tasks: list[Task]) -> Response:
    return listed(
        call,
        tasks,
        _without_command,
        {
            "names": lambda each: each.name,
            "states": lambda each: each.state,
            "app_guids": lambda each: each.app_guid,
            "sequence_ids": lambda each: str(each.sequence_id),
            "space_guids": lambda each: call.state.apps[each.app_guid].space_guid,
        },
    )


def list_tasks(call: Call) -> Response:
    return _listed(call, [each for each in call.state.tasks.values() if call.sees_app(each.app_guid)])


def list_app_tasks(call: Call) -> Response:
    app = call.app()
    return _listed(call, [each for each in call.state.tasks.values() if each.app_guid == app.guid])


def _task(call: Call) -> Task:
    return call.found(call.state.tasks, "Task", lambda each: call.sees_app(each.app_guid))


def show_task(call: Call) -> Response:
    return Response.json(task_body(call, _task(call)))


def create_task(call: Call) -> Response:
    app = call.app()
    call.need_to_write(app.space_guid)
    body = call.body()
    task = call.world.tasks.create(
        call.user,
        app,
        str(body.get("command") or ""),
        name=body.get("name"),
        memory_mb=body.get("memory_in_mb"),
        disk_mb=body.get("disk_in_mb"),
    )
    return Response.json(task_body(call, task), 202)


def cancel_task(call: Call) -> Response:
    task = _task(call)
    call.need_to_write(call.state.apps[task.app_guid].space_guid)
    call.world.tasks.cancel(call.user, task)
    return Response.json(task_body(call, task), 202)


def event_body(call: Call, event: AuditEvent) -> Json:
    space, organization = event.space_guid, event.organization_guid
    return {
        **base(event),
        "type": event.type,
        "actor": {"guid": event.actor.guid, "type": event.actor.type, "name": event.actor.name},
        "target": {"guid": event.target.guid, "type": event.target.type, "name": event.target.name},
        "data": event.data,
        "space": {"guid": space} if space else None,
        "organization": {"guid": organization} if organization else None,
        "links": {"self": call.link(f"/v3/audit_events/{event.guid}")},
    }


def list_events(call: Call) -> Response:
    return listed(
        call,
        [each for each in call.state.events.values() if call.reads(each.space_guid)],
        event_body,
        {
            "types": lambda each: each.type,
            "target_guids": lambda each: each.target.guid,
            "space_guids": lambda each: each.space_guid,
            "organization_guids": lambda each: each.organization_guid,
        },
    )


def show_event(call: Call) -> Response:
    event = call.found(call.state.events, "Event", lambda each: call.reads(each.space_guid))
    return Response.json(event_body(call, event))


ENDPOINTS = (
    ("GET", "/v3/tasks", list_tasks),
    ("GET", "/v3/tasks/{guid}", show_task),
    ("POST", "/v3/tasks/{guid}/actions/cancel", cancel_task),
    ("PUT", "/v3/tasks/{guid}/cancel", cancel_task),
    ("GET", "/v3/apps/{guid}/tasks", list_app_tasks),
    ("POST", "/v3/apps/{guid}/tasks", create_task),
    ("GET", "/v3/audit_events", list_events),
    ("GET", "/v3/audit_events/{guid}", show_event),
)
