"""Runs the patterns over a block: each only around its anchors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runback.redact.literals import Finder
from runback.redact.patterns import PATTERNS, SHAPES, STRICT, Pattern
from runback.redact.spans import in_token


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that a pattern found: offsets in the block, and the pattern's name."""

    start: int
    end: int
    detector: str


class Detectors:
    """The patterns; `strict`: those too that take for a secret what merely looks random."""

    def __init__(self, *, strict: bool) -> None:
        self._shapes = (*SHAPES, *(STRICT if strict else ()))
        self._sieve: Finder | None = None
        self._anchors = sorted({anchor for pattern in PATTERNS for anchor in pattern.anchors})
        self._finder: Finder | None = None

    def names(self) -> tuple[str, ...]:
        """Of the detectors that run, sorted."""
        return tuple(sorted({pattern.name for pattern in (*PATTERNS, *self._shapes)}))

    def hits(self, block: bytes) -> Iterator[Hit]:
        """What looks like a secret, pattern by pattern; places may overlap."""
        if self._finder is None or self._sieve is None:
            self._finder = Finder(self._anchors, caseless=True)
            self._sieve = Finder([pattern.sieve for pattern in self._shapes], literal=False)
        anchors = {self._anchors[which] for which in self._finder.present(block)}
        lower = block.lower() if anchors else b""
        for pattern in PATTERNS:
            mine = [anchor for anchor in pattern.anchors if anchor in anchors]
            for start, end in _windows(lower, mine, pattern):
                yield from _matches(pattern, block, start, end)
        for which in sorted(self._sieve.present(block)):
            yield from _matches(self._shapes[which], block, 0, len(block))


def _matches(pattern: Pattern, block: bytes, start: int, end: int) -> Iterator[Hit]:
    for match in pattern.regex.finditer(block, start, end):
        left, right = match.span("value")
        if pattern.accepts is not None and not pattern.accepts(match["value"].decode(errors="replace")):
            continue
        if not in_token(block, left):
            yield Hit(left, right, pattern.name)


def _windows(lower: bytes, anchors: list[bytes], pattern: Pattern) -> Iterator[tuple[int, int]]:
    """The lines around the anchors, once each, in order."""
    ends = -1
    for at in sorted(_positions(lower, anchors)):
        if at < ends:
            continue
        start = lower.rfind(b"\n", max(0, at - 1024), at) + 1 or max(0, at - 1024)
        start = max(start, ends)
        ends = at
        for _ in range(pattern.lines):
            ends = lower.find(b"\n", ends + 1)
            if ends < 0:
                ends = len(lower)
                break
        if pattern.lines == 1:
            ends = min(ends, at + 16_384)
        yield start, ends


def _positions(lower: bytes, anchors: list[bytes]) -> Iterator[int]:
    for anchor in anchors:
        at = lower.find(anchor)
        while at >= 0:
            yield at
            at = lower.find(anchor, at + len(anchor))
