"""log-cache: the last lines of every app, by source type and instance."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runback.lab.clock import SECOND
from runback.lab.platform.state import LOG_CACHE_LINES, Envelope

if TYPE_CHECKING:
    from runback.lab.platform.state import Instance, Process
    from runback.lab.platform.world import World

KEPT_SECONDS = 24 * 3600  # the lab's log-cache forgets what is older
LINE_LIMIT = (
    61_440  # bytes; Diego's log streamer splits longer lines (executor, log_streamer/stream_destination.go)
)


@dataclass(frozen=True, slots=True)
class Gauge:
    """What one instance used at a time."""

    timestamp: int  # nanoseconds since the epoch
    process_guid: str
    process_type: str
    instance: int
    memory: int  # bytes
    memory_quota: int


class LogCache:
    def __init__(self, world: World) -> None:
        self._world = world
        self._sequence = 0
        self._gauges: dict[str, deque[Gauge]] = {}

    def measure(self, process: Process, instance: Instance) -> None:
        """Keep what an instance uses now, as the rep tells it every few seconds."""
        if process.desired is None:
            return
        kept = self._gauges.setdefault(process.app_guid, deque(maxlen=LOG_CACHE_LINES))
        used = self._world.diego.memory_bytes(process, instance)
        quota = process.desired.memory_mb << 20
        now = self._world.clock.now_ns()
        kept.append(Gauge(now, process.guid, process.type, instance.index, used, quota))

    def gauges(self, app_guid: str, *, limit: int, descending: bool = False) -> list[Gauge]:
        """The newest `limit` of them, or the oldest."""
        kept = list(self._gauges.get(app_guid, ()))
        return kept[::-1][:limit] if descending else kept[:limit]

    def write(
        self,
        app_guid: str,
        source_type: str,
        instance: str,
        text: str,
        stream: Literal["OUT", "ERR"] = "OUT",
        *,
        at: int | None = None,
    ) -> None:
        """Write each line of `text`, now or at `at` (nanoseconds), each a little after the one before."""
        lines = self._world.state.logs.setdefault(app_guid, deque(maxlen=LOG_CACHE_LINES))
        moment = at if at is not None else self._world.clock.now_ns()
        for line in text.split("\n"):
            self._sequence += 1
            stamp = moment + self._sequence % 997 * 1_013  # under a millisecond; keeps equal times apart
            payload = line.encode()[:LINE_LIMIT]
            if lines and lines[-1].timestamp >= stamp and lines[-1].timestamp - stamp < 2_000_000:
                stamp = lines[-1].timestamp + 1_013
            lines.append(Envelope(stamp, source_type, instance, payload, stream))

    def api(self, app_guid: str, text: str) -> None:
        """A line of Cloud Controller itself (VCAP::AppLogEmitter)."""
        self.write(app_guid, "API", "0", text)

    def read(
        self,
        app_guid: str,
        *,
        start: int | None = None,
        end: int | None = None,
        limit: int = 100,
        descending: bool = False,
    ) -> list[Envelope]:
        """At most `limit` envelopes with start ≤ timestamp < end, oldest first unless `descending`."""
        lines = self._world.state.logs.get(app_guid, ())
        forgotten = self._world.clock.now_ns() - KEPT_SECONDS * SECOND
        start = max(start or forgotten, forgotten)
        kept = sorted(
            (line for line in lines if line.timestamp >= start and (end is None or line.timestamp < end)),
            key=lambda line: line.timestamp,
            reverse=descending,
        )
        return kept[:limit]
