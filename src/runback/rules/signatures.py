"""The signatures of all pages as one engine, and what they see in one log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import BinaryIO

import msgspec

from runback.errors import ConfigurationError
from runback.logs.parsers import PARSERS, Window
from runback.model import Page, Scalar, Signature
from runback.rules.engine import LONGEST_CHECKED, Hit, Matcher, PatternRefused
from runback.rules.titles import filled

_BEFORE = 64 * 1024  # bytes of context that a parser sees
_AFTER = 128 * 1024
_PARSED_BLOCKS = 500  # of one page in one log; further hits only count


class Sighting(msgspec.Struct):
    """A page seen in a log: the first of the lines that say the same, and how many say it."""

    page: Page
    title: str
    line: int  # from 1
    last: int  # of the block, or of the line
    text: str
    values: dict[str, Scalar]
    count: int = 1
    latest: int = 0  # the line of the newest repeat


class Signatures:
    """Compiled when first used. A pattern that the engine refuses is a `ConfigurationError` (file, line)."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._rules = [(page, signature) for page in pages for signature in page.signatures]
        self._matcher = Matcher([signature.pattern for _, signature in self._rules], keep=True)

    def sightings(self, stream: BinaryIO, kind: str = "input") -> tuple[Sighting, ...]:
        """What pages see in a log of this kind (`LogKind`; 'input' matches any source), in order of line."""
        try:
            hits = self._matcher.hits(stream)
            return tuple(_collect(self._parsed(hits, kind)))
        except PatternRefused as refused:
            page, signature = self._rules[refused.pattern]
            message = f"{page.path}:{signature.line}: the engine refuses {signature.pattern!r}: {refused}"
            raise ConfigurationError(message) from refused

    def _parsed(self, hits: Iterator[Hit], kind: str) -> Iterator[Sighting]:
        seen: set[tuple[str, int]] = set()  # page, line: two signatures on one line are one sighting
        until: dict[str, int] = {}  # page → last line of its newest block
        blocks: dict[str, int] = {}
        for hit in hits:
            page, signature = self._rules[hit.pattern]
            if hit.line <= until.get(page.id, 0) or not _applies(signature, kind, hit.text):
                continue
            if signature.parser is not None:
                blocks[page.id] = blocks.get(page.id, 0) + 1
                if blocks[page.id] > _PARSED_BLOCKS:
                    continue
            for sighting in _of_hit(page, signature, hit):
                if (page.id, sighting.line) not in seen:
                    seen.add((page.id, sighting.line))
                    if sighting.last > sighting.line:
                        until[page.id] = sighting.last
                    yield sighting


def _applies(signature: Signature, kind: str, text: bytes) -> bool:
    if kind != "input" and "any" not in signature.sources and kind not in signature.sources:
        return False
    return not any(_compiled(pattern).search(text[:LONGEST_CHECKED]) for pattern in signature.harmless)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode())


def _of_hit(page: Page, signature: Signature, hit: Hit) -> Iterator[Sighting]:
    groups: dict[str, Scalar] = {
        name: value.decode("utf-8", "replace")
        for name, value in hit.match.groupdict().items()
        if value is not None
    }
    if signature.parser is None:
        text = hit.text.decode("utf-8", "replace")
        yield Sighting(page, filled(page.title, groups), hit.line, hit.line, text, groups, latest=hit.line)
        return
    window = window_of(hit)
    for parsed in PARSERS[signature.parser].parse(window):
        line = hit.line + parsed.at - window.at
        last = hit.line + parsed.last - window.at if parsed.last is not None else line
        values = groups | parsed.values
        title = filled(page.title, values)
        yield Sighting(page, title, line, max(last, line), window.lines[parsed.at], values, latest=line)


def window_of(hit: Hit) -> Window:
    """The lines around a hit, whole, as text."""
    data, start = hit.chunk.data, hit.start
    before = data[max(0, start - _BEFORE) : start]
    if start < _BEFORE:
        before = hit.chunk.before[len(before) - _BEFORE :] + before
    if len(before) >= _BEFORE:
        before = before[before.find(b"\n") + 1 :]
    after = data[start : start + _AFTER]
    if len(after) < _AFTER:
        after += hit.chunk.after[: _AFTER - len(after)]
    head = before.decode("utf-8", "replace").split("\n")[:-1]
    tail = after.decode("utf-8", "replace").split("\n")
    return Window(lines=head + tail, at=len(head))


def _collect(sightings: Iterator[Sighting]) -> list[Sighting]:
    """Those that say the same joined: the first stays, with a count."""
    first: dict[tuple[str, str], Sighting] = {}
    for sighting in sightings:
        known = first.setdefault((sighting.page.id, sighting.title), sighting)
        if known is not sighting:
            known.count += 1
            known.latest = sighting.line
    return sorted(first.values(), key=lambda sighting: sighting.line)
