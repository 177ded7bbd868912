"""Cuts long data where no secret is cut: between lines, outside private keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

BLOCK = 1 << 20
UNBROKEN = 32 << 20  # a longer line is cut within
_LONGEST = 1 << 15  # bytes that are held back at a cut: a private key, a secret that goes on over lines


def blocks(data: bytes) -> Iterator[bytes]:
    """Pieces of about a megabyte."""
    at = 0
    while at < len(data):
        size = len(data) - at
        if size > 2 * BLOCK:
            size = _cut(data[at : at + 2 * BLOCK], BLOCK) or size
        yield data[at : at + size]
        at += size


def pieces(source: BinaryIO) -> Iterator[bytes]:
    """All of `source` in pieces of some megabytes."""
    rest = b""
    while piece := source.read(4 * BLOCK):
        rest += piece
        cut = _cut(rest, len(rest) - _LONGEST)
        if cut == 0 and len(rest) > UNBROKEN:
            cut = _within_line(rest, len(rest) - _LONGEST)
        if cut > 0:
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest


def _within_line(data: bytes, before: int) -> int:
    """Where a line that will not end is cut: at a space, or anywhere. Memory must not grow with it."""
    return data.rfind(b" ", 0, before) + 1 or before


def _cut(data: bytes, before: int) -> int:
    """Where `data` can be cut at or before `before`; 0: nowhere.

    After a line's end, and where one can be found near, between lines of which the first looks whole: what a
    program wraps, it wraps at one width, so the line that follows a shorter one is a new text.
    """
    cut = data.rfind(b"\n", 0, max(before, 0)) + 1
    begin = data.rfind(b"-----BEGIN ", max(0, cut - _LONGEST), cut)
    if begin > 0 and data.find(b"-----END ", begin, cut) < 0:
        cut = data.rfind(b"\n", 0, begin) + 1
    return _unwrapped(data, cut)


def _unwrapped(data: bytes, cut: int) -> int:
    """`cut`, or a place up to 64 lines before it at which words stand: text without spaces may be wrapped."""
    best = cut
    for _ in range(64):
        start = data.rfind(b"\n", 0, max(best - 1, 0)) + 1
        line = data[start:best].strip()
        if not line or b" " in line:
            return best
        if start == 0:
            return cut
        best = start
    return cut
