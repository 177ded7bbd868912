"""What the commands print: lines, tables, OK."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO


class Screen:
    def __init__(self, out: TextIO, err: TextIO) -> None:
        self.out = out
        self.err = err

    def say(self, text: str = "") -> None:
        self.out.write(text + "\n")

    def warn(self, text: str) -> None:
        """A warning goes to standard error."""
        self.err.write(text + "\n")

    def ok(self) -> None:
        self.out.write("OK\n\n")

    def pairs(self, rows: Sequence[tuple[str, str]], indent: str = "") -> None:
        """Names and values below each other."""
        self.table(rows, indent)

    def table(self, rows: Sequence[Sequence[str]], indent: str = "") -> None:
        """Columns three blanks apart; the last is not filled up."""
        if not rows:
            return
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            cells = [cell.ljust(width + 3) for cell, width in zip(row[:-1], widths, strict=False)]
            self.say(indent + "".join(cells) + row[-1])
