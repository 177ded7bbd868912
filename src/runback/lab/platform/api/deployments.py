"""Deployments and revisions: what rolls forward, and the ways back."""

from __future__ import annotations

from typing import Literal

from runback.lab.platform.api.call import (
    Call,
    Json,
    base,
    metadata,
    related,
    stamp,
    to_one,
    update_metadata,
)
from runback.lab.platform.api.paging import listed
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import Deployment, Revision
from runback.lab.server import Response


def deployment_body(call: Call, deployment: Deployment) -> Json:
    path = f"/v3/deployments/{deployment.guid}"
    details: Json = {
        "last_successful_healthcheck": stamp(deployment.last_successful_healthcheck),
        "last_status_change": stamp(deployment.last_status_change),
    }
    if deployment.error:
        details["error"] = deployment.error
    status: Json = {"value": deployment.status, "reason": deployment.reason, "details": details}
    revision = {"guid": deployment.revision_guid, "version": deployment.revision_version}
    links = {
        "self": call.link(path),
        "app": call.link(f"/v3/apps/{deployment.app_guid}"),
    }
    if deployment.status == "ACTIVE":
        links["cancel"] = call.link(f"{path}/actions/cancel", "POST")
        if deployment.strategy == "canary":
            links["continue"] = call.link(f"{path}/actions/continue", "POST")
    return {
        **base(deployment),
        "status": status,
        "strategy": deployment.strategy,
        "options": {"max_in_flight": deployment.max_in_flight, **deployment.options},
        "droplet": {"guid": deployment.droplet_guid or None},
        "previous_droplet": {"guid": deployment.previous_droplet_guid},
        "new_processes": [{"guid": deployment.new_process_guid, "type": deployment.new_process_type}],
        "revision": revision if deployment.revision_guid else None,
        "relationships": {"app": to_one(deployment.app_guid)},
        "metadata": metadata(deployment),
        "links": links,
    }


def _deployment(call: Call) -> Deployment:
    return call.found(call.state.deployments, "Deployment", lambda each: call.sees_app(each.app_guid))


def list_deployments(call: Call) -> Response:
    return listed(
        call,
        [each for each in call.state.deployments.values() if call.sees_app(each.app_guid)],
        deployment_body,
        {
            "app_guids": lambda each: each.app_guid,
            "status_values": lambda each: each.status,
            "status_reasons": lambda each: each.reason,
            "states": lambda each: each.reason,
        },
    )


def show_deployment(call: Call) -> Response:
    return Response.json(deployment_body(call, _deployment(call)))


_SIZES = ("web_instances", "memory_in_mb", "disk_in_mb")


def create_deployment(call: Call) -> Response:
    body = call.body()
    app = call.state.apps.get(related(body, "app"))
    if app is None or not call.reads(app.space_guid):
        raise Refusal("Unable to use app. Ensure that the app exists and you have access to it.")
    call.need_to_operate(app.space_guid)
    droplet_guid = (body.get("droplet") or {}).get("guid")
    revision_guid = (body.get("revision") or {}).get("guid")
    if droplet_guid is not None and revision_guid is not None:
        # messages/deployment_create_message.rb
        raise Refusal("Cannot set both fields 'droplet' and 'revision'")
    droplet = revision = None
    if droplet_guid is not None:
        droplet = call.state.droplets.get(droplet_guid)
        if droplet is None or droplet.app_guid != app.guid:
            raise Refusal(
                "Unable to assign current droplet. Ensure the droplet exists and belongs to this app."
            )
    if revision_guid is not None:
        revision = call.state.revisions.get(revision_guid)
        if revision is None or revision.app_guid != app.guid:
            raise Refusal("The revision does not exist")
    strategy = _strategy(body.get("strategy") or "rolling")
    options = body.get("options") or {}
    deployment = call.world.deployments.create(
        call.user,
        app,
        droplet=droplet,
        revision=revision,
        strategy=strategy,
        max_in_flight=options.get("max_in_flight") or 1,
        options={name: options[name] for name in _SIZES if options.get(name) is not None},
    )
    update_metadata(call, deployment, body)
    return Response.json(deployment_body(call, deployment), 201)


