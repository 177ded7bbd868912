"""Recent logs of an app, from log-cache: one stream for each source and instance."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from itertools import takewhile
from typing import TypeAlias

import msgspec

from runback.collect.interface import RawLog
from runback.collect.session import Session
from runback.errors import FetchError
from runback.http import Client
from runback.model import Gap, InstanceMemory, LogKind

_MOST = 1000  # log-cache answers 500 to 1001
_LEAST = 100
_EVER = -6795364578871345152  # the start time that the cf CLI sends: the beginning of its calendar
_PAGES = 10  # of one app: what lies further back is in the platform's archive, if it has one
_BYTES = 32 << 20  # of one app's lines: a line may have 60 kB

_Streams: TypeAlias = dict[tuple[str, str], list[tuple[int, bytes]]]  # by source and instance


class _Line(msgspec.Struct):
    payload: str = ""
    type: str = "OUT"


class _Envelope(msgspec.Struct):
    timestamp: str
    instance_id: str = ""
    tags: dict[str, str] = {}
    log: _Line | None = None


class _Metric(msgspec.Struct):
    value: float = 0.0


class _Metrics(msgspec.Struct):
    metrics: dict[str, _Metric] = {}


class _Measured(msgspec.Struct):
    timestamp: str
    instance_id: str = ""
    tags: dict[str, str] = {}
    gauge: _Metrics | None = None


class _MeasuredBatch(msgspec.Struct):
    batch: list[_Measured] = []


class _MeasuredRead(msgspec.Struct):
    envelopes: _MeasuredBatch = msgspec.field(default_factory=_MeasuredBatch)


class _Batch(msgspec.Struct):
    batch: list[_Envelope] = []


class _Read(msgspec.Struct):
    envelopes: _Batch = msgspec.field(default_factory=_Batch)


def recent(client: Client, session: Session, guid: str, app: str) -> tuple[RawLog, ...] | Gap:
    """The last lines that log-cache holds of the app, oldest first in each stream: 10,000, or 32 MB.

    It gives 1,000 at once, the newest first, so older ones are asked for by their time; fewer at once where
    it wants less (429). Streams are `truncated` where log-cache holds more than was read.
    """
    if not session.endpoints.log_cache:
        return Gap(what=f"logs of {app}", reason="the platform names no log-cache")
    try:
        lines = _Backwards(client, session, guid)
        lines.read()
    except FetchError as error:
        return Gap(what=f"logs of {app}", reason=_reason(error))
    return tuple(
        _stream(app, source, instance, found[::-1], lines.cut)  # they came newest first
        for (source, instance), found in sorted(lines.streams.items())
    )


def memory(client: Client, session: Session, guid: str) -> tuple[InstanceMemory, ...]:
    """What the app's instances used lately, oldest first. Raises FetchError."""
    if not session.endpoints.log_cache:
        raise FetchError("the platform names no log-cache")
    url = f"{session.endpoints.log_cache}/api/v1/read/{guid}"
    url += f"?descending=true&envelope_types=GAUGE&limit={_MOST}&start_time={_EVER}"
    found = client.json(url, _MeasuredRead, token=session).envelopes.batch
    return tuple(use for one in reversed(found) if (use := _use(one)) is not None)


def _use(one: _Measured) -> InstanceMemory | None:
    """Apps may send measurements of their own; these have other names."""
    metrics = one.gauge.metrics if one.gauge else {}
    if "memory" not in metrics or not one.instance_id.isdecimal():
        return None
    quota = metrics.get("memory_quota")
    return InstanceMemory(
        at=datetime.fromtimestamp(_time(one.timestamp) // 10**9, UTC),
        process=one.tags.get("process_type", "web"),
        instance=int(one.instance_id),
        used=int(metrics["memory"].value),
        quota=int(quota.value) if quota else None,
    )


def since(client: Client, session: Session, guid: str, app: str, begin: datetime) -> tuple[RawLog, ...] | Gap:
    """The first 1,000 lines that the app has logged from `begin` on, asked anew each time."""
    url = f"{session.endpoints.log_cache}/api/v1/read/{guid}"
    url += f"?envelope_types=LOG&limit={_MOST}&start_time={int(begin.timestamp()) * 10**9}"
    try:
        batch = client.fresh(url, _Read, token=session).envelopes.batch
    except FetchError as error:
        return Gap(what=f"logs of {app}", reason=_reason(error))
    streams: _Streams = {}
    for envelope in batch:
        _add(streams, envelope)
    return tuple(_stream(app, *key, found, len(batch) >= _MOST) for key, found in sorted(streams.items()))


class _Backwards:
    """The lines of one app, read from the newest backwards, page by page."""

    def __init__(self, client: Client, session: Session, guid: str) -> None:
        self._client = client
        self._session = session
        self._url = f"{session.endpoints.log_cache}/api/v1/read/{guid}?descending=true&envelope_types=LOG"
        self._limit = _MOST
        self.streams: _Streams = {}
        self.cut = False

    def read(self) -> None:
        """Raises FetchError where nothing could be had; what fails later only ends the reading."""
        end: int | None = None
        last: list[_Envelope] = []  # the oldest lines so far, all of one time
        size = 0
        for page in range(_PAGES):
            try:
                batch = self._ask(end)
            except FetchError:
                if page == 0:
                    raise
                self.cut = True
                return
            fresh = batch[_overlap(batch, last) :]
            for envelope in fresh:
                size += _add(self.streams, envelope)
            self.cut = len(batch) >= self._limit
            if not self.cut or size > _BYTES:
                return
            oldest = batch[-1].timestamp
            last = [one for one in batch if one.timestamp == oldest]
            # The end is exclusive, and others of this time may have had no room. A whole page of one time is
            # all that log-cache shows of it.
            end = _time(oldest) + (1 if len(last) < len(batch) else 0)

    def _ask(self, end: int | None) -> list[_Envelope]:
        before = "" if end is None else f"&end_time={end}"
        while True:
            url = f"{self._url}&limit={self._limit}&start_time={_EVER}{before}"
            try:
                # Not kept by the client: nobody asks for it again, and it may be large.
                return self._client.fresh(url, _Read, token=self._session).envelopes.batch
            except FetchError as error:
                if error.status != 429 or self._limit // 2 < _LEAST:
                    raise
                self._limit //= 2


def _overlap(batch: list[_Envelope], last: list[_Envelope]) -> int:
    """How many of the first envelopes were on the page before: they share the time at which it ended."""
    time = last[0].timestamp if last else ""
    shared = sum(1 for _ in takewhile(lambda one: one.timestamp == time, batch))
    return min(shared, len(last))


def _reason(error: FetchError) -> str:
    if error.status == 404:
        return (
            "404: log-cache shows no logs of this app to this login (it says 404 for a token that has "
            "expired and for apps in which the user has no role)"
        )
    return str(error)


def _add(streams: _Streams, envelope: _Envelope) -> int:
    """Puts the envelope's lines to their stream; returns their bytes."""
    if envelope.log is None:
        return 0
    payload = _payload(envelope.log.payload)
    key = envelope.tags.get("source_type", "APP"), envelope.instance_id
    streams.setdefault(key, []).append((_time(envelope.timestamp), payload))
    return len(payload)


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
