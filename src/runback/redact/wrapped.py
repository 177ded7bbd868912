"""Text as it was before it was broken over lines or coloured, and where its parts stand in the block."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

_EDGE = b" \t\r\"'\\"  # indentation, quotes and the backslash of a line that goes on
_BREAK = re.compile(rb"\n|\x1b\[[0-9;?]{0,32}[A-Za-z]")
# What `cf logs` writes before each line.
_STAMP = re.compile(rb"\s{0,8}\d{4}-\d\d-\d\dT\S{8,24} \[[^\]\n]{1,80}\] (?:OUT|ERR) ")


def joined(block: bytes) -> bytes:
    """The block without its line ends, indentation and colours."""
    if b"\x1b[" in block or b"] OUT " in block or b"] ERR " in block:
        return b"".join(part for _, part in _parts(block))
    return b"".join([line.strip(_EDGE) for line in block.split(b"\n")])


class Places:
    """From offsets in `joined(block)` to offsets in the block."""

    def __init__(self, block: bytes) -> None:
        self._joined: list[int] = []
        self._block: list[int] = []
        length = 0
        for at, part in _parts(block):
            if part:
                self._joined.append(length)
                self._block.append(at)
                length += len(part)

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


def _parts(block: bytes) -> Iterator[tuple[int, bytes]]:
    """What stands between line ends and colours, without its edges, and where it begins."""
    start = 0
    for match in _BREAK.finditer(block):
        yield _part(block, start, match.start())
        start = match.end()
    yield _part(block, start, len(block))


def _part(block: bytes, start: int, end: int) -> tuple[int, bytes]:
    stamp = _STAMP.match(block, start, end)
    text = block[stamp.end() if stamp else start : end].rstrip(_EDGE)
    bare = text.lstrip(_EDGE)
    return (stamp.end() if stamp else start) + len(text) - len(bare), bare
