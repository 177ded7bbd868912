"""What the platform answers of apps and policies, as far as the remedies read it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from runback.remedies.reach import Reach, ToOne


class _InSpace(msgspec.Struct):
    space: ToOne = msgspec.field(default_factory=ToOne)


class App(msgspec.Struct):
    guid: str
    name: str
    state: str = ""
    relationships: _InSpace = msgspec.field(default_factory=_InSpace)

    @property
    def space(self) -> str | None:
        """The guid of its space."""
        return self.relationships.space.data.guid if self.relationships.space.data else None


class HealthCheckData(msgspec.Struct):
    timeout: int | None = None
    endpoint: str | None = None


class HealthCheck(msgspec.Struct):
    type: str = ""
    data: HealthCheckData | None = None


class Process(msgspec.Struct):
    guid: str
    type: str = "web"
    instances: int = 0
    memory_in_mb: int = 0
    disk_in_mb: int = 0
    created_at: datetime | None = None
    health_check: HealthCheck | None = None


class Stat(msgspec.Struct):
    state: str = ""
    index: int = 0
    uptime: int | None = None
    details: str | None = None


class Stats(msgspec.Struct):
    resources: list[Stat] = []


class _Ports(msgspec.Struct):
    start: int = 0
    end: int = 0


class _Destination(msgspec.Struct):
    id: str = ""
    protocol: str = ""
    ports: _Ports = msgspec.field(default_factory=_Ports)


class _Source(msgspec.Struct):
    id: str = ""


class Policy(msgspec.Struct):
    source: _Source
    destination: _Destination


class Policies(msgspec.Struct):
    policies: list[Policy] = []


def states(reach: Reach, guid: str, process: str = "web") -> list[str]:
    """The states of the process's instances; [] where the platform does not know them just now."""
    found = reach.found(f"/v3/apps/{guid}/processes/{process}/stats", Stats)
    return [one.state for one in found.resources] if found else []
