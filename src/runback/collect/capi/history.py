"""What happened to an app: deployments, revisions, tasks, audit events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from runback.collect.capi.relations import Relationships


class StatusDetails(msgspec.Struct):
    last_successful_healthcheck: datetime | None = None
    error: str | None = None


class Status(msgspec.Struct):
    value: str = ""
    reason: str = ""
    details: StatusDetails | None = None


class Deployment(msgspec.Struct):
    guid: str
    status: Status
    created_at: datetime
    updated_at: datetime | None = None
    strategy: str = "rolling"
    droplet: dict[str, Any] | None = None  # {} where the droplet is gone
    previous_droplet: dict[str, Any] | None = None
    revision: dict[str, Any] | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Command(msgspec.Struct):
    """A revision's process: the command that somebody gave it, none where the buildpack's runs."""

    command: str | None = None


class Sidecar(msgspec.Struct):
    name: str
    process_types: list[str] = []
    memory_in_mb: int | None = None


class Revision(msgspec.Struct):
    guid: str
    version: int
    created_at: datetime
    description: str | None = None
    deployable: bool = True
    droplet: dict[str, Any] | None = None
    processes: dict[str, Command] = {}
    sidecars: list[Sidecar] = []


class RevisionVariables(msgspec.Struct):
    var: dict[str, Any] = {}


class TaskResult(msgspec.Struct):
    failure_reason: str | None = None


class Task(msgspec.Struct):
    guid: str
    name: str
    state: str
    created_at: datetime
    updated_at: datetime | None = None
    memory_in_mb: int = 0
    disk_in_mb: int = 0
    result: TaskResult | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Actor(msgspec.Struct):
    name: str | None = None
    type: str | None = None


class EventTarget(msgspec.Struct):
    guid: str = ""
    name: str | None = None


class Event(msgspec.Struct):
    guid: str
    type: str
    created_at: datetime
    actor: Actor | None = None
    target: EventTarget | None = None
    data: dict[str, Any] | None = None
