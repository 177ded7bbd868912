"""A stream of any size as newline-aligned chunks, so that memory stays flat."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import BinaryIO

import msgspec

SIZE = 256 * 1024  # of what is read at a time; small enough to stay in the processor's cache
LONGEST_LINE = 4 * 1024 * 1024
SAMPLE = 64 * 1024


class Chunk(msgspec.Struct):
    """Whole lines, and how the text goes on before and after them."""

    data: bytes
    first_line: int  # the number of its first line, from 1
    before: bytes = b""  # whole lines
    after: bytes = b""
    cut: bool = False  # its last line is longer than LONGEST_LINE and goes on in the next chunk
    newlines: int = 0
    numbers: Numbers | None = None  # where its lines are not neighbours in the input

    def number(self, line: int) -> int:
        """The number in the input of a line of this chunk or its neighbours, counted as `first_line` is."""
        return line if self.numbers is None else self.numbers[line]


class Numbers(msgspec.Struct):
    """Where in the input the lines of one stream stand, from line `first` of the stream on."""

    first: int
    lines: array[int]

    def __getitem__(self, line: int) -> int:
        return self.lines[min(max(line - self.first, 0), len(self.lines) - 1)]


Clean = Callable[[bytes], bytes]  # must not change the number of lines


def chunks(stream: BinaryIO, cleaner: Callable[[bytes], Clean]) -> Iterator[Chunk]:
    """The stream's lines, cleaned by what `cleaner` chooses for the stream's first lines.

    Each chunk knows its two neighbours, so that a block that crosses a border is whole.
    """
    before: Chunk | None = None
    current: Chunk | None = None
    for chunk in _cleaned(stream, cleaner):
        if current is not None:
            current.before = before.data if before is not None else b""
            current.after = chunk.data
            yield current
        before, current = current, chunk
        if before is not None:
            before.before = before.after = b""
    if current is not None:
        current.before = before.data if before is not None else b""
        yield current


def _cleaned(stream: BinaryIO, cleaner: Callable[[bytes], Clean]) -> Iterator[Chunk]:
    clean: Clean | None = None
    for chunk in _aligned(stream):
        clean = clean or cleaner(chunk.data[:SAMPLE])
        chunk.data = clean(chunk.data)
        yield chunk


def _aligned(stream: BinaryIO) -> Iterator[Chunk]:
    line, rest = 1, b""
    while read := stream.read(SIZE):
        data = rest + read
        end = data.rfind(b"\n") + 1
        if end == 0 and len(data) < LONGEST_LINE:
            rest = data
            continue
        cut = end == 0
        whole = data if cut else data[:end]
        newlines = whole.count(b"\n")
        yield Chunk(data=whole, first_line=line, cut=cut, newlines=newlines)
        line += newlines
        rest = b"" if cut else data[end:]
    if rest:
        yield Chunk(data=rest, first_line=line)
