"""What a person asks for, and how the answers to long questions are followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

Progress: TypeAlias = Callable[[str], None]
Now: TypeAlias = Callable[[], datetime]


@dataclass(frozen=True)
class Request:
    """What a person typed: what to look at, as far as they said it."""

    app: str | None = None
    environment: str | None = None
    branch: str | None = None
    sha: str | None = None
    pipeline: str | None = None
    symptoms: tuple[Literal["stale", "down", "unreachable"], ...] = ()
    peers: bool = False  # whether the same app in the other environments is read too
    save_bundle: Path | None = None  # where the evidence is kept, sealed


def silent(_line: str) -> None:
    """Progress that nobody looks at."""


def utc_now() -> datetime:
    """The time of this machine: used until a platform has told its own."""
    return datetime.now(UTC)
