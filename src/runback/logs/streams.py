"""A log that mixes the lines of several instances, taken apart: a traceback is only whole among its own kind.

`cf logs` and `docker compose` put a source before each line. Each source becomes a stream of its own, whose
chunks know where in the input their lines stand.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from typing import BinaryIO

from runback.logs.chunks import SAMPLE, SIZE, Chunk, Clean, Numbers, chunks
from runback.logs.clean import carriers, without
from runback.logs.render import render

_MOST = 64  # sources; the lines of further ones are one stream


class _Source:
    """One stream under way: its chunk before, its present one, and the lines that come after them."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._size = 0
        self._numbers = array("Q")  # of the lines of before, current and rest
        self._first = 1  # the line that the first of them belongs to
        self._before: Chunk | None = None
        self._current: Chunk | None = None
        self._next_line = 1

    def add(self, line: bytes, number: int) -> Iterator[Chunk]:
        self._rest.append(line)
        self._size += len(line) + 1
        self._numbers.append(number)
        if self._size >= SIZE:
            yield from self._turn()

    def close(self) -> Iterator[Chunk]:
        if self._rest:
            yield from self._turn()
        if self._current is not None:
            yield from self._turn()

    def _turn(self) -> Iterator[Chunk]:
        """What came since becomes the present chunk; the one that was it goes out, with its neighbours."""
        following: Chunk | None = None
        if self._rest:
            count = len(self._rest)
            data = b"\n".join(self._rest) + b"\n"
            following = Chunk(data=data, first_line=self._next_line, newlines=count)
            self._next_line += count
            self._rest, self._size = [], 0
        if self._current is not None:
            self._current.before = self._before.data if self._before is not None else b""
            self._current.after = following.data if following is not None else b""
            self._current.numbers = Numbers(self._first, self._numbers[:])
            yield self._current
            self._forget()
            self._current.before = self._current.after = b""
        self._before, self._current = self._current, following

    def _forget(self) -> None:
        """The numbers of the chunk before the present one are needed no more."""
        if self._before is not None:
            del self._numbers[: self._before.newlines]
            self._first += self._before.newlines


def split(stream: BinaryIO) -> Iterator[tuple[str, Chunk]]:
    """The stream's chunks, cleaned, each with the source of its lines: '' where lines carry none."""
    outer: list[re.Pattern[bytes]] = []

    def cleaner(sample: bytes) -> Clean:
        outer.extend(carriers(sample[:SAMPLE]))
        sourced = any("source" in carrier.groupindex for carrier in outer)
        return render if sourced else lambda raw: without(outer, render(raw))

    sources: dict[str, _Source] = {}
    for chunk in chunks(stream, cleaner):
        at = next((at for at, carrier in enumerate(outer) if "source" in carrier.groupindex), None)
        if at is None:
            yield "", chunk
        else:
            yield from _taken_apart(chunk, outer, at, sources)
    for name, source in sources.items():
        for chunk in source.close():
            yield name, chunk


def _taken_apart(
    chunk: Chunk, outer: list[re.Pattern[bytes]], at: int, sources: dict[str, _Source]
) -> Iterator[tuple[str, Chunk]]:
    text = chunk.data
    for carrier in outer[:at]:
        text = carrier.sub(b"", text)
    carrier, name = outer[at], ""
    for number, line in enumerate(text.removesuffix(b"\n").split(b"\n"), start=chunk.first_line):
        match = carrier.match(line)
        if match is not None:
            name = match["source"].decode("utf-8", "replace")
            line = without(outer[at + 1 :], line[match.end() :])
        if name not in sources and len(sources) >= _MOST:
            name = ""
        source = sources.setdefault(name, _Source())
        for whole in source.add(line, number):
            yield name, whole
