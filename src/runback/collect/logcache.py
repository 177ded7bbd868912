"""Recent logs of an app, from log-cache: one stream for each source and instance."""

from __future__ import annotations

import base64
import binascii

import msgspec

from runback.collect.interface import RawLog
from runback.collect.session import Session
from runback.errors import FetchError
from runback.http import Client
from runback.model import Gap, LogKind

_MOST = 1000  # log-cache answers 500 to 1001
_LEAST = 100
_EVER = -6795364578871345152  # the start time that the cf CLI sends: the beginning of its calendar


class _Line(msgspec.Struct):
    payload: str = ""
    type: str = "OUT"


class _Envelope(msgspec.Struct):
    timestamp: str
    instance_id: str = ""
    tags: dict[str, str] = {}
    log: _Line | None = None


class _Batch(msgspec.Struct):
    batch: list[_Envelope] = []


class _Read(msgspec.Struct):
    envelopes: _Batch = msgspec.field(default_factory=_Batch)


def recent(client: Client, session: Session, guid: str, app: str) -> tuple[RawLog, ...] | Gap:
    """The last 1,000 lines that log-cache holds of the app, oldest first in each stream.

    Asks for fewer when log-cache wants less (429). A stream is `truncated` where the answer was full.
    """
    if not session.endpoints.log_cache:
        return Gap(what=f"logs of {app}", reason="the platform names no log-cache")
    limit = _MOST
    while True:
        try:
            return _streams(_ask(client, session, guid, limit), app, limit)
        except FetchError as error:
            if error.status == 429 and limit // 2 >= _LEAST:
                limit //= 2
                continue
            return Gap(what=f"logs of {app}", reason=_reason(error))


def _reason(error: FetchError) -> str:
    if error.status == 404:
        return (
            "404: log-cache shows no logs of this app to this login (it says 404 for a token that has "
            "expired and for apps in which the user has no role)"
        )
    return str(error)


def _ask(client: Client, session: Session, guid: str, limit: int) -> list[_Envelope]:
    url = (
        f"{session.endpoints.log_cache}/api/v1/read/{guid}"
        f"?descending=true&envelope_types=LOG&limit={limit}&start_time={_EVER}"
    )
    return client.json(url, _Read, token=session).envelopes.batch


def _streams(batch: list[_Envelope], app: str, limit: int) -> tuple[RawLog, ...]:
    streams: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    for envelope in reversed(batch):
        if envelope.log is None:
            continue
        source = envelope.tags.get("source_type", "APP")
        lines = streams.setdefault((source, envelope.instance_id), [])
        lines.append((_time(envelope.timestamp), _payload(envelope.log.payload)))
    return tuple(
        _stream(app, source, instance, lines, len(batch) >= limit)
        for (source, instance), lines in sorted(streams.items())
    )


def _stream(app: str, source: str, instance: str, lines: list[tuple[int, bytes]], full: bool) -> RawLog:
    lines.sort(key=lambda line: line[0])  # stable: lines of one instant stay in their order
    times: list[int] = []
    texts: list[bytes] = []
    for time, payload in lines:
        for text in payload.rstrip(b"\n").split(b"\n"):
            times.append(time)
            texts.append(text)
    place = f"{source}/{instance}" if instance else source
    return RawLog(
        id=f"app:{app}/{place}",
        kind=kind_of(source),
        name=f"{app} {place}",
        data=b"\n".join(texts) + b"\n",
        app=app,
        times=tuple(times),
        truncated=full,
    )


def kind_of(source: str) -> LogKind:
    """Which of Runback's kinds a source type of the platform is."""
    if "/SIDECAR/" in source:
        return "sidecar"
    first, _, rest = source.partition("/")
    if first == "APP":
        return "task" if rest.startswith("TASK") else "app"
    kinds: dict[str, LogKind] = {"STG": "staging", "RTR": "router", "HEALTH": "health", "API": "api"}
    return kinds.get(first, "cell")


def _time(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


def _payload(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (ValueError, binascii.Error):
        return text.encode()
