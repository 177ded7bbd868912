"""A line that says how a run ended, and the text around it."""

from __future__ import annotations

import msgspec

from runback.logs.chunks import Chunk
from runback.rules.engine import Hit

LONGEST = 500  # bytes of a verdict's text
_ABOVE = 15  # lines


class Verdict(msgspec.Struct, frozen=True):
    """A line that says that it failed; `line` counts from 1."""

    line: int
    text: str
    before: tuple[tuple[int, str], ...] = ()  # the lines above it, with their numbers


class Around(msgspec.Struct, frozen=True):
    """The text around a verdict: its chunk, and the text before that, which the chunk itself forgets."""

    before: bytes
    chunk: Chunk

    def lines(self) -> list[tuple[int, str]]:
        """The lines with their numbers in the input."""
        first = self.chunk.first_line - self.before.count(b"\n")
        text = (self.before + self.chunk.data).decode("utf-8", "replace").removesuffix("\n").split("\n")
        return [(self.chunk.number(first + at), line) for at, line in enumerate(text)]


class Tails(msgspec.Struct):
    """The last lines of several sources of one log, in the order of the log."""

    known: list[tuple[int, str]]

    def lines(self) -> list[tuple[int, str]]:
        return sorted(self.known)


def verdict_of(line: int, text: bytes, before: tuple[tuple[int, str], ...] = ()) -> Verdict:
    return Verdict(line, text[:LONGEST].decode("utf-8", "replace"), before)


def line_of(verdict: Verdict | None) -> int:
    """Its line; 0: there is none."""
    return 0 if verdict is None else verdict.line


def above(hit: Hit) -> tuple[tuple[int, str], ...]:
    """The lines above a hit in its chunk, with their numbers in the input."""
    text = hit.chunk.data[max(0, hit.start - _ABOVE * 2 * LONGEST) : hit.start]
    lines = text.split(b"\n")[:-1][-_ABOVE:]
    first = hit.line - len(lines)
    return tuple(
        (hit.chunk.number(first + at), line[:LONGEST].decode("utf-8", "replace"))
        for at, line in enumerate(lines)
    )
