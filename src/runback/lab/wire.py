"""Faults of the wire as people write them, in scenarios and in calls of the control API.

{listener: log-cache, status: 503}                     an error in the handler's stead
{listener: circleci, path: "/api/v2/workflow/*", status: 429, retry_after: 3, times: 2}
{listener: api, body: html, status: 520}               a content delivery network's page
{listener: api, path: "/v3/apps*", truncate: 300}      the connection ends within the body
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runback.lab.changereading import WIRE_BODIES, Problem
from runback.lab.server import Fault, Response

# What a content delivery network puts before a service that does not answer: markup where JSON was asked for.
_HTML = (
    "<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>Error {status}</h1></body></html>\n"
)


def read(given: Mapping[str, Any]) -> Fault:
    """The fault; raises Problem for a body that is none (what `changes` has read is one)."""
    return Fault(
        path=str(given.get("path", "*")),
        listener=str(given.get("listener", "*")),
        method=str(given.get("method", "*")),
        times=None if given.get("times") is None else int(given["times"]),
        latency=float(given.get("latency", 0)),
        response=_response(given),
        truncate=None if given.get("truncate") is None else int(given["truncate"]),
        dribble=float(given.get("dribble", 0)),
        drop=bool(given.get("drop", False)),
    )


def _response(given: Mapping[str, Any]) -> Response | None:
    status = given.get("status")
    kind = given.get("body")
    if status is None and kind is None:
        return None
    code = int(status or 200)
    told = {"message": "The lab was asked to fail here."}
    made = {
        "json": Response.json(told, code),
        "html": Response.text(_HTML.format(status=code), code, "text/html"),
        "empty": Response(code),
        "broken": Response(code, b'{"resources": [{"guid": "'),
        "wrong-type": Response.json({"resources": "none", "items": 7, "pagination": []}, code),
    }
    if kind not in (None, *made):
        raise Problem(f"no body {kind!r}", WIRE_BODIES)
    response = made[str(kind or "json")]
    if given.get("retry_after") is not None:
        response = response.with_headers(("Retry-After", str(int(given["retry_after"]))))
    return response
