"""What happened in a space and no app's own events tell: who bound and unbound services, who deleted what.

What they tell: cloud_controller_ng, app/repositories/service_generic_binding_event_repository.rb (the app is
named by its GUID), app_event_repository.rb (`audit.app.delete-request` outlives the app).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from runback.collect import capi, records
from runback.collect.session import Session
from runback.http import Client
from runback.model import AuditEvent, DeletedApp

_GONE = ("audit.service_instance.delete", "audit.user_provided_service_instance.delete")
_SHARED = ("audit.service_instance.share", "audit.service_instance.unshare")  # of the space that owns it
_DELETED = "audit.app.delete-request"
_TYPES = ("audit.service_binding.create", "audit.service_binding.delete", *_GONE, *_SHARED, _DELETED)


class Events(NamedTuple):
    """`of_apps`: app GUID → the newest of its binding events. `gone`: GUID → name of services that were
    deleted, or that another space shared. `deleted`: apps, newest first.
    """

    of_apps: dict[str, tuple[capi.Event, ...]]
    gone: dict[str, str]
    deleted: tuple[DeletedApp, ...] = ()


def read(client: Client, session: Session, spaces: list[str]) -> Events:
    """What happened to bindings, services and apps in these spaces. Raises FetchError."""
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
        if event.type in (*_GONE, *_SHARED) and event.target is not None and event.target.name:
            gone[event.target.guid] = event.target.name
    return found._replace(gone=gone, deleted=tuple(_deleted(page.resources)))


def _deleted(events: Iterable[capi.Event]) -> Iterator[DeletedApp]:
    for event in events:
        if event.type == _DELETED and event.target is not None and event.target.name:
            one = records.event(event, event.target.name)
            yield DeletedApp(guid=event.target.guid, name=one.target, at=one.at, by=one.actor)


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
