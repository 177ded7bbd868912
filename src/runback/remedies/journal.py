"""What was agreed and how far it came: written before and after each step, so that a killed run can go on."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from runback.model import Cause, Plan, Record, Scalar, Target
from runback.remedies.actions import Handle

StepState: TypeAlias = Literal["waiting", "begun", "sent", "done", "failed", "undone"]


class JournalStep(Record, frozen=True, kw_only=True):
    """`begun`: nobody knows whether the change was sent; `sent`: it was, and `handle` says what it made."""

    state: StepState = "waiting"
    before: dict[str, Scalar] = msgspec.field(default_factory=dict)
    handle: Handle = msgspec.field(default_factory=dict)


class Item(Record, frozen=True, kw_only=True):
    """One remedy of a run: for one cause, or asked for by itself (`cause` is None)."""

    plan: Plan
    cause: Cause | None = None  # without its plans
    steps: tuple[JournalStep, ...] = ()
    applied: bool = False
    verified: bool | None = None  # None: not yet looked at


class Journal(Record, frozen=True, kw_only=True):
    """One run of fix, rollback, rebuild or rerun, while it is not ended."""

    command: str  # what to type to go on: 'runback fix policy-missing'
    target: Target
    began: datetime
    items: tuple[Item, ...]
    fired: tuple[tuple[str, str | None], ...] = ()  # page and app of the causes before


def item(plan: Plan, cause: Cause | None = None) -> Item:
    lean = replace(cause, plans=()) if cause else None
    return Item(plan=plan, cause=lean, steps=tuple(JournalStep() for _ in plan.steps))


def encode(journal: Journal) -> bytes:
    return msgspec.json.encode(journal)


def decode(data: bytes) -> Journal | None:
    """None for what another version wrote in another form."""
    try:
        return msgspec.json.decode(data, type=Journal)
    except msgspec.DecodeError:
        return None
