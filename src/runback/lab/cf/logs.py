"""Log lines from log-cache: `cf logs --recent`, and what staging says while it goes on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from runback.lab.cf.arguments import Given
from runback.lab.cf.client import Json
from runback.lab.cf.errors import CfError
from runback.lab.cf.session import Session

EARLIEST = -6795364578871345152  # what cf sends for 'from the beginning'
LIMIT = 1000


def logs(session: Session, given: Given) -> None:
    session.need()
    name = given.word("APP_NAME")
    if not given.has("recent"):
        raise CfError("The lab's cf shows recent logs only: cf logs APP_NAME --recent")
    session.screen.say(f"Retrieving logs for app {name} in {session.place}")
    session.screen.say()
    guid = session.app(name)["guid"]
    for one in sorted(_batch(session, guid, EARLIEST, descending=True), key=_timestamp):
        source, instance = one["tags"].get("source_type", "APP"), one.get("instance_id", "0")
        head = f"{_written(_timestamp(one))} [{source}/{instance}] {one['log'].get('type', 'OUT')} "
        for line in _text(one).split("\n"):
            session.screen.say(f"   {head}{line.rstrip()}")


class StagingLog:
    """What staging has said since the last look."""

    def __init__(self, session: Session, app_guid: str) -> None:
        self._session = session
        self._guid = app_guid
        last = max(
            (_timestamp(one) for one in _batch(session, app_guid, EARLIEST, descending=True)), default=0
        )
        self._from = last + 1

    def show(self) -> None:
        for one in _batch(self._session, self._guid, self._from, descending=False):
            self._from = max(self._from, _timestamp(one) + 1)
            if one["tags"].get("source_type") == "STG":
                for line in _text(one).split("\n"):
                    self._session.screen.say(f"   {line.rstrip()}")


def _batch(session: Session, guid: str, start: int, *, descending: bool) -> Iterator[Json]:
    """Envelopes that hold a log line; none where log-cache will not say."""
    query = {"envelope_types": "LOG", "limit": str(LIMIT), "start_time": str(start)}
    if descending:
        query["descending"] = "true"
    url = f"{session.settings['LogCacheEndPoint']}/api/v1/read/{guid}?{urlencode(query)}"
    status, _, data = session.api.authorised("GET", url)
    if status >= 400:
        session.screen.warn(f"Failed to retrieve logs from Log Cache: unexpected status code {status}")
        return
    yield from (one for one in json.loads(data)["envelopes"]["batch"] if "log" in one)


def _timestamp(envelope: Json) -> int:
    return int(envelope["timestamp"])


def _written(nanoseconds: int) -> str:
    moment = datetime.fromtimestamp(nanoseconds // 10**9, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanoseconds % 10**9 // 10**7:02d}+0000"


def _text(envelope: Json) -> str:
    return base64.b64decode(envelope["log"]["payload"]).decode(errors="replace").rstrip("\n")
