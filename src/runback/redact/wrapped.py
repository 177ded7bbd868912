"""Text as it was before it was broken over lines or coloured, and where its parts stand in the block."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

_EDGE = b" \t\r\"'\\"  # indentation, quotes and the backslash of a line that goes on
_COLOUR = re.compile(rb"\x1b\[[0-9;?]{0,32}[A-Za-z]")
_BREAK = re.compile(rb"\n|\x1b\[[0-9;?]{0,32}[A-Za-z]")
# What `cf logs` writes before each line.
_STAMP = re.compile(rb"\s{0,8}\d{4}-\d\d-\d\dT\S{8,24} \[[^\]\n]{1,80}\] (?:OUT|ERR) ")


def joined(block: bytes) -> bytes:
    """The block without its line ends, indentation and colours."""
    return b"".join(_parts(block))


class Places:
    """From offsets in `joined(block)` to offsets in the block."""

    def __init__(self, block: bytes) -> None:
        self._joined: list[int] = []
        self._block: list[int] = []
        at = 0
        for part in _parts(block):
            at = block.find(part, at)  # parts stand in the block in their order, and nothing between is text
            self._block.append(at)
            at += len(part)
        lengths = [len(part) for part in _parts(block)]
        self._joined = [0, *accumulate(lengths)]

    def span(self, start: int, end: int) -> tuple[int, int, bool]:
        """Where the text from `start` to `end` stands, and whether it is in one piece there."""
        first, last = self._part(start), self._part(end - 1)
        return (
            self._block[first] + start - self._joined[first],
            self._block[last] + end - self._joined[last],
            first == last,
        )

    def _part(self, at: int) -> int:
        return bisect_right(self._joined, at) - 1


def _parts(block: bytes) -> list[bytes]:
    lines = _BREAK.split(block) if b"\x1b[" in block else block.split(b"\n")
    if b"] OUT " in block or b"] ERR " in block:
        lines = [_STAMP.sub(b"", line, count=1) for line in lines]
    return [line.strip(_EDGE) for line in lines]
