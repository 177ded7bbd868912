"""Evidence: logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from runback.model.record import LogKind, Record


class LogText:
    """The redacted bytes of one log, `\\n`-separated UTF-8: in memory, or in a spool file when large."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes | Path) -> None:
        self._data = data

    def open(self) -> BinaryIO:
        """A new binary reader from the start; the caller closes it."""
        if isinstance(self._data, Path):
            return self._data.open("rb")
        import io

        return io.BytesIO(self._data)

    def lines(self) -> Iterator[bytes]:
        """The lines without their newline, in order, one at a time."""
        with self.open() as stream:
            for line in stream:
                yield line.rstrip(b"\n")

    @property
    def size(self) -> int:
        """Bytes."""
        return self._data.stat().st_size if isinstance(self._data, Path) else len(self._data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogText) and list(self.lines()) == list(other.lines())

    __hash__ = None  # type: ignore[assignment]


class Log(Record, frozen=True, kw_only=True):
    """One stream of log lines: one step of one parallel run, or one source of one instance of one app.

    Streams are never mixed: the lines of two instances are two logs, so a traceback is always contiguous.
    """

    id: str  # unique in the evidence: 'step:118/105.0', 'app:tdp-backend-raft/APP/PROC/WEB/0'
    kind: LogKind
    name: str  # for people: "deploy-dev, step 'Deploy backend'", 'tdp-backend-raft APP/PROC/WEB/0'
    text: LogText
    app: str | None = None  # the app's name, for platform logs
    url: str | None = None  # where a person can look at it (never a presigned URL)
    times: tuple[int, ...] = ()  # nanoseconds since the epoch, one a line; empty where lines carry none
    started_at: datetime | None = None  # of a step, when its lines carry no times
    truncated: bool = False  # the source says that it holds only a part
