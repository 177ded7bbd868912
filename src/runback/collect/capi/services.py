"""Service instances and their bindings."""

from __future__ import annotations

from datetime import datetime

import msgspec

from runback.collect.capi.relations import Relationships


class Operation(msgspec.Struct):
    type: str = ""
    state: str = ""
    description: str | None = None


class Instance(msgspec.Struct):
    guid: str
    name: str
    type: str = "managed"
    created_at: datetime | None = None
    updated_at: datetime | None = None
    last_operation: Operation | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Plan(msgspec.Struct):
    guid: str
    name: str = ""
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Offering(msgspec.Struct):
    guid: str
    name: str = ""


class CredentialBinding(msgspec.Struct):
    type: str = "app"
    created_at: datetime | None = None
    last_operation: Operation | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)
