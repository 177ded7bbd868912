"""The lines around each proof in a log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runback.logs.render import render
from runback.logs.sift import lines_between
from runback.model import Excerpt, Log, Where

AROUND = 3  # lines before and after a proof
LONGEST = 1_000  # characters of one line; a log may hold lines of megabytes
MOST = 12  # proofs of one log: the first ones show what the rest repeats


def excerpts(logs: Sequence[Log], places: Iterable[Where]) -> tuple[Excerpt, ...]:
    """An excerpt for each stretch of a log that holds proofs, in the order of the logs."""
    wanted: dict[str, list[int]] = {}
    for place in places:
        if place.log is not None and place.line is not None:
            wanted.setdefault(place.log, []).append(place.line)
    found: list[Excerpt] = []
    for log in logs:
        hits = sorted(set(wanted.get(log.id, ())))[:MOST]
        if hits:
            found += _of_log(log, hits)
    return tuple(found)


def _of_log(log: Log, hits: Sequence[int]) -> list[Excerpt]:
    return [
        Excerpt(
            log=log.id,
            source=log.name,
            url=log.url,
            first=max(1, stretch[0] - AROUND),
            lines=tuple(map(_shown, lines)),
            hits=tuple(stretch),
        )
        for stretch in _stretches(hits)
        if (lines := lines_between(log.text, stretch[0] - AROUND, stretch[-1] + AROUND))
    ]


def _shown(raw: bytes) -> str:
    """The line as a terminal would show it, cut where it is very long."""
    return render(raw[: 4 * LONGEST]).decode("utf-8", "replace")[:LONGEST]


def _stretches(hits: Sequence[int]) -> list[list[int]]:
    """The proofs whose surroundings touch, together."""
    stretches: list[list[int]] = []
    for hit in hits:
        if stretches and hit - stretches[-1][-1] <= 2 * AROUND + 1:
            stretches[-1].append(hit)
        else:
            stretches.append([hit])
    return stretches
