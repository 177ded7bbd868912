"""What a parser is given and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from runback.model import Scalar


class Window(msgspec.Struct, frozen=True):
    """The lines around a hit: enough for any block that a tool prints."""

    lines: Sequence[str]
    at: int  # index of the hit

    def next(self, at: int) -> int | None:
        """The index of the first line after `at` that is not blank."""
        return next((i for i in range(at + 1, len(self.lines)) if self.lines[i].strip()), None)


class Parsed(msgspec.Struct, frozen=True):
    """One thing that the tool says."""

    at: int  # index into the window's lines: the line that proves it
    values: dict[str, Scalar]
    first: int | None = None  # the first and the last line of its block, where it has one
    last: int | None = None


class Parser(msgspec.Struct, frozen=True):
    """`columns` are filled in every `Parsed`. No `Parsed` at all means that the hit is nothing after all."""

    columns: tuple[str, ...]
    parse: Callable[[Window], Iterator[Parsed]]
