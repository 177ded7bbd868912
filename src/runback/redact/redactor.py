"""Learns secrets, then replaces them wherever they stand."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from runback.redact.literals import Finder, spellings
from runback.redact.patterns import PATTERNS, Pattern
from runback.redact.values import is_plain, secret_parts

_BLOCK = 1 << 20
_LONGEST = 1 << 15  # bytes that are held back at a cut within a line or a private key
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")
_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_TOKEN = re.compile(rb"\[secret:[\w.-]{1,64}:[0-9a-f]{4}\]")


@dataclass(frozen=True, slots=True)
class _Literal:
    text: bytes
    token: bytes
    alone: bool  # counts only where no letter or digit touches it
    coded: bool  # base64: the rest of the coded text goes with it


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    start: int
    end: int
    rank: int  # a learned secret names a span before a pattern does
    token: bytes


class Redactor:
    """`learn` all secrets first, then `seal` everything.

    The key makes tokens and fingerprints one project's own.

    Sealing takes time linear in the text, and hardly more for thousands of secrets than for one. Learning is
    not meant for several threads; sealing is.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._literals: dict[bytes, _Literal] = {}
        self._kept: set[str] = set()
        self._known: list[_Literal] = []
        self._finder: Finder | None = None
        self._anchors = sorted({anchor for pattern in PATTERNS for anchor in pattern.anchors})
        self._anchor_finder: Finder | None = None

    def fingerprint(self, value: str) -> str:
        """16 hex digits, equal for equal values within the project that the key belongs to."""
        return self._digest(value)[:16]

    def keep(self, *words: str) -> None:
        """Names that stay readable even where a secret has the same value: apps, spaces, services."""
        self._kept.update(words)

    def learn(self, name: str, value: str) -> None:
        """Remembers what of `value` is secret. What a person needs to read stays readable."""
        for part_name, text in secret_parts(name, value):
            if text not in self._kept:
                self._remember(part_name, text)

    def learn_token(self, name: str, value: str) -> None:
        """Remembers the whole of `value`, whatever it looks like: a token in use."""
        if len(value) >= 4:
            self._remember(name, value)

    def _remember(self, name: str, text: str) -> None:
        token = self._token(name, text)
        for spelling, coded in spellings(text):
            self._literals.setdefault(spelling, _Literal(spelling, token, is_plain(text), coded))
        self._finder = None

    def seal(self, data: bytes) -> bytes:
        """`data` with a token in place of every secret."""
        self._prepare()
        return b"".join(self._replaced(data[at : at + size]) for at, size in _blocks(data))

    def seal_text(self, text: str) -> str:
        """As `seal`, for the fields of records."""
        return self.seal(text.encode(errors="surrogatepass")).decode(errors="replace")

    def seal_stream(self, source: BinaryIO, sink: BinaryIO) -> None:
        """As `seal`, from one file to another, holding some megabytes at most."""
        self._prepare()
        rest = b""
        while piece := source.read(4 * _BLOCK):
            rest += piece
            cut = _cut(rest, len(rest) - _LONGEST)
            if cut > 0:
                sink.write(self.seal(rest[:cut]))
                rest = rest[cut:]
        sink.write(self.seal(rest))

    def _prepare(self) -> None:
        if self._anchor_finder is None:
            self._anchor_finder = Finder(self._anchors, caseless=True)
        if self._finder is None and self._literals:
            self._known = list(self._literals.values())
            self._finder = Finder([literal.text for literal in self._known])

    def _replaced(self, block: bytes) -> bytes:
        spans = sorted([*self._learned_spans(block), *self._pattern_spans(block)])
        if not spans:
            return block
        out: list[bytes] = []
        at = 0
        for start, end, token in _merged(spans):
            # Lines keep their numbers: a private key's line ends stay.
            out += (block[at:start], token, b"\n" * block.count(b"\n", start, end))
            at = end
        return b"".join((*out, block[at:]))

    def _learned_spans(self, block: bytes) -> Iterator[_Span]:
        if self._finder is None:
            return
        for which in self._finder.present(block):
            literal = self._known[which]
            start = block.find(literal.text)
            while start >= 0:
                end = start + len(literal.text)
                if literal.coded:
                    left, right = _stretched(block, start, end)
                    yield _Span(left, right, 0, literal.token)
                    end = right
                elif not literal.alone or _stands_alone(block, start, end):
                    yield _Span(start, end, 0, literal.token)
                start = block.find(literal.text, end)

    def _pattern_spans(self, block: bytes) -> Iterator[_Span]:
        assert self._anchor_finder is not None  # noqa: S101 - _prepare() has run
        anchors = {self._anchors[which] for which in self._anchor_finder.present(block)}
        if not anchors:
            return
        lower = block.lower()
        for pattern in PATTERNS:
            mine = [anchor for anchor in pattern.anchors if anchor in anchors]
            for start, end in _windows(lower, mine, pattern):
                for match in pattern.regex.finditer(block, start, end):
                    left, right = match.span("value")
                    value = match["value"].decode(errors="replace")
                    if not _in_token(block, left):
                        yield _Span(left, right, 1, self._token(pattern.name, value))

    def _token(self, name: str, value: str) -> bytes:
        readable = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:64] or "value"
        return f"[secret:{readable}:{self._digest(value)[:4]}]".encode()

    def _digest(self, value: str) -> str:
        return hmac.new(self._key, value.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def _merged(spans: list[_Span]) -> Iterator[tuple[int, int, bytes]]:
    """Spans that overlap become one, so that no end of a secret sticks out; a learned name wins."""
    first = spans[0]
    start, end, best = first.start, first.end, first
    for span in spans[1:]:
        if span.start < end:
            end = max(end, span.end)
            best = min(best, span, key=lambda one: (one.rank, one.start - one.end))
        else:
            yield start, end, best.token
            start, end, best = span.start, span.end, span
    yield start, end, best.token


def _blocks(data: bytes) -> Iterator[tuple[int, int]]:
    """Starts and sizes of pieces of about a megabyte, cut between lines and never in a private key."""
    at = 0
    while at < len(data):
        size = len(data) - at
        if size > 2 * _BLOCK:
            size = _cut(data[at : at + 2 * _BLOCK], _BLOCK) or size
        yield at, size
        at += size


def _cut(data: bytes, before: int) -> int:
    """Where `data` can be cut at or before `before`: after a newline, outside a private key; 0: nowhere."""
    cut = data.rfind(b"\n", 0, max(before, 0)) + 1
    begin = data.rfind(b"-----BEGIN ", max(0, cut - _LONGEST), cut)
    if begin > 0 and data.find(b"-----END ", begin, cut) < 0:
        cut = data.rfind(b"\n", 0, begin) + 1
    return cut


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


def _in_token(block: bytes, at: int) -> bool:
    """Whether a token that was set before stands at `at` or around it."""
    start = block.rfind(b"[secret:", max(0, at - 80), at + 8)
    token = _TOKEN.match(block, start) if start >= 0 else None
    return token is not None and token.end() > at


def _stretched(block: bytes, start: int, end: int) -> tuple[int, int]:
    while start > 0 and block[start - 1] in _BASE64:
        start -= 1
    while end < len(block) and block[end] in _BASE64:
        end += 1
    return start, end


def _stands_alone(block: bytes, start: int, end: int) -> bool:
    return (start == 0 or block[start - 1] not in _WORD) and (end == len(block) or block[end] not in _WORD)
