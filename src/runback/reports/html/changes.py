"""What changed of an app since it ran well, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import htpy as h

from runback.model import ChangesSeen
from runback.reports import changes as words
from runback.reports.html.text import say


def changes_tables(found: Sequence[ChangesSeen]) -> h.Node:
    return [_one(seen) for seen in found]


def _one(seen: ChangesSeen) -> h.Node:
    rows = [
        h.tr[h.td[words.when(one)], h.th(scope="row")[say(words.said(one))], h.td[say(one.by)]]
        for one in seen.changes
    ]
    heads = h.tr[h.th(scope="col")["When, UTC"], h.th(scope="col")["What"], h.th(scope="col")["Who"]]
    return h.div[
        h.h3[say(f"{seen.app}, since revision {seen.version} of {seen.since:%Y-%m-%d %H:%M}")],
        h.div(class_="scroll", tabindex="0", role="region", aria_label=words.title(seen))[
            h.table[h.thead[heads], h.tbody[rows]]
        ],
    ]
