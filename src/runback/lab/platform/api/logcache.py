"""log-cache: the last lines of an app. Who may not see them is told that there is nothing: 404, never 401."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from runback.lab.platform.api.call import Json
from runback.lab.platform.api.uaa import InvalidToken, Uaa
from runback.lab.platform.state import App, Envelope, User
from runback.lab.server import Refused, Request, Response, Route, route

if TYPE_CHECKING:
    from runback.lab.platform.envelopes import Gauge
    from runback.lab.platform.world import World

LARGEST_LIMIT = 1000


def log_cache_routes(world: World, uaa: Uaa) -> tuple[Route, ...]:
    def read(request: Request) -> Response:
        with world.entered():
            app = _app(world, _user(uaa, request), request.params["source_id"])
            return _read(world, app, request)

    def meta(request: Request) -> Response:
        with world.entered():
            return _meta(world, _user(uaa, request))

    def info(request: Request) -> Response:
        return Response.json({"version": "3.2.0", "vm_uptime": "86400"})

    return (
        route("GET", "/api/v1/read/{source_id}", read),
        route("GET", "/api/v1/meta", meta),
        route("GET", "/api/v1/info", info),
    )


def _user(uaa: Uaa, request: Request) -> User:
    try:
        return uaa.user(request.headers.get("authorization", ""))
    except InvalidToken as error:
        raise Refused(Response(404, b"")) from error


def _app(world: World, user: User, guid: str) -> App:
    app = world.state.apps.get(guid)
    if app is None or not world.roles.reads(user, world.state.spaces[app.space_guid]):
        raise Refused(Response(404, b""))
    return app


def _read(world: World, app: App, request: Request) -> Response:
    limit = _int(request, "limit", 100)
    if limit > LARGEST_LIMIT:
        # what the gateway makes of an error of the store: google.rpc code 2, HTTP 500
        detail = f"limit ({limit}) must be 1000 or less"
        return Response.json({"code": 2, "message": detail, "details": []}, 500)
    kinds = request.many("envelope_types") or ("ANY",)
    if {"GAUGE", "3"}.intersection(kinds):
        measured = world.logs.gauges(app.guid, limit=limit, descending=request.one("descending") == "true")
        return Response.json({"envelopes": {"batch": [_gauge(app, each) for each in measured]}})
    if not {"LOG", "ANY", "0", "1"}.intersection(kinds):
        return Response.json({"envelopes": {"batch": []}})
    envelopes = world.logs.read(
        app.guid,
        start=_int(request, "start_time", 0),
        end=_int(request, "end_time", 0) or None,
        limit=limit,
        descending=request.one("descending") == "true",
    )
    return Response.json({"envelopes": {"batch": [_envelope(app, each) for each in envelopes]}})


def _int(request: Request, name: str, default: int) -> int:
    given = request.one(name)
    if not given:
        return default
    try:
        return int(given)
    except ValueError as error:
        # the gateway's words for a parameter that is no number
        detail = (
            f'type mismatch, parameter: {name}, error: strconv.ParseInt: parsing "{given}": invalid syntax'
        )
        raise Refused(Response.json({"code": 3, "message": detail, "details": []}, 400)) from error


def _envelope(app: App, envelope: Envelope) -> Json:
    """int64 values are strings in protobuf's JSON, and the payload is base64."""
    return {
        "timestamp": str(envelope.timestamp),
        "source_id": app.guid,
        "instance_id": envelope.instance_id,
        "deprecated_tags": {},
        "tags": {
            "__v1_type": "LogMessage",
            "app_id": app.guid,
            "app_name": app.name,
            "origin": "rep"
            if envelope.source_type.startswith(("APP", "CELL", "HEALTH", "STG"))
            else "gorouter",
            "source_type": envelope.source_type,
        },
        "log": {"payload": base64.b64encode(envelope.payload).decode(), "type": envelope.type},
    }


def _gauge(app: App, gauge: Gauge) -> Json:
    """cloudfoundry/executor, containermetrics/reporter_runner.go, in the form of loggregator's v2 API."""
    return {
        "timestamp": str(gauge.timestamp),
        "source_id": app.guid,
        "instance_id": str(gauge.instance),
        "deprecated_tags": {},
        "tags": {
            "app_id": app.guid,
            "app_name": app.name,
            "origin": "rep",
            "process_id": gauge.process_guid,
            "process_type": gauge.process_type,
        },
        "gauge": {
            "metrics": {
                "memory": {"unit": "bytes", "value": gauge.memory},
                "memory_quota": {"unit": "bytes", "value": gauge.memory_quota},
            }
        },
    }


def _meta(world: World, user: User) -> Response:
    """What is kept of each app that the user sees."""
    kept = {}
    for guid, lines in world.state.logs.items():
        app = world.state.apps.get(guid)
        if app is None or not lines or not world.roles.reads(user, world.state.spaces[app.space_guid]):
            continue
        times = [line.timestamp for line in lines]
        kept[guid] = {
            "count": str(len(times)),
            "expired": "0",
            "oldestTimestamp": str(min(times)),
            "newestTimestamp": str(max(times)),
        }
    return Response.json({"meta": kept})
