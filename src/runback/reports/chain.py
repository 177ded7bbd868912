"""The links of a chain: what befell several apps alike is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from runback.model import Cause, Finding, Symptom


class Link(NamedTuple):
    """The findings of one page on a chain: the first speaks, the notes say how often and for whom else."""

    first: Finding
    notes: tuple[str, ...]


def links(chain: Sequence[Finding]) -> list[Link]:
    """A link for each page on the chain, in its order."""
    by_page: dict[str, list[Finding]] = {}
    for finding in chain:
        by_page.setdefault(finding.page, []).append(finding)
    return [_link(alike) for alike in by_page.values()]


def ends(cause: Cause) -> list[Symptom]:
    """The first of the symptoms that are said in the same words, and none that is the cause's own line."""
    found: dict[str, Symptom] = {}
    for symptom in cause.symptoms:
        found.setdefault(symptom.title, symptom)
    proof = cause.finding.where[0].text.strip() if cause.finding.where else ""
    return [symptom for title, symptom in found.items() if title not in (proof, cause.finding.title)]


def _link(alike: Sequence[Finding]) -> Link:
    first = alike[0]
    times = sum(finding.count for finding in alike if finding.title == first.title)
    others = dict.fromkeys(finding.app for finding in alike if finding.app not in (None, first.app))
    notes = (
        f"{times} times" if times > 1 else "",
        f"{', '.join(str(app) for app in others)} too" if others else "",
    )
    return Link(first, tuple(note for note in notes if note))


def same_before(causes: Sequence[Cause]) -> dict[int, int]:
    """Rank of a cause → rank of the first one before it that led to just the same."""
    first: dict[tuple[str, ...], int] = {}
    found: dict[int, int] = {}
    for cause in causes:
        said = tuple(f"{link.first.page} {link.first.title}" for link in links(cause.chain))
        said += tuple(symptom.title for symptom in ends(cause))
        before = first.setdefault(said, cause.rank)
        if said and before != cause.rank:
            found[cause.rank] = before
    return found
