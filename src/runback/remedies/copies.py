"""Copies of droplets, so that code outlives the app that a rebuild deletes.

Cloud Controller copies a droplet only into another app (POST /v3/droplets?source_guid=…): a stopped app
beside the one that is rebuilt holds it, without routes, bindings or instances, until the rebuild is verified.
"""

from __future__ import annotations

import msgspec

from runback.errors import FetchError
from runback.remedies import snapshot as kept
from runback.remedies.reach import NotDone, Reach
from runback.remedies.snapshot import AppSeen, Snapshot

LOOK_SECONDS = 2.0
MOST_SECONDS = 600.0
_ENDING = "-before-rebuild"


class _Droplet(msgspec.Struct):
    guid: str
    state: str = ""
    error: str | None = None


def holder(old: Snapshot) -> str:
    """The name of the app that holds the copy."""
    return f"{old.app}{_ENDING}"


def keep(reach: Reach, old: Snapshot) -> None:
    """Copies the current droplet into the holder, unless one is there. Raises NotDone, FetchError."""
    if old.droplet is None or held(reach, old) is not None:
        return
    app = kept.find(reach, holder(old), old.space)
    guid = app.guid if app else _made(reach, old)
    _copy(reach, old.droplet, guid)


def held(reach: Reach, old: Snapshot) -> str | None:
    """The guid of the copy; None where there is none."""
    app = kept.find(reach, holder(old), old.space)
    found = reach.listed(f"/v3/apps/{app.guid}/droplets?states=STAGED", _Droplet) if app else []
    return found[0].guid if found else None


def copy_back(reach: Reach, old: Snapshot, app: str) -> str | None:
    """Copies the kept droplet into the app; its guid there, or None where none was kept."""
    source = held(reach, old)
    return _copy(reach, source, app) if source else None


def drop(reach: Reach, old: Snapshot) -> None:
    """Deletes the holder: an app that never ran, whose name nobody else uses."""
    app = kept.find(reach, holder(old), old.space)
    if app is not None and app.state == "STOPPED":
        reach.send("DELETE", f"/v3/apps/{app.guid}")


def _made(reach: Reach, old: Snapshot) -> str:
    body = {"name": holder(old), "relationships": {"space": {"data": {"guid": old.space}}}}
    return msgspec.json.decode(reach.send("POST", "/v3/apps", body).bytes(), type=AppSeen).guid


def _copy(reach: Reach, source: str, app: str) -> str:
    body = {"relationships": {"app": {"data": {"guid": app}}}}
    answer = reach.send("POST", f"/v3/droplets?source_guid={source}", body)
    one = msgspec.json.decode(answer.bytes(), type=_Droplet)
    waited = 0.0
    while one.state == "COPYING" and waited < MOST_SECONDS:
        waited += reach.pause(LOOK_SECONDS)
        one = reach.read(f"/v3/droplets/{one.guid}", _Droplet)
    if one.state != "STAGED":
        raise NotDone(f"the droplet could not be copied: {one.error or one.state.lower()}")
    return one.guid


def refused(error: FetchError) -> bool:
    """Whether the platform does not copy droplets for this user: a rebuild then keeps no code."""
    return error.status in (403, 404, 422)
