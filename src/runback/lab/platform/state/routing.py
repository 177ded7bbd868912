"""Routes and network policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from runback.lab.platform.state.resource import Resource


@dataclass(slots=True, kw_only=True)
class Destination:
    guid: str
    app_guid: str
    process_type: str = "web"
    port: int | None = None  # None: the app's own ($PORT, 8080)
    protocol: str | None = "http1"
    weight: int | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, kw_only=True)
class Route(Resource):
    host: str
    domain_guid: str
    space_guid: str
    path: str = ""
    port: int | None = None
    protocol: str = "http"
    destinations: list[Destination] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Policy:
    source_id: str  # app guids
    destination_id: str
    protocol: str
    start: int
    end: int
