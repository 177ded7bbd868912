"""Who bound and unbound services, and when: events about bindings, in which the app is named by its GUID.

What they tell: cloud_controller_ng, app/repositories/service_generic_binding_event_repository.rb.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from runback.collect import capi, records
from runback.collect.session import Session
from runback.http import Client
from runback.model import AuditEvent

_GONE = ("audit.service_instance.delete", "audit.user_provided_service_instance.delete")
_TYPES = ("audit.service_binding.create", "audit.service_binding.delete", *_GONE)


class Events(NamedTuple):
    """`of_apps`: app GUID → the newest of its binding events. `gone`: names of services that were deleted."""

    of_apps: dict[str, tuple[capi.Event, ...]]
    gone: dict[str, str]


def read(client: Client, session: Session, spaces: list[str]) -> Events:
    """What happened to bindings and services in these spaces."""
    if not spaces:
        return Events({}, {})
    path = (
        f"/v3/audit_events?types={','.join(_TYPES)}&space_guids={','.join(spaces)}"
        "&order_by=-created_at&per_page=100"
    )
    page = client.json(session.endpoints.api + path, capi.Events, token=session)
    found, gone = Events({}, {}), {}
    for event in page.resources:
        app = _guid(event, "app")
        if app:
            found.of_apps[app] = (*found.of_apps.get(app, ()), event)
        if event.type in _GONE and event.target is not None and event.target.name:
            gone[event.target.guid] = event.target.name
    return found._replace(gone=gone)


def of_app(events: tuple[capi.Event, ...], app: str, services: Mapping[str, str]) -> tuple[AuditEvent, ...]:
    """The events as facts know them, with the service's name. A service that is gone has none."""
    found = []
    for event in events:
        one = records.event(event, app)
        guid = _guid(event, "service_instance")
        found.append(replace(one, data={**one.data, "service": services.get(guid, guid)}))
    return tuple(found)


def _guid(event: capi.Event, of: str) -> str:
    """The GUID that the request names: flat in a deletion, as a relationship where the binding was made."""
    request: Any = (event.data or {}).get("request")
    if not isinstance(request, dict):
        return ""
    node: Any = request.get(f"{of}_guid")
    if not isinstance(node, str):
        node = request
        for key in ("relationships", of, "data", "guid"):
            node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, str) else ""
