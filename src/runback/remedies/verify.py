"""Proves that a remedy helped: by a diagnosis of evidence that was collected after it."""

from __future__ import annotations

from collections.abc import Iterable

from runback.model import Cause, Diagnosis

Fired = tuple[str, str | None]  # page and app


def fired(diagnosis: Diagnosis) -> tuple[Fired, ...]:
    """Page and app of each cause: what a remedy is not to blame for."""
    return tuple(dict.fromkeys((one.finding.page, one.finding.app) for one in diagnosis.causes))


def doubts(
    cause: Cause | None,
    before: Iterable[Fired],
    after: Diagnosis,
    later: Iterable[Fired] = (),
    *,
    expected: frozenset[str] = frozenset(),
    may_be_unknown: bool = False,
) -> tuple[str, ...]:
    """Why the remedy of `cause` cannot be called good yet; () where it is.

    The page that fired must be silent, what it led to must be gone, and nothing may be a cause that was none
    before. A rollback that somebody asked for has no cause. `expected` are symptoms that may stay: after a
    rollback the release's job is still red, and the branch ahead, until somebody pushes what is better.
    `may_be_unknown`: CircleCI has proven it, and nobody could log in to the platform before either.
    """
    found: list[str] = []
    known, pending = set(before), set(later)
    if cause is not None:
        found += _still(cause, after)
        found += _symptoms(cause, pending, after, expected)
    waits = _waits_for(cause, pending, after)
    for other in after.causes:
        if expected and {one.name for one in other.symptoms} <= expected:
            continue
        if (other.finding.page, other.finding.app) not in known | waits:
            found.append(f"now: {other.finding.title}")
    if after.verdict == "unknown" and not found and not may_be_unknown:
        found.append(f"the second look could not tell: {after.sentence}")
    return tuple(dict.fromkeys(found))


def _waits_for(cause: Cause | None, pending: set[Fired], after: Diagnosis) -> set[Fired]:
    """What the cause led to, while a cause that comes later in the run keeps its old lines the last."""
    if cause is None:
        return set()
    firing = {(one.finding.page, one.finding.app) for one in after.causes}
    others = pending - {(cause.finding.page, cause.finding.app)}
    return {(one.page, one.app) for one in cause.chain} if firing & others else set()


def _still(cause: Cause, after: Diagnosis) -> list[str]:
    """The page fires again, as a cause or on the way to a symptom; old lines of a log may stay as notices."""
    one = cause.finding
    firing = (*(each.finding for each in after.causes), *after.consequences)
    return [f"still: {each.title}" for each in firing if (each.page, each.app) == (one.page, one.app)]


def _symptoms(cause: Cause, pending: set[Fired], after: Diagnosis, expected: frozenset[str]) -> list[str]:
    """What the cause led to and is still to be seen, unless a cause of another chain explains it."""
    led_to = {(one.name, one.app) for one in cause.symptoms if one.name not in expected}
    chain = {(one.page, one.app) for one in (cause.finding, *cause.chain)} - _waits_for(cause, pending, after)
    others = {
        (one.name, one.app)
        for other in after.causes
        if (other.finding.page, other.finding.app) not in chain
        for one in other.symptoms
    }
    return [f"still: {one.title}" for one in after.symptoms if (one.name, one.app) in led_to - others]
