"""Proves that a remedy helped: by a diagnosis of evidence that was collected after it."""

from __future__ import annotations

from collections.abc import Iterable

from runback.model import Cause, Diagnosis

Fired = tuple[str, str | None]  # page and app


def fired(diagnosis: Diagnosis) -> tuple[Fired, ...]:
    """Page and app of all that fires, causes and notices alike."""
    causes = [cause.finding for cause in diagnosis.causes]
    found = (*causes, *diagnosis.consequences, *diagnosis.notices)
    return tuple(dict.fromkeys((one.page, one.app) for one in found))


def doubts(cause: Cause | None, before: Iterable[Fired], after: Diagnosis) -> tuple[str, ...]:
    """Why the remedy of `cause` cannot be called good yet; () where it is.

    The page that fired must be silent, what it led to must be gone, and nothing may fire that did not before.
    Without a cause (a rollback that somebody asked for) there must be none at all.
    """
    found: list[str] = []
    if cause is not None:
        found += _still(cause, after)
        found += _symptoms(cause, after)
    known = set(before)
    for other in after.causes:
        one = other.finding
        if (one.page, one.app) not in known:
            found.append(f"new: {one.title}")
        elif cause is None:
            found.append(f"still: {one.title}")
    if after.verdict == "unknown" and not found:
        found.append(f"the second look could not tell: {after.sentence}")
    return tuple(dict.fromkeys(found))


def _still(cause: Cause, after: Diagnosis) -> list[str]:
    """The page fires again, as a cause or on the way to a symptom; old lines of a log may stay as notices."""
    one = cause.finding
    firing = (*(each.finding for each in after.causes), *after.consequences)
    return [f"still: {each.title}" for each in firing if (each.page, each.app) == (one.page, one.app)]


def _symptoms(cause: Cause, after: Diagnosis) -> list[str]:
    """What the cause led to and is still to be seen, unless a cause of another chain explains it."""
    led_to = {(one.name, one.app) for one in cause.symptoms}
    chain = {(one.page, one.app) for one in (cause.finding, *cause.chain)}
    others = {
        (one.name, one.app)
        for other in after.causes
        if (other.finding.page, other.finding.app) not in chain
        for one in other.symptoms
    }
    return [f"still: {one.title}" for one in after.symptoms if (one.name, one.app) in led_to - others]
