"""Places in a block that hold a secret, and how they become one replacement each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")
_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_TOKEN = re.compile(rb"\[secret:([\w.-]{1,64}):[0-9a-f]{4}\]")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of a block that is replaced: offsets, and the token that takes its place."""

    start: int
    end: int
    rank: int  # a learned secret names a span before a pattern does
    token: bytes
    detector: str


def merged(found: Iterable[Span]) -> Iterator[Span]:
    """In order; spans that overlap become one, so that no end of a secret sticks out; a learned name wins."""
    spans = sorted(found)
    if not spans:
        return
    start, end, best = spans[0].start, spans[0].end, spans[0]
    for span in spans[1:]:
        if span.start < end:
            end = max(end, span.end)
            best = min(best, span, key=lambda one: (one.rank, one.start - one.end))
        else:
            yield Span(start, end, best.rank, best.token, best.detector)
            start, end, best = span.start, span.end, span
    yield Span(start, end, best.rank, best.token, best.detector)


def tokens_in(data: bytes) -> list[str]:
    """The names in the tokens of `data`, one a token, in order."""
    return [name.decode() for name in _TOKEN.findall(data)]


def in_token(block: bytes, at: int) -> bool:
    """Whether a token that was set before stands at `at` or around it."""
    start = block.rfind(b"[secret:", max(0, at - 80), at + 8)
    token = _TOKEN.match(block, start) if start >= 0 else None
    return token is not None and token.end() > at


def stretched(block: bytes, start: int, end: int) -> tuple[int, int]:
    """The whole of the base64 text in which a piece was found."""
    while start > 0 and block[start - 1] in _BASE64:
        start -= 1
    while end < len(block) and block[end] in _BASE64:
        end += 1
    return start, end


def stands_alone(block: bytes, start: int, end: int) -> bool:
    """Whether no letter or digit touches the piece on either side."""
    return (start == 0 or block[start - 1] not in _WORD) and (end == len(block) or block[end] not in _WORD)
