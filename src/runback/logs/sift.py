"""The few lines of a log that matter, found by byte search: the others cost next to nothing.

A log may have a million lines, and a regular expression tried on each takes a minute. Who calls names words
without one of which its expressions cannot match, so that what is found is the same; or the lines by number;
or reads from the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from runback.model import LogText

_FEW = 100  # marked lines, which cost little one by one
_MANY = 8  # lines to one that is marked: with fewer between, one pass over all is faster
SIZE = 256 * 1024  # bytes that are looked through at a time; small enough to stay in the processor's cache


class Quiet(NamedTuple):
    """Neighbouring lines that hold none of the words."""

    data: bytes
    after: int  # the number of the line that follows them

    def backwards(self) -> Iterator[tuple[int, str]]:
        """Number and text of each line, the last one first."""
        number, end = self.after, len(self.data)
        if self.data.endswith(b"\n"):
            end -= 1
        while self.data and end >= 0:
            start = self.data.rfind(b"\n", 0, end) + 1
            number -= 1
            yield number, self.data[start:end].decode("utf-8", "replace")
            end = start - 1


def sifted(text: LogText, words: tuple[bytes, ...]) -> Iterator[tuple[int, str]]:
    """Number, from 1, and text of each line that holds one of the words, in order."""
    number = 1
    for data in blocks(text):
        done = 0
        for start in marked(data, words):
            number += data.count(b"\n", done, start)
            end = data.find(b"\n", start)
            yield number, data[start : end if end >= 0 else len(data)].decode("utf-8", "replace")
            done = start
        number += data.count(b"\n", done)


def found_in(text: LogText, pattern: re.Pattern[bytes]) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Each match of a pattern that never crosses lines, and the number, from 1, of its line, in order."""
    number = 1
    for data in blocks(text):
        done = 0
        for match in pattern.finditer(data):
            number += data.count(b"\n", done, match.start())
            done = match.start()
            yield number, match
        number += data.count(b"\n", done)


def stretches(text: LogText, words: tuple[bytes, ...]) -> Iterator[tuple[Quiet, int, str | None]]:
    """The whole log: lines that hold none of the words, then one that does, or `None` where none follows."""
    number = 1
    for data in blocks(text):
        done = 0
        for start in marked(data, words):
            number += data.count(b"\n", done, start)
            end = data.find(b"\n", start)
            end = len(data) if end < 0 else end
            yield Quiet(data[done:start], number), number, data[start:end].decode("utf-8", "replace")
            number, done = number + 1, end + 1
        if done < len(data):
            number += _lines_in(data[done:])
            yield Quiet(data[done:], number), number, None


def lines_between(text: LogText, first: int, last: int) -> list[bytes]:
    """The lines with these numbers, from 1, without their newline; fewer where the log ends before."""
    found: list[bytes] = []
    number = 1
    for data in blocks(text):
        if number > last:
            break
        after = number + _lines_in(data)
        if after > first:
            found += data.removesuffix(b"\n").split(b"\n")[max(0, first - number) : last - number + 1]
        number = after
    return found


def backwards(text: LogText) -> Iterator[tuple[int, str]]:
    """Number, from 1, and text of each line, the last one first."""
    after = 1 + sum(_lines_in(data) for data in blocks(text))
    end, rest = text.size, b""
    with text.open() as stream:
        while end > 0:
            start = max(0, end - SIZE)
            stream.seek(start)
            data = stream.read(end - start) + rest
            cut = data.find(b"\n") + 1 if start else 0  # before it stands the end of a line
            if start and not cut:
                rest = data
            else:
                yield from Quiet(data[cut:], after).backwards()
                after, rest = after - _lines_in(data[cut:]), data[:cut]
            end = start


def blocks(text: LogText) -> Iterator[bytes]:
    """The log in pieces of whole lines."""
    with text.open() as stream:
        while data := stream.read(SIZE):
            yield data + stream.readline()


def _lines_in(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n")) if data else 0


def on_marked(clean: Callable[[bytes], bytes], words: tuple[bytes, ...], data: bytes) -> bytes:
    """The text with `clean` done to the lines that hold one of the words; it must change no other line."""
    starts = marked(data, words)
    if len(starts) > _FEW and _MANY * len(starts) > data.count(b"\n"):
        return clean(data)
    pieces, done = [], 0
    for start in starts:
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        pieces += [data[done:start], clean(data[start:end])]
        done = end
    return b"".join([*pieces, data[done:]])


def marked(data: bytes, words: tuple[bytes, ...]) -> list[int]:
    """Where the lines begin that hold one of the words, in order."""
    starts: set[int] = set()
    for word in words:
        at = data.find(word)
        while at >= 0:
            starts.add(data.rfind(b"\n", 0, at) + 1)
            end = data.find(b"\n", at)
            at = data.find(word, end) if end >= 0 else -1
    return sorted(starts)
