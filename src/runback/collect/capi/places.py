"""Spaces and organizations, who may do what there, and the routes that lead to apps."""

from __future__ import annotations

from datetime import datetime

import msgspec

from runback.collect.capi.relations import Relationships


class Space(msgspec.Struct):
    guid: str
    name: str
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Organization(msgspec.Struct):
    guid: str
    name: str


class Role(msgspec.Struct):
    type: str = ""
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Domain(msgspec.Struct):
    guid: str
    name: str
    internal: bool = False


class DestinationProcess(msgspec.Struct):
    type: str = "web"


class DestinationApp(msgspec.Struct):
    guid: str
    process: DestinationProcess | None = None


class Destination(msgspec.Struct):
    app: DestinationApp
    port: int | None = None
    protocol: str | None = None
    weight: int | None = None


class Route(msgspec.Struct):
    guid: str
    url: str
    created_at: datetime | None = None
    destinations: list[Destination] = []
    relationships: Relationships = msgspec.field(default_factory=Relationships)
