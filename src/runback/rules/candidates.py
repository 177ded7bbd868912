"""What a multi-pattern engine is, and what it answers: candidates, each still to be checked by `re`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

# So many bytes before and after the end of a candidate are checked: `re` may take more than linear time.
CHECKED = 16 * 1024


class Candidate(NamedTuple):
    """`pattern` may match the line that holds `end`: where its match ends (anywhere in a short line)."""

    end: int
    pattern: int


class Engine(Protocol):
    """A compiled set of patterns."""

    def candidates(self, data: bytes) -> Iterator[Candidate] | list[Candidate]:
        """At least one candidate for each pair of line and pattern that `re` would report."""
        ...


class PatternRefused(ValueError):
    """The engine cannot take the pattern with this index."""

    def __init__(self, pattern: int, reason: str) -> None:
        super().__init__(reason)
        self.pattern = pattern
