"""Proofs: lines of logs in their surroundings, lines of files, what an API said."""

from __future__ import annotations

from collections.abc import Iterable

import htpy as h

from runback.model import Excerpt, Where
from runback.reports.html.text import outside, say


class Excerpts:
    """Finds the excerpt around a line of a log."""

    def __init__(self, excerpts: Iterable[Excerpt]) -> None:
        self._by_log: dict[str, list[Excerpt]] = {}
        for excerpt in excerpts:
            self._by_log.setdefault(excerpt.log, []).append(excerpt)

    def around(self, where: Where) -> Excerpt | None:
        """`None` where the log is not among the evidence, as in a report on a plain file."""
        found = self._by_log.get(where.log or "", [])
        return next((one for one in found if where.line in one.hits), None)


def places(wheres: Iterable[Where], excerpts: Excerpts) -> list[h.Node]:
    """The proofs in order; those that stand in the same excerpt are shown together, once."""
    shown: list[h.Node] = []
    seen: set[tuple[str, int]] = set()
    for where in wheres:
        excerpt = excerpts.around(where)
        if excerpt is not None:
            if (excerpt.log, excerpt.first) in seen:
                continue
            seen.add((excerpt.log, excerpt.first))
        shown.append(place(where, excerpts))
    return shown


def place(where: Where, excerpts: Excerpts) -> h.Node:
    """One proof with where it stands."""
    excerpt = excerpts.around(where)
    line = f", line {where.line}" if where.line is not None else ""
    link = outside(where.url, "open")
    caption = h.figcaption[say(where.source), line, [" · ", link] if link is not None else None]
    if excerpt is not None:
        return h.figure(class_="proof")[caption, _lines(excerpt)]
    if where.kind == "resource":
        return h.figure(class_="proof said")[caption, h.p[say(where.text)]] if where.text else caption
    if not where.text:
        return h.figure(class_="proof")[caption]
    number = str(where.line) if where.line is not None else ""
    return h.figure(class_="proof")[caption, h.div(class_="log")[_line(number, where.text, hit=True)]]


def _lines(excerpt: Excerpt) -> h.Element:
    return h.div(class_="log")[
        [
            _line(str(number), text, hit=number in excerpt.hits)
            for number, text in enumerate(excerpt.lines, excerpt.first)
        ]
    ]


def _line(number: str, text: str, *, hit: bool) -> h.Element:
    shown = say(text) or " "
    return h.div(class_="line hit" if hit else "line")[
        h.span(class_="number")[number], h.mark[shown] if hit else h.span[shown]
    ]
