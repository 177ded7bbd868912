"""A comparison as a table for a terminal: what deserves a look first, values never."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from runback.model import Compared, Comparison, Gap
from runback.reports.console import in_memory, text_of
from runback.reports.printable import printable

if TYPE_CHECKING:
    from rich.text import Text

SUBJECTS = {
    "variable": "variables",
    "service": "services",
    "route": "routes",
    "policy": "network policies",
    "scale": "scale",
    "setting": "how it runs",
}
HEADINGS = ("", "expected", "actual", "peers")
SHARE = (0.34, 0.22, 0.26)  # of the width, at most, for each column; the peers have the rest


def render(
    comparison: Comparison, *, width: int = 100, colour: bool = False, everything: bool = False
) -> str:
    """The rows with a remark; with `everything` also those in which nothing deserves a look."""
    from rich.text import Text

    console, out = in_memory(width, colour)
    remarked = [row for row in comparison.rows if row.remark]
    shown = comparison.rows if everything else remarked
    console.print(Text(_summary(comparison, len(remarked))))
    if shown:
        console.print()
        for line in _lines(shown, width):
            console.print(line)
    if comparison.unknown:
        console.print()
    for said in unknown(comparison.unknown):
        console.print(Text(f"Unknown: {printable(said)}"))
    return text_of(out)


def unknown(gaps: Sequence[Gap]) -> list[str]:
    """What could not be had, and why: what several apps lack for the same reason in one line."""
    alike: dict[tuple[str, str], list[str]] = {}
    for gap in gaps:
        kind, of, name = gap.what.partition(" of ")
        reason = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4,12}){1,4}", "…", gap.reason)
        key = (f"{kind}{of}", reason) if of else (gap.what, gap.reason)
        alike.setdefault(key, []).append(name)
    return [f"{what}{', '.join(names)}: {reason}" for (what, reason), names in alike.items()]


def _summary(comparison: Comparison, remarked: int) -> str:
    if comparison.unknown and not comparison.rows:
        return f"{comparison.app} cannot be compared"
    beside = f"beside {', '.join(comparison.peers)}" if comparison.peers else "without a peer to compare with"
    same = len(comparison.rows) - remarked
    rest = f"{same} more as they should be (--show all)" if same else ""
    things = "1 thing deserves a look" if remarked == 1 else f"{remarked} things deserve a look"
    return f"{comparison.app} {beside}: {things}" + (f", {rest}" if rest else "")


def _lines(rows: Sequence[Compared], width: int) -> Iterator[Text]:
    """A line for each row, expected, actual and peers side by side; below it why it deserves a look, and what
    says what is expected. A row that is too long for that has a line for each.
    """
    from rich.text import Text

    widths = _widths(rows, width)
    yield Text(_side_by_side(HEADINGS, widths), style="bold")
    for subject, called in SUBJECTS.items():
        own = [row for row in rows if row.subject == subject]
        if own:
            yield Text(called, style="bold")
        for row in own:
            style = "bold red" if row.remark else ""
            yield from (Text(line, style=style) for line in _row(row, widths, width))
            yield from (Text(line, style=style or "dim") for line in _below(row, width))


def _row(row: Compared, widths: Sequence[int], width: int) -> Iterator[str]:
    cells = _cells(row)
    line = _side_by_side(cells, widths)
    if len(line) <= width and all(len(one) <= most for one, most in zip(cells, widths, strict=False)):
        yield line
        return
    yield cells[0]
    for heading, cell in zip(HEADINGS[1:], cells[1:], strict=True):
        if cell:
            yield from wrap(f"    {heading:<9} {cell}", width, subsequent_indent=" " * 14)


def _side_by_side(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [f"{cell:<{size}}" for cell, size in zip(cells, widths, strict=False)]
    return "  ".join((*padded, *cells[len(widths) :])).rstrip()


def _widths(rows: Sequence[Compared], width: int) -> list[int]:
    """Of each column the longest cell that is not too long to stand beside others."""
    columns = list(zip(HEADINGS, *map(_cells, rows), strict=True))[:3]
    most = [int(width * share) for share in SHARE]
    return [
        max(len(cell) for cell in column if len(cell) <= top)
        for column, top in zip(columns, most, strict=True)
    ]


def _cells(row: Compared) -> tuple[str, ...]:
    cells = (f"  {row.name}", row.wanted, _cell(row.actual), _peers(row))
    return tuple(printable(cell) for cell in cells)


def _below(row: Compared, width: int) -> list[str]:
    place = f"({row.expected})" if row.expected else ""
    said = "runback.toml allows it" if row.verdict == "allowed" else row.remark
    line = printable(" ".join(filter(None, ("✗" if row.remark else "", said, place))))
    return wrap(line, width, initial_indent="    ", subsequent_indent="      ") if line else []


def _peers(row: Compared) -> str:
    """How many peers say what, the most frequent first: a column each would not fit on a screen."""
    counts = Counter("same" if cell == row.actual else _cell(cell) for cell in row.peers)
    if len(counts) == 1:
        return f"all {next(iter(counts))}"
    return ", ".join(f"{count} {cell}" for cell, count in counts.most_common())


def _cell(cell: str | Gap) -> str:
    return "unknown" if isinstance(cell, Gap) else cell
