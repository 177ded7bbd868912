"""Apps, what they are made of, and what runs of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from runback.collect.capi.relations import Guid, Metadata, Named, Relationships


class LifecycleData(msgspec.Struct):
    buildpacks: list[str] | None = None
    stack: str | None = None


class Lifecycle(msgspec.Struct):
    type: str = "buildpack"
    data: LifecycleData | None = None


class App(msgspec.Struct):
    guid: str
    name: str
    state: str
    created_at: datetime
    lifecycle: Lifecycle | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)
    metadata: Metadata = msgspec.field(default_factory=Metadata)


class HealthData(msgspec.Struct):
    timeout: int | None = None
    endpoint: str | None = None


class Health(msgspec.Struct):
    type: str = "port"
    data: HealthData | None = None


class Process(msgspec.Struct):
    guid: str
    type: str
    instances: int
    memory_in_mb: int
    disk_in_mb: int
    command: str | None = None
    health_check: Health | None = None
    readiness_health_check: Health | None = None
    created_at: datetime | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Usage(msgspec.Struct):
    cpu: float | None = None
    mem: int | None = None
    disk: int | None = None


class Stat(msgspec.Struct):
    index: int
    state: str
    uptime: int | None = None
    usage: Usage | None = None
    mem_quota: int | None = None
    disk_quota: int | None = None
    details: str | None = None
    instance_internal_ip: str | None = None
    routable: bool | None = None


class Stats(msgspec.Struct):
    resources: list[Stat] = []


class Buildpack(msgspec.Struct):
    name: str = ""
    buildpack_name: str | None = None
    version: str | None = None


class Droplet(msgspec.Struct):
    guid: str
    state: str
    created_at: datetime
    error: str | None = None
    stack: str | None = None
    buildpacks: list[Buildpack] | None = None
    metadata: Metadata = msgspec.field(default_factory=Metadata)


class Build(msgspec.Struct):
    guid: str
    state: str
    created_at: datetime
    error: str | None = None
    droplet: Guid | None = None
    created_by: Named | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Feature(msgspec.Struct):
    enabled: bool


class Environment(msgspec.Struct):
    environment_variables: dict[str, Any] = {}
    running_env_json: dict[str, Any] = {}
    staging_env_json: dict[str, Any] = {}
    system_env_json: dict[str, Any] = {}
