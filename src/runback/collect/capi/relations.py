"""How resources name each other, and what every one of them may carry."""

from __future__ import annotations

import msgspec


class Guid(msgspec.Struct):
    guid: str


class Named(msgspec.Struct):
    name: str = ""


class To(msgspec.Struct):
    """One relationship."""

    data: Guid | None = None


class Relationships(msgspec.Struct):
    """A relationship that does not exist can be left out, null, or hold null."""

    space: To | None = None
    organization: To | None = None
    app: To | None = None
    revision: To | None = None
    service_instance: To | None = None
    service_plan: To | None = None
    service_offering: To | None = None

    def guid(self, name: str) -> str:
        """The GUID that the relationship points to, or ''."""
        found: To | None = getattr(self, name)
        return found.data.guid if found and found.data else ""


class Metadata(msgspec.Struct):
    labels: dict[str, str | None] = {}
    annotations: dict[str, str | None] = {}
