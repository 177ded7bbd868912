"""Causes, ranked, each with its consequences; the rest as notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from runback.diagnose.chains import Chains, host_of
from runback.model import Cause, Finding, Gap, Where
from runback.rules import Runbook

UNEXPLAINED = "unexplained-error"  # only the form of a line: anything else says more
BUILDING, RUNNING = ("commit", "build"), ("start", "run", "connect", "serve")  # stages
CONFIDENCE = ("high", "medium", "low")


class Ranked(NamedTuple):
    """What came of the findings: each stands in one of the three."""

    causes: tuple[Cause, ...]
    consequences: tuple[Finding, ...]
    notices: tuple[Finding, ...]
    withheld: tuple[Gap, ...] = ()  # what cannot be seen, and would explain what is not named


class HiddenWay(NamedTuple):
    """A way of which nobody here can see whether it is open, and why not."""

    source: str | None
    hostname: str
    gap: Gap


def rank(
    chains: Chains,
    runbook: Runbook,
    hidden: Sequence[HiddenWay] = (),
    strangers: frozenset[str] = frozenset(),
) -> Ranked:
    """Ranked by how much they explain, then confidence, then time, then specificity.

    What is wrong with `strangers`, which answer at an address that is not theirs, comes after all that is
    wrong with the address: without it nobody here would meet them.

    A failed connection is not named as a cause where its way is hidden: it would be the loud consequence of
    something that nobody here may see.
    """
    roots = [
        index for index in range(len(chains.findings)) if index not in chains.explained and chains.ends[index]
    ]
    behind = {index: _behind(chains.findings[index], hidden) for index in roots}
    spoken = _without_fallbacks(chains, [index for index in roots if not behind[index]])
    causes = [_cause(chains, group) for group in _alike(chains, spoken, runbook)]
    causes.sort(key=lambda cause: (_is_anothers(cause.finding, strangers), *_rank_key(cause)))
    used = {id(chains.findings[index]) for index in spoken}
    under = frozenset().union(*(chains.reached[index] for index in spoken)) | (set(roots) - set(spoken))
    consequences = tuple(chains.findings[index] for index in _by_depth(chains, spoken, under))
    used |= {id(finding) for finding in consequences}
    notices = tuple(finding for finding in chains.findings if id(finding) not in used)
    return Ranked(
        tuple(replace(cause, rank=rank) for rank, cause in enumerate(causes, 1)),
        consequences,
        notices,
        tuple(dict.fromkeys(gap for gaps in behind.values() for gap in gaps)),
    )


def _behind(finding: Finding, hidden: Sequence[HiddenWay]) -> tuple[Gap, ...]:
    """Why it cannot be seen what a failed connection comes from."""
    if finding.stage != "connect":
        return ()
    host = host_of(finding)
    return tuple(
        way.gap
        for way in hidden
        if way.source == finding.app and (host is None or host in (way.hostname, way.hostname.split(".")[0]))
    )


def _without_fallbacks(chains: Chains, roots: Sequence[int]) -> list[int]:
    """The roots without those fallbacks and guesses all of whose symptoms something better explains."""

    building = {
        place.log
        for index in roots
        if (finding := chains.findings[index]).stage in BUILDING and finding.tier == "specific"
        for place in finding.where[:1]
    }

    def weakness(index: int) -> tuple[bool, bool, bool]:
        finding = chains.findings[index]
        # What runs while something is built or tested is that which the build or the test speaks of.
        quoted = finding.stage in RUNNING and any(place.log in building for place in finding.where[:1])
        weak = finding.tier == "fallback" or quoted
        return weak, finding.confidence == "low", finding.page == UNEXPLAINED

    speaking: list[int] = []
    for level in sorted({weakness(index) for index in roots}):
        weaker = [index for index in roots if weakness(index) == level]
        speaking += weaker if level == (False, False, False) else _not_covered(chains, weaker, speaking)
    return sorted(speaking)


def _not_covered(chains: Chains, weaker: Sequence[int], better: Sequence[int]) -> list[int]:
    covered = frozenset().union(*(chains.ends[index] for index in better))
    return [index for index in weaker if not chains.ends[index] <= covered]


def _alike(chains: Chains, roots: Sequence[int], runbook: Runbook) -> list[list[int]]:
    """Roots that are one cause in several places: one log, or one sentence about several apps."""
    groups: list[list[int]] = []
    for index in roots:
        finding = chains.findings[index]
        by_log = bool(runbook.page(finding.page).signatures)
        group = next((g for g in groups if _is_like(finding, chains.findings[g[0]], by_log)), None)
        if group is None:
            groups.append([index])
        else:
            group.append(index)
    return [_same_titles_first(chains, group) for group in groups]


def _is_like(one: Finding, other: Finding, by_log: bool) -> bool:
    if one.page != other.page:
        return False
    if by_log and one.where[:1] and other.where[:1] and one.where[0].log == other.where[0].log:
        return True
    if not by_log and one.app != other.app and one.stage in ("start", "run") and one.tier == "specific":
        return False  # what somebody did to two apps was done twice, and is undone twice
    return _without_app(one) == _without_app(other)


def _without_app(finding: Finding) -> str:
    return finding.title.replace(finding.app, "") if finding.app else finding.title


def _same_titles_first(chains: Chains, group: list[int]) -> list[int]:
    """One that names its app speaks for all, and of these the one that explains most."""

    def key(index: int) -> tuple[bool, int, float, int]:
        finding = chains.findings[index]
        line = finding.where[0].line if finding.where else None
        at = finding.at.timestamp() if finding.at else float("inf")
        return (finding.app is None, -len(chains.ends[index]), at, line or 0)

    return sorted(group, key=key)


def _cause(chains: Chains, group: Sequence[int]) -> Cause:
    first, *others = group
    finding = chains.findings[first]
    reached = frozenset().union(*(chains.reached[index] for index in group))
    ends = frozenset().union(*(chains.ends[index] for index in group))
    chain = tuple(chains.findings[index] for index in _by_depth(chains, group, reached))
    symptoms = tuple(chains.symptoms[index] for index in sorted(ends))
    pages = [one.page for one in chain] + [symptom.name for symptom in symptoms]
    related: list[Where] = [place for index in others for place in chains.findings[index].where]
    return Cause(
        finding=replace(finding, count=sum(chains.findings[index].count for index in group)),
        rank=0,
        chain=chain,
        symptoms=symptoms,
        explains=tuple(dict.fromkeys(pages)),
        related=tuple(related),
    )


def _by_depth(chains: Chains, roots: Sequence[int], chosen: frozenset[int] | set[int]) -> list[int]:
    """The findings from the first consequence down to the last."""
    depth: dict[int, int] = {}
    for root in roots:
        for index, steps in chains.depth(root).items():
            depth[index] = max(depth.get(index, 0), steps)

    def key(index: int) -> tuple[int, float, int]:
        at = chains.findings[index].at
        return (depth.get(index, len(depth) + 1), at.timestamp() if at else float("inf"), index)

    return sorted(chosen, key=key)


def _is_anothers(finding: Finding, strangers: frozenset[str]) -> bool:
    return finding.app in strangers and finding.values.get("instead_of") is None


def _rank_key(cause: Cause) -> tuple[int, int, int, float, int, str]:
    finding = cause.finding
    return (
        -len(cause.symptoms),
        -len(cause.chain),
        CONFIDENCE.index(finding.confidence),
        finding.at.timestamp() if finding.at else float("inf"),
        0 if finding.tier == "specific" else 1,
        finding.page,
    )