def _strategy(given: object) -> Literal["rolling", "canary"]:
    if given == "rolling":
        return "rolling"
    if given == "canary":
        return "canary"
    raise Refusal(f"Strategy '{given}' is not a supported deployment strategy")


def cancel_deployment(call: Call) -> Response:
    deployment = _deployment(call)
    call.need_to_operate(call.state.apps[deployment.app_guid].space_guid)
    call.world.deployments.cancel(call.user, deployment)
    return Response(200)


def continue_deployment(call: Call) -> Response:
    deployment = _deployment(call)
    call.need_to_operate(call.state.apps[deployment.app_guid].space_guid)
    call.world.deployments.continue_(call.user, deployment)
    return Response(200)


def _sidecars(call: Call, revision: Revision) -> list[Json]:
    droplet = call.state.droplets.get(revision.droplet_guid)
    return [
        {
            "name": one.name,
            "command": one.command,
            "process_types": ["web"],
            "memory_in_mb": one.memory_mb,
        }
        for one in (droplet.behaviour.sidecars if droplet else ())
    ]


def revision_body(call: Call, revision: Revision) -> Json:
    path = f"/v3/revisions/{revision.guid}"
    types = dict.fromkeys([*revision.process_types, *revision.commands])
    return {
        **base(revision),
        "version": revision.version,
        "droplet": {"guid": revision.droplet_guid},
        "processes": {name: {"command": revision.commands.get(name)} for name in types},
        "sidecars": _sidecars(call, revision),
        "description": revision.description,
        "deployable": call.world.revisions.deployable(revision),
        "relationships": {"app": to_one(revision.app_guid)},
        "metadata": metadata(revision),
        "links": {
            "self": call.link(path),
            "app": call.link(f"/v3/apps/{revision.app_guid}"),
            "environment_variables": call.link(f"{path}/environment_variables"),
        },
    }


def _revision(call: Call) -> Revision:
    return call.found(call.state.revisions, "Revision", lambda each: call.sees_app(each.app_guid))


def _listed(call: Call, revisions: list[Revision]) -> Response:
    deployable = call.request.one("deployable")
    if deployable:
        revisions = [
            each for each in revisions if call.world.revisions.deployable(each) == (deployable == "true")
        ]
    return listed(
        call, revisions, revision_body, {"versions": lambda each: str(each.version)}, also=("deployable",)
    )


def list_revisions(call: Call) -> Response:
    return _listed(call, call.world.revisions.of(call.app()))


def list_deployed_revisions(call: Call) -> Response:
    return _listed(call, call.world.revisions.deployed(call.app()))


def show_revision(call: Call) -> Response:
    return Response.json(revision_body(call, _revision(call)))


def update_revision(call: Call) -> Response:
    revision = _revision(call)
    call.need_to_write(call.state.apps[revision.app_guid].space_guid)
    update_metadata(call, revision, call.body())
    return Response.json(revision_body(call, revision))


def show_revision_variables(call: Call) -> Response:
    revision = _revision(call)
    call.need_secrets(call.state.apps[revision.app_guid].space_guid)
    call.world.revisions.shown_environment(call.user, revision)
    path = f"/v3/revisions/{revision.guid}"
    links = {
        "self": call.link(f"{path}/environment_variables"),
        "revision": call.link(path),
        "app": call.link(f"/v3/apps/{revision.app_guid}"),
    }
    return Response.json({"var": dict(revision.environment), "links": links})


ENDPOINTS = (
    ("GET", "/v3/deployments", list_deployments),
    ("POST", "/v3/deployments", create_deployment),
    ("GET", "/v3/deployments/{guid}", show_deployment),
    ("POST", "/v3/deployments/{guid}/actions/cancel", cancel_deployment),
    ("POST", "/v3/deployments/{guid}/actions/continue", continue_deployment),
    ("GET", "/v3/apps/{guid}/revisions", list_revisions),
    ("GET", "/v3/apps/{guid}/revisions/deployed", list_deployed_revisions),
    ("GET", "/v3/revisions/{guid}", show_revision),
    ("PATCH", "/v3/revisions/{guid}", update_revision),
    ("GET", "/v3/revisions/{guid}/environment_variables", show_revision_variables),
)
