"""An app beside what is expected of it and beside its peers, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import htpy as h

from runback.model import Compared, Comparison, Gap
from runback.reports.html.text import say


def comparison_tables(comparisons: Sequence[Comparison]) -> h.Node:
    """Each app: what deserves a look stands open, what is as it should be is a click away."""
    return [_one(comparison) for comparison in comparisons]


def _one(comparison: Comparison) -> h.Node:
    remarked = [row for row in comparison.rows if row.remark]
    rest = [row for row in comparison.rows if not row.remark]
    beside = f"beside {', '.join(comparison.peers)}" if comparison.peers else "peers were not read"
    return h.div[
        h.h3[say(comparison.app)],
        h.p(class_="meta")[say(beside)],
        _table(comparison, remarked, "What deserves a look") if remarked else None,
        h.details[h.summary[f"{len(rest)} as they should be"], _table(comparison, rest, "As it should be")]
        if rest
        else None,
        [h.p(class_="meta")[say(f"unknown: {gap.what}: {gap.reason}")] for gap in comparison.unknown],
    ]


def _table(comparison: Comparison, rows: Sequence[Compared], label: str) -> h.Element:
    heads = ["", "Name", "Is", "Should be", *(["Peers"] if comparison.peers else []), "Look", "Expected by"]
    if not any(row.remark for row in rows):
        heads.remove("Look")
    body = [
        h.tr[
            h.td[row.subject],
            h.th(scope="row")[h.code[say(row.name)]],
            h.td(class_="bad-text" if row.remark else None)[_cell(row.actual)],
            h.td[say(row.wanted)],
            h.td[_peers(row)] if "Peers" in heads else None,
            h.td(class_="bad-text")[say(row.remark)] if "Look" in heads else None,
            h.td[say(row.expected)],
        ]
        for row in rows
    ]
    return h.div(class_="scroll", tabindex="0", role="region", aria_label=f"{comparison.app}: {label}")[
        h.table[h.thead[h.tr[[h.th(scope="col")[name] if name else h.td for name in heads]]], h.tbody[body]]
    ]


def _peers(row: Compared) -> str:
    counts = Counter(_cell(cell) for cell in row.peers)
    if len(counts) == 1:
        return f"all {next(iter(counts))}"
    return ", ".join(f"{count} {cell}" for cell, count in counts.most_common())


def _cell(cell: str | Gap) -> str:
    return "unknown" if isinstance(cell, Gap) else say(cell)
