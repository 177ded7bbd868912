"""What a collector returns: its part of the evidence, and beside it what must not leave `collect` unsealed.

A collector asks its service and answers with a `Collected`. Its `part` holds modelled fields only. Raw logs
and secrets stay beside it until `collect()` has learned the secrets of all collectors and sealed all logs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from runback.errors import FetchError
from runback.model import Gap, LogKind

Part = TypeVar("Part")
Result = TypeVar("Result")

Progress: TypeAlias = Callable[[str], None]  # one short line for a person: 'Cloud Foundry: 9 apps'
Now: TypeAlias = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breadth:
    """How far one run looks."""

    peers: bool = False  # the same app in other environments too, without its logs
    pages: bool = False  # the target's public routes too, as a browser sees them
    private: bool = True  # environments and logs: not in a sweep over many apps


@dataclass(frozen=True, slots=True)
class RawLog:
    """A log as it arrived. May hold secrets. The fields are those of `model.Log`, `data` becomes its text.

    A `data` that is a file lies in the client's spool folder and is removed once it is sealed.
    """

    id: str
    kind: LogKind
    name: str
    data: bytes | Path = field(repr=False)
    app: str | None = None
    url: str | None = None
    times: tuple[int, ...] = ()
    started_at: datetime | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Secret:
    """A value to learn, and the name under which it was found ('JWT_KEY', 'tdp-db-dev.password')."""

    name: str
    value: str = field(repr=False)
    whole: bool = False  # a token in use: secret whatever it looks like


@dataclass(frozen=True, slots=True)
class Collected(Generic[Part]):
    """What one collector brings home."""

    part: Part | Gap
    logs: tuple[RawLog, ...] = ()
    secrets: tuple[Secret, ...] = ()
    unlearned: tuple[Gap, ...] = ()  # sources of secrets that could not be read
    at: datetime | None = None  # the service's own `Date` when it was asked first
    limits: tuple[Gap, ...] = ()  # what there was more of than is read


def had(what: str, ask: Callable[[], Result]) -> Result | Gap:
    """The answer of `ask`, or why it could not be had. `what` names it for a person."""
    try:
        return ask()
    except FetchError as error:
        return Gap(what=what, reason=str(error))
