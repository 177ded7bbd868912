"""What the platform tells of what happened: audit events, log lines, jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from runback.lab.platform.state.resource import Resource
from runback.lab.platform.state.services import LastOperation

LOG_CACHE_LINES = 5000  # of one source; log-cache's own default is far higher, its memory decides


@dataclass(slots=True, frozen=True)
class Party:
    """The actor or the target of an audit event."""

    guid: str
    type: str  # user, app, process, route …
    name: str


@dataclass(slots=True, kw_only=True)
class AuditEvent(Resource):
    type: str
    actor: Party
    target: Party
    data: dict[str, object] = field(default_factory=dict)
    space_guid: str | None = None
    organization_guid: str | None = None


@dataclass(slots=True, frozen=True)
class Envelope:
    """One log line as log-cache keeps it."""

    timestamp: int  # nanoseconds since the epoch
    source_type: str  # APP/PROC/WEB, RTR, CELL, STG, API …
    instance_id: str
    payload: bytes
    type: Literal["OUT", "ERR"]


@dataclass(slots=True, kw_only=True)
class Job(Resource):
    """An asynchronous job of Cloud Controller (`GET /v3/jobs/{guid}`)."""

    operation: str  # app.delete, service_bindings.create …
    state: str = "COMPLETE"  # PROCESSING, POLLING, COMPLETE, FAILED
    errors: list[dict[str, object]] = field(default_factory=list)
    watched: LastOperation | None = None  # the broker's work that it waits for
    word: str = ""  # what Cloud Controller calls that work in an error
