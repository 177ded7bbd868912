"""An answer of HTTP: its limits, its record, and the times that its headers tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in bytes."""

    connect: float = 5.0
    read: float = 30.0  # between two pieces of an answer
    total: float = 120.0  # one answer, from the request to its last byte
    attempts: int = 4  # of a GET, the first included
    backoff: float = 0.3  # before the first repeat; doubles each time
    longest_wait: float = 20.0  # a Retry-After beyond it is not waited for
    concurrency: int = 32  # requests at one origin at once
    redirects: int = 3
    body: int = 64 << 20  # a JSON answer; more is refused
    memory: int = 4 << 20  # a download beyond it goes to a file
    download: int = 4 << 30  # a download beyond it is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer with a status of 200 to 299. `headers` have lower-case names."""

    url: str = field(repr=False)  # may be presigned
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | Path = field(repr=False)
    truncated: bool = False

    def bytes(self) -> bytes:
        """The whole body in memory."""
        return self.body.read_bytes() if isinstance(self.body, Path) else self.body


def http_date(text: str | None) -> datetime | None:
    """The time of a `Date` header, in UTC; None where there is none, or none that can be read."""
    try:
        date = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    if date is None:
        return None
    return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)


def retry_after(text: str | None, now: datetime | None) -> float | None:
    """Seconds to wait; the header holds seconds or a date, which counts from the answer's own `Date`."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        date = http_date(text)
    if date is None:
        return None
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
