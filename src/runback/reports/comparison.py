"""A comparison as a table for a terminal: what deserves a look first, values never."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runback.model import Compared, Comparison, Gap
from runback.reports.console import in_memory, text_of
from runback.reports.printable import printable

if TYPE_CHECKING:
    from rich.text import Text

SUBJECTS = ("variable", "service", "route", "policy", "scale")


def render(
    comparison: Comparison, *, width: int = 100, colour: bool = False, everything: bool = False
) -> str:
    """The rows with a remark; with `everything` also those in which nothing deserves a look."""
    from rich.table import Table
    from rich.text import Text

    console, out = in_memory(width, colour)
    remarked = [row for row in comparison.rows if row.remark]
    shown = comparison.rows if everything else remarked
    console.print(Text(_summary(comparison, len(remarked))))
    if shown:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("", "name", comparison.app, "peers", "look", "expected by"):
            table.add_column(Text(printable(heading)), overflow="fold")
        for subject in SUBJECTS:
            for row in (row for row in shown if row.subject == subject):
                table.add_row(*_cells(row))
        console.print()
        console.print(table)
    for gap in comparison.unknown:
        console.print(Text(f"Unknown: {printable(gap.what)}: {printable(gap.reason)}"))
    return text_of(out)


def _summary(comparison: Comparison, remarked: int) -> str:
    beside = f"beside {', '.join(comparison.peers)}" if comparison.peers else "without a peer to compare with"
    same = len(comparison.rows) - remarked
    rest = f"{same} more as they should be (--show all)" if same else ""
    things = "1 thing deserves a look" if remarked == 1 else f"{remarked} things deserve a look"
    return f"{comparison.app} {beside}: {things}" + (f", {rest}" if rest else "")


def _cells(row: Compared) -> list[Text]:
    from rich.text import Text

    style = "bold red" if row.remark else ""
    plain = (
        (row.subject, ""),
        (row.name, ""),
        (_cell(row.actual), style),
        (_peers(row), ""),
        (row.remark, style),
    )
    return [Text(printable(text), style=style) for text, style in (*plain, (row.expected, "dim"))]


def _peers(row: Compared) -> str:
    """How many peers say what, the most frequent first: a column each would not fit on a screen."""
    counts = Counter(map(_cell, row.peers))
    if len(counts) == 1:
        return f"all {next(iter(counts))}"
    return ", ".join(f"{count} {cell}" for cell, count in counts.most_common())


def _cell(cell: str | Gap) -> str:
    return "unknown" if isinstance(cell, Gap) else cell
