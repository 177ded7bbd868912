"""Lines that never occur in the logs of successful runs, with what changes from run to run folded away."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator

import msgspec

from runback.logs.chunks import Chunk
from runback.model import Novel

# What differs between two runs of the same: numbers, hashes and times are made of these characters.
_FOLDED = b"0123456789abcdefABCDEF-.:"
_GAP = 2  # known lines between two novel ones that still make one block
_SHOWN = 40  # lines of a block that are kept
_LONGEST = 500  # bytes of a line that are kept
_MOST = 20_000  # of them, so that memory stays flat
BLOCKS = 10  # that are worth showing
TELLING = re.compile(
    rb"(?i)error|fail|fatal|exception|denied|refused|not found|cannot|unable|missing|invalid"
)


# Where something lies differs from machine to machine; its name does not.
_FOLDERS = re.compile(rb"/(?:[\w.+@-]+/)+")


def folded(data: bytes) -> bytes:
    """The text without what changes from run to run; as many lines as it had."""
    return _FOLDERS.sub(b"/", data).translate(None, _FOLDED)


class Known:
    """The lines of successful runs. Kept as hashes, so that memory follows the number of different lines."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def learn(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._hashes.update(map(hash, folded(chunk.data).split(b"\n")))

    def __contains__(self, line: bytes) -> bool:
        return hash(folded(line)) in self._hashes

    def novel(self, chunk: Chunk) -> Iterator[tuple[int, bytes]]:
        """The line number and the text of each line that was never seen and is not blank."""
        novel = [
            at
            for at, line in enumerate(folded(chunk.data).split(b"\n"))
            if line.strip() and hash(line) not in self._hashes
        ]
        if novel:
            lines = chunk.data.split(b"\n")
            for at in novel:
                yield chunk.number(chunk.first_line + at), lines[at][:_LONGEST]


class Gathered:
    """The novel lines of one log. Of very many those are kept that speak of a failure, and the last."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, bytes]] = []
        self.dropped = 0

    def add(self, lines: Iterable[tuple[int, bytes]]) -> None:
        self.lines.extend(lines)
        if len(self.lines) > _MOST:
            self._thin()

    def _thin(self) -> None:
        early, late = self.lines[: -_MOST // 4], self.lines[-_MOST // 4 :]
        kept = [(number, line) for number, line in early if TELLING.search(line)][-_MOST // 2 :]
        self.dropped += len(early) - len(kept)
        self.lines = kept + late


class Block(msgspec.Struct):
    """Neighbouring novel lines, from 1, both included."""

    first: int
    last: int
    lines: list[bytes]
    telling: int = 0  # lines that speak of a failure


def blocks(novel: Iterable[tuple[int, bytes]]) -> Iterator[Block]:
    """Novel lines joined to blocks, in order."""
    block: Block | None = None
    for number, line in novel:
        if block is not None and number > block.last + _GAP:
            yield block
            block = None
        if block is None:
            block = Block(number, number, [])
        block.last = number
        if len(block.lines) < _SHOWN:
            block.lines.append(line)
        block.telling += TELLING.search(line) is not None
    if block is not None:
        yield block


def scored(novel: list[tuple[int, bytes]], end: int) -> list[Novel]:
    """The most telling novel blocks: those that speak of a failure, are rare, and near line `end`."""
    counts: dict[bytes, int] = {}
    for _, line in novel:
        form = folded(line)
        counts[form] = counts.get(form, 0) + 1
    found = []
    for block in blocks(sorted(novel)):
        if block.first == block.last == end:
            continue  # the verdict alone tells nothing
        rare = sum(1 / counts.get(folded(line), 1) for line in block.lines) / len(block.lines)
        near = 1 / (1 + abs(end - block.last) / 200)
        score = round(min(block.telling, 5) * 2 + rare + near, 3)
        text = b"\n".join(block.lines).decode("utf-8", "replace")
        found.append(Novel(first=block.first, last=block.last, text=text, score=score))
    return heapq.nlargest(BLOCKS, found, key=lambda block: block.score)
