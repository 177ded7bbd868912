"""The signatures of all pages as one engine, and what they see in one log."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO

import msgspec

from runback.errors import ConfigurationError
from runback.logs.chunks import Chunk, chunks
from runback.logs.clean import cleaner
from runback.logs.parsers import PARSERS, Window
from runback.logs.quotation import in_quotation, is_quoted, quotes
from runback.model import Page, Scalar, Signature
from runback.rules.candidates import CHECKED, PatternRefused
from runback.rules.ending import PATTERNS as ENDINGS
from runback.rules.ending import Ending
from runback.rules.engine import Hit, Matcher, check_of
from runback.rules.titles import filled

_BEFORE = 64 * 1024  # bytes of context that a parser sees
_AFTER = 128 * 1024
PARSED_BLOCKS = 500  # of one page in one log; further ones are not looked at
DIFFERENT = 200  # sightings of one page in one log that say different things; further ones only count
_REMEMBERED = 10_000  # lines on which something was seen
_PLACES = 20  # of one sighting that are kept: the first ones, and the newest


class Place(msgspec.Struct, frozen=True):
    """A further place where the same was seen."""

    line: int
    first: int
    last: int
    text: str


class Sighting(msgspec.Struct):
    """A page seen in a log: the first of the lines that say the same, and how many say it."""

    page: Page
    title: str
    line: int  # from 1
    first: int  # of the block, or of the line
    last: int
    text: str
    values: dict[str, Scalar]
    count: int = 1
    again: list[Place] = []  # where it was repeated
    stream: str = ""  # of a log that mixes the lines of several instances: which of them

    @property
    def latest(self) -> int:
        """The line of the newest repeat."""
        return self.again[-1].line if self.again else self.line

    def places(self) -> Iterator[Place]:
        """Where it was seen, the first place first."""
        yield Place(self.line, self.first, self.last, self.text)
        yield from self.again

    def repeated(self, at: Place) -> None:
        """Takes note of a repeat."""
        self.count += 1
        del self.again[_PLACES - 1 :]
        self.again.append(at)


class Signatures:
    """Compiled when first used. A pattern that the engine refuses is a `ConfigurationError` (file, line)."""

    def __init__(self, pages: Sequence[Page], foreign: Collection[str] = ()) -> None:
        """`foreign`: ids of pages that are not ours; their patterns run in linear-time engines only."""
        self._rules = [(page, signature) for page in pages for signature in page.signatures]
        self._foreign = frozenset(foreign)
        indexes = frozenset(at for at, (page, _) in enumerate(self._rules) if page.id in self._foreign)
        # One pass for both: what pages look for, and the lines that say how a run ended.
        self._matcher = Matcher(
            [*(signature.pattern for _, signature in self._rules), *ENDINGS], keep=True, foreign=indexes
        )

    def sightings(self, stream: BinaryIO, kind: str = "input") -> tuple[Sighting, ...]:
        """What pages see in a log of this kind (`LogKind`; 'input' matches any source), in order of line."""
        return self.read(stream, kind).sightings()

    def read(self, stream: BinaryIO, kind: str = "input") -> Watch:
        """The log, read to its end: what pages see in it, and which limits they reached."""
        watch = self.watch(kind)
        for chunk in chunks(stream, cleaner):
            watch.feed(chunk)
        return watch

    def watch(self, kind: str = "input", ending: Ending | None = None, stream: str = "") -> Watch:
        """The same for a log that comes chunk by chunk; `ending` is told the lines that say how it ended."""
        return Watch(self._rules, self._matcher, kind, ending, stream, self._foreign)


class Watch:
    """One log under way."""

    def __init__(
        self,
        rules: Sequence[tuple[Page, Signature]],
        matcher: Matcher,
        kind: str,
        ending: Ending | None = None,
        stream: str = "",
        foreign: frozenset[str] = frozenset(),
    ) -> None:
        self._rules, self._matcher = rules, matcher
        self._idle = {  # indexes of rules that see nothing in this log
            index for index, (_, signature) in enumerate(rules) if not _looks_at(signature, kind)
        }
        self._quotes = True  # whether the chunk under way holds the head of any quotation
        self._ending, self._stream, self._foreign = ending, stream, foreign
        self._seen: set[tuple[str, int]] = set()  # page, line: two signatures on one line are one sighting
        self._until: dict[str, int] = {}  # page → last line of its newest block
        self._blocks: dict[str, int] = {}
        self._first: dict[tuple[str, str], Sighting] = {}  # page, title → the first that says so
        self._different: dict[str, int] = {}  # page → how many titles
        self.limited: set[str] = set()  # pages that said more than is kept
        self.unread: set[str] = set()  # pages with more blocks than are read

    def sightings(self) -> tuple[Sighting, ...]:
        """What was seen so far, in order of line; those that say the same are one, with a count.

        A page that knows a single line is closer to the matter than one that knows its block: a traceback
        that ends in 'Connection refused' is a refused connection.
        """
        seen = sorted(self._first.values(), key=lambda sighting: sighting.line)
        lines = {one.line for one in seen if one.first == one.last and one.page.tier == "specific"}
        return tuple(one for one in seen if one.first == one.last or one.line not in lines)

    def limits(self) -> Iterator[tuple[str, str]]:
        """The pages of which something is left out, each with what, in words for a person."""
        for page in sorted(self.unread):
            yield page, f"only the first {PARSED_BLOCKS:,} places that look like it were read"
        for page in sorted(self.limited):
            yield page, f"only {DIFFERENT:,} different findings are listed; the others are counted"

    def feed(self, chunk: Chunk) -> None:
        """Reads on."""
        if len(self._seen) > _REMEMBERED:
            recent = chunk.first_line - _REMEMBERED
            self._seen = {(page, line) for page, line in self._seen if line > recent}
        self._quotes = quotes(chunk.data)
        try:
            for hit in self._matcher.hits_in(chunk, self._idle):
                if hit.pattern >= len(self._rules):
                    if self._ending is not None:
                        self._ending.take(hit, hit.pattern - len(self._rules), chunk.number(hit.line))
                    continue
                for sighting in self._of(hit):
                    self._add(sighting, chunk)
        except PatternRefused as refused:
            page, signature = self._rules[refused.pattern]
            message = f"{page.path}:{signature.line}: the engine refuses {signature.pattern!r}: {refused}"
            raise ConfigurationError(message) from refused

    def _of(self, hit: Hit) -> Iterator[Sighting]:
        page, signature = self._rules[hit.pattern]
        if hit.line <= self._until.get(page.id, 0) or not self._applies(page, signature, hit):
            return
        if signature.parser is not None:
            blocks = self._blocks[page.id] = self._blocks.get(page.id, 0) + 1
            if blocks > PARSED_BLOCKS:
                self.unread.add(page.id)
                self._idle |= {
                    index
                    for index, (other, one) in enumerate(self._rules)
                    if other.id == page.id and one.parser is not None
                }
                return
        yield from _of_hit(page, signature, hit)

    def _applies(self, page: Page, signature: Signature, hit: Hit) -> bool:
        text = hit.text[:CHECKED]
        foreign = page.id in self._foreign
        if any(check_of(pattern, foreign=foreign).search(text) for pattern in signature.harmless):
            return False
        if is_quoted(text, hit.match.start()):
            return False
        return not (self._quotes and in_quotation(hit.chunk.data, hit.start))

    def _add(self, sighting: Sighting, chunk: Chunk) -> None:
        page = sighting.page.id
        if (page, sighting.line) in self._seen:
            return
        self._seen.add((page, sighting.line))
        if sighting.last > sighting.line:
            self._until[page] = sighting.last
        place = Place(
            line=chunk.number(sighting.line),
            first=chunk.number(sighting.first),
            last=chunk.number(sighting.last),
            text=sighting.text,
        )
        known = self._first.get((page, sighting.title))
        if known is None and self._different.get(page, 0) >= DIFFERENT:
            self.limited.add(page)
            known = next(one for (of, _), one in self._first.items() if of == page)
        if known is not None:
            known.repeated(place)
            return
        self._first[page, sighting.title] = sighting
        self._different[page] = self._different.get(page, 0) + 1
        sighting.stream = self._stream
        sighting.line, sighting.first, sighting.last = place.line, place.first, place.last


def _looks_at(signature: Signature, kind: str) -> bool:
    return kind == "input" or "any" in signature.sources or kind in signature.sources


def _of_hit(page: Page, signature: Signature, hit: Hit) -> Iterator[Sighting]:
    groups: dict[str, Scalar] = {
        name: value.decode("utf-8", "replace")
        for name, number in re.compile(signature.pattern).groupindex.items()
        if (value := hit.match[number]) is not None
    }
    if signature.parser is None:
        text = hit.text.decode("utf-8", "replace")
        title = filled(page.title, groups)
        yield Sighting(page, title, hit.line, hit.line, hit.line, text, groups)
        return
    window = window_of(hit)
    offset = hit.line - window.at
    for parsed in PARSERS[signature.parser].parse(window):
        line = offset + parsed.at
        first = offset + parsed.first if parsed.first is not None else line
        last = offset + parsed.last if parsed.last is not None else line
        values = groups | parsed.values
        title = filled(page.title, values)
        text = window.lines[parsed.at]
        yield Sighting(page, title, line, min(first, line), max(last, line), text, values)


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
