"""Learns secrets, then replaces them wherever they stand."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from runback.model import Detection
from runback.redact.literals import Finder, core, spellings
from runback.redact.matching import Detectors
from runback.redact.pieces import blocks, pieces
from runback.redact.spans import Span, merged, stands_alone, stretched
from runback.redact.values import is_plain, secret_parts
from runback.redact.wrapped import Places, joined

LEARNED = "learned"  # the detector that knows the values
_WRAPPED = 8  # bytes: a shorter text that runs over a line's end is chance


@dataclass(frozen=True, slots=True)
class _Literal:
    text: bytes
    token: bytes
    alone: bool  # counts only where no letter or digit touches it
    coded: bool  # base64: the rest of the coded text goes with it


class Redactor:
    """`learn` all secrets first, then `seal` everything.

    The key makes tokens and fingerprints one project's own. A `strict` one also takes what merely looks
    random: for evidence of which not all secrets could be learned.

    Sealing takes time linear in the text, and hardly more for thousands of secrets than for one. Learning is
    not meant for several threads; sealing is.
    """

    def __init__(self, key: bytes, *, strict: bool = False) -> None:
        self._key = key
        self._literals: dict[bytes, _Literal] = {}
        self._kept: set[str] = set()
        self._known: list[_Literal] = []
        self._finder: Finder | None = None
        self._detectors = Detectors(strict=strict)
        self._found: Counter[str] = Counter()
        self._counting = threading.Lock()

    def fingerprint(self, value: str) -> str:
        """16 hex digits, equal for equal values within the project that the key belongs to."""
        return self._digest(value)[:16]

    def keep(self, *words: str) -> None:
        """Names that stay readable even where a secret has the same value: apps, spaces, services."""
        self._kept.update(words)

    def be_strict(self) -> None:
        """From now on what looks random is taken for a secret: not all secrets could be learned."""
        self._detectors = Detectors(strict=True)

    def learn(self, name: str, value: str) -> None:
        """Remembers what of `value` is secret. What a person needs to read stays readable."""
        for part_name, text in secret_parts(name, value):
            if text not in self._kept:
                self._remember(part_name, text)

    def learn_token(self, name: str, value: str) -> None:
        """Remembers the whole of `value`, whatever it looks like: a token in use."""
        if len(value) >= 4:
            self._remember(name, value)

    def seal(self, data: bytes) -> bytes:
        """`data` with a token in place of every secret."""
        self._prepare()
        return b"".join(map(self._replaced, blocks(data)))

    def seal_text(self, text: str) -> str:
        """As `seal`, for the fields of records."""
        return self.seal(text.encode(errors="surrogatepass")).decode(errors="replace")

    def seal_known(self, text: str) -> str:
        """`text` without the secrets that were learned; for text of ours, in which a pattern or an ordinary
        word that is somebody's password would only do harm.
        """
        self._prepare()
        block = text.encode(errors="surrogatepass")
        places = self._finder.places(block) if self._finder else []
        return self._cut_out(block, self._whole(block, places, words=False)).decode(errors="replace")

    def seal_stream(self, source: BinaryIO, sink: BinaryIO) -> None:
        """As `seal`, from one file to another, holding some megabytes at most."""
        for piece in pieces(source):
            sink.write(self.seal(piece))

    def suspicious(self, source: BinaryIO) -> Iterator[int]:
        """The lines, from 1, in which a detector finds something. Nothing is changed; `detections` counts."""
        self._prepare()
        line = 1
        for piece in pieces(source):
            for block in blocks(piece):
                for span in self._spans(block):
                    yield line + block.count(b"\n", 0, span.start)
                line += block.count(b"\n")

    def detections(self) -> tuple[Detection, ...]:
        """What each detector found so far, those that found nothing too."""
        names = (LEARNED, *self._detectors.names())
        return tuple(Detection(detector=name, found=self._found[name]) for name in names)

    def _remember(self, name: str, text: str) -> None:
        token = self._token(name, text)
        for part in filter(None, (text, core(text))):
            for spelling, coded in spellings(part):
                self._literals.setdefault(spelling, _Literal(spelling, token, is_plain(text), coded))
        self._finder = None

    def _prepare(self) -> None:
        if self._finder is None and self._literals:
            self._known = list(self._literals.values())
            self._finder = Finder([literal.text for literal in self._known])

    def _replaced(self, block: bytes) -> bytes:
        return self._cut_out(block, self._spans(block))

    @staticmethod
    def _cut_out(block: bytes, spans: Iterable[Span]) -> bytes:
        out: list[bytes] = []
        at = 0
        for span in merged(spans):
            # Lines keep their numbers: the line ends of a private key, or of what is wrapped, stay.
            ends = b"\n" * block.count(b"\n", span.start, span.end)
            out += (block[at : span.start], span.token, ends)
            at = span.end
        return b"".join((*out, block[at:])) if out else block

    def _spans(self, block: bytes) -> list[Span]:
        """What of the block is to be replaced, in order, without overlaps; counted."""
        spans = list(merged([*self._learned_spans(block), *self._pattern_spans(block)]))
        with self._counting:
            self._found.update(span.detector for span in spans)
        return spans

    def _learned_spans(self, block: bytes) -> Iterator[Span]:
        if self._finder is None:
            return
        places = self._finder.places(block)
        yield from self._whole(block, places)
        if b"\n" in block or b"\x1b[" in block:
            yield from self._wrapped(block, places)

    def _whole(self, block: bytes, places: list[tuple[int, int]], *, words: bool = True) -> Iterator[Span]:
        left = right = 0
        for which, end in places:
            literal = self._known[which]
            start = end - len(literal.text)
            if literal.coded:
                if not left <= start < end <= right:  # else it is in the coded text that was found last
                    left, right = stretched(block, start, end)
                    yield Span(left, right, 0, literal.token, LEARNED)
            elif not literal.alone or (words and stands_alone(block, start, end)):
                yield Span(start, end, 0, literal.token, LEARNED)

    def _wrapped(self, block: bytes, places: list[tuple[int, int]]) -> Iterator[Span]:
        """Learned secrets that go on over a line's end, or through a change of colour."""
        assert self._finder is not None  # noqa: S101 - _learned_spans() has looked
        whole = joined(block)
        there = self._finder.places(whole)
        if Counter(which for which, _ in there) == Counter(which for which, _ in places):
            return
        broken = Places(block)
        for which, end in there:
            literal = self._known[which]
            if literal.alone or len(literal.text) < _WRAPPED:
                continue
            left, right, together = broken.span(end - len(literal.text), end)
            if not together:
                if literal.coded:
                    left, right = stretched(block, left, right)
                yield Span(left, right, 0, literal.token, LEARNED)

    def _pattern_spans(self, block: bytes) -> Iterator[Span]:
        for hit in self._detectors.hits(block):
            value = block[hit.start : hit.end].decode(errors="replace")
            if value not in self._kept:
                yield Span(hit.start, hit.end, 1, self._token(hit.detector, value), hit.detector)

    def _token(self, name: str, value: str) -> bytes:
        readable = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:64] or "value"
        return f"[secret:{readable}:{self._digest(value)[:4]}]".encode()

    def _digest(self, value: str) -> str:
        return hmac.new(self._key, value.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def key_id(key: bytes) -> str:
    """Names a project's key without telling it: fingerprints compare only where these are equal."""
    return hmac.new(key, b"runback key id", hashlib.sha256).hexdigest()[:16]
