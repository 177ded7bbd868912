"""The signature engine: every line that any of many patterns matches, exactly as `re`, in one pass.

A multi-pattern engine names candidate lines; each candidate is then checked with Python's `re` on bytes.
That makes the engines interchangeable and exact: they may say too much, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import BinaryIO, NamedTuple

from runback.logs.chunks import Chunk, chunks
from runback.logs.render import render
from runback.rules import patterns as subset
from runback.rules.candidates import CHECKED, Engine, PatternRefused

_NEWLINE = 10


class Hit(NamedTuple):
    """One pattern on one line."""

    line: int  # from 1
    pattern: int  # index into the matcher's patterns
    text: bytes  # the line without its newline
    match: re.Match[bytes]
    chunk: Chunk  # the text around it
    start: int  # offset of the line in the chunk


def engine_for(patterns: Sequence[str], *, keep: bool = False) -> Engine:
    """Hyperscan where its wheel exists, else RE2. `keep`: in the cache. Raises `PatternRefused`."""
    try:
        from runback.rules.hyperscan_engine import HyperscanEngine
    except ImportError:
        from runback.rules.re2_engine import Re2Engine

        return Re2Engine(patterns)
    return HyperscanEngine(patterns, keep=keep)


@lru_cache(maxsize=4096)
def check_of(pattern: str, *, foreign: bool) -> re.Pattern[bytes]:
    """The pattern as `re` knows it, compiled. A foreign one is compiled by RE2, which takes linear time.

    Without RE2 a foreign pattern must not hold a repeat within a repeat, for which `re` may take for ever;
    it is then a `ValueError`.
    """
    if foreign:
        try:
            from runback.rules.re2_engine import linear
        except ImportError:
            if subset.nests(pattern):
                raise ValueError("a repeat within a repeat: install google-re2, or write it flat") from None
        else:
            return linear(pattern)
    return re.compile(pattern.encode())


class Matcher:
    """A set of patterns, compiled when it is first used."""

    def __init__(
        self,
        patterns: Sequence[str],
        engine: Engine | None = None,
        *,
        keep: bool = False,
        foreign: frozenset[int] = frozenset(),
    ) -> None:
        """`foreign`: indexes of patterns that we did not write, and which `re` must not run."""
        self.patterns = tuple(patterns)
        self._keep = keep
        self._foreign = foreign
        self._given = engine
        self._checks: dict[int, re.Pattern[bytes]] = {}

    @cached_property
    def engine(self) -> Engine:
        return self._given or engine_for(
            [subset.shortened(pattern) for pattern in self.patterns], keep=self._keep
        )

    def check(self, pattern: int) -> re.Pattern[bytes]:
        """The pattern as `re` knows it: the truth of what is a hit."""
        compiled = self._checks.get(pattern)
        if compiled is None:
            text = self.patterns[pattern]
            try:
                compiled = check_of(text, foreign=pattern in self._foreign)
            except ValueError as error:
                raise PatternRefused(pattern, str(error)) from error
            self._checks[pattern] = compiled
        return compiled

    def hits(self, stream: BinaryIO) -> Iterator[Hit]:
        """The hits of a stream as a terminal shows it, in order of line and pattern."""
        if self.patterns:
            for chunk in chunks(stream, lambda _: render):
                yield from self.hits_in(chunk)

    def hits_in(self, chunk: Chunk, idle: Collection[int] = ()) -> Iterator[Hit]:
        """The hits of one chunk but for those of `idle` patterns, which may become more meanwhile."""
        data = chunk.data
        seen: dict[tuple[int, int], int] = {}  # start of the line, pattern → end of its first match
        for end, pattern in self.engine.candidates(data):
            if pattern in idle:
                continue
            seen.setdefault((data.rfind(b"\n", 0, end) + 1, pattern), end)
            if end > 1 and data[end - 1] == _NEWLINE:  # `\b\s*` at a pattern's end is seen there only
                seen.setdefault((data.rfind(b"\n", 0, end - 1) + 1, pattern), end - 1)
        line, counted = chunk.first_line, 0
        for start, pattern in sorted(seen):
            if pattern in idle:
                continue
            end = data.find(b"\n", start)
            text = data[start : end if end >= 0 else len(data)]
            at = seen[start, pattern] - start
            match = self.check(pattern).search(text, max(0, at - CHECKED), at + CHECKED)
            if match is None:
                continue
            line += data.count(b"\n", counted, start)
            counted = start
            yield Hit(line, pattern, text, match, chunk, start)

    def matches(self, text: bytes) -> bool:
        """Whether any pattern matches one short text."""
        return any(True for _ in self.hits_in(Chunk(data=text, first_line=1)))


def hits(stream: BinaryIO, signatures: Sequence[str]) -> Iterator[Hit]:
    """The hits of `signatures` in a stream, in order of line and signature."""
    return Matcher(signatures).hits(stream)
