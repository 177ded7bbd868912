"""The lines with which platforms and tools say how a run ended, and the parts of a log that passed.

A platform's word (CircleCI, GitHub, Travis, Jenkins) is final. A tool's word counts until a later tool says
that all went well. A mere complaint counts only as a log's last words, for many a passing run prints an error
on its way.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import Literal, TypeAlias

import msgspec

from runback.logs.chunks import Chunk
from runback.logs.complaints import Form
from runback.logs.quotation import is_quoted
from runback.logs.suspects import CLEAR, suspect
from runback.rules import prompts, went_well
from runback.rules.engine import Hit, Matcher
from runback.rules.verdicts import COMPLAINTS, LINES, Kind

_LAST_WORDS = 12  # lines from the end in which a complaint alone counts as a failure
_LONGEST = 500  # bytes of a verdict's text
_PARTS = 10_000  # of one log that are remembered

Outcome: TypeAlias = Literal["passed", "failed", "retried"]
_OUTCOMES: dict[Kind, Outcome] = {
    "command failed": "failed",
    "command passed": "passed",
    "command retried": "retried",
}
_RUNS: tuple[Kind, ...] = ("tool failed", "tool passed", "tool done")
_FAILURES = ("run failed", "command failed", "annotation", "tool failed")
_WELL_SAID: tuple[Kind, ...] = ("run passed", "command passed", "steps end")
_CLOSING: tuple[Kind, ...] = ("command ends", "command passed", "command failed", "run passed", "run failed")
_BY_PLATFORM: tuple[Kind, ...] = ("command failed", "annotation", "run failed")
# What ends a command; exceptions, levels and refusals stand in the output of tests that pass, too.
_ENDS: frozenset[Form] = CLEAR - {"exception", "level", "refusal", "test"}
_FEW = 150  # lines of a log that may be an excerpt
_ABOVE = 15  # lines
_OF_SOURCES = 1_000  # last lines of a log of several sources
_FRAME = re.compile(rb"\s+at \S|\s*\.\.\. \d+ more$")
_AFTERWARDS = 40  # lines in which a tool may go on after its verdict
_SECTION = 4_000  # lines of what failed that are looked at
_EARLY = 4  # failed commands of one log whose output is kept
_HEADINGS = 3  # lines of a stage of Jenkins before it says that it is not run
_SAID_AGAIN = 5  # lines from a verdict to its repetition


class Verdict(msgspec.Struct, frozen=True):
    """A line that says that it failed; `line` counts from 1."""

    line: int
    text: str
    before: tuple[tuple[int, str], ...] = ()  # the lines above it, with their numbers


class Part(msgspec.Struct):
    """What one command printed: the lines from `first` to `last`, both included."""

    first: int
    last: int
    outcome: Outcome


class Around(msgspec.Struct, frozen=True):
    """The text around a verdict: its chunk, and the text before that, which the chunk itself forgets."""

    before: bytes
    chunk: Chunk

    def lines(self) -> list[tuple[int, str]]:
        """The lines with their numbers in the input."""
        first = self.chunk.first_line - self.before.count(b"\n")
        text = (self.before + self.chunk.data).decode("utf-8", "replace").removesuffix("\n").split("\n")
        return [(self.chunk.number(first + at), line) for at, line in enumerate(text)]


class Tails(msgspec.Struct):
    """The last lines of several sources of one log, in the order of the log."""

    known: list[tuple[int, str]]

    def lines(self) -> list[tuple[int, str]]:
        return sorted(self.known)


PATTERNS = (*(pattern for pattern, _ in LINES), *(pattern for pattern, _ in prompts.LINES))


@cache
def _complaints() -> Matcher:
    return Matcher(COMPLAINTS, keep=True)


class Ending:
    """One log under way: how it ended so far, and which parts of it passed or failed."""

    def __init__(self) -> None:
        self._last: dict[Kind, Verdict] = {}
        self._complaint: Verdict | None = None
        self._parts: list[Part] = []
        self._runs: list[Part] = []
        self._since = 1  # the first line of what is neither passed nor failed yet
        self._started: dict[str, int] = {}  # command → the line of its prompt
        self._marked: Verdict | None = None  # an error that GitHub marked in the present step
        self._steps = False  # GitHub's groups were seen
        self._prompts = prompts.Prompts()
        self._travis = False
        self._open: Verdict | None = None  # the prompt of Travis' command that is under way
        self._around: dict[Kind, Around] = {}
        self._early: list[tuple[int, Around]] = []  # of the first commands that failed
        self._tail: Around | Tails | None = None  # of the log's end
        self._frames = 0  # lines of stack traces in the last words

    def take(self, hit: Hit, pattern: int, line: int) -> None:
        """Reads one hit of `PATTERNS`, which stands on this line of the input."""
        if pattern >= len(LINES):
            self._begin(hit, line, self._prompts.read(pattern - len(LINES), line))
            return
        kind = LINES[pattern][1]
        if kind == "tool failed" and is_quoted(hit.text):
            return
        verdict = _verdict(line, hit.text, _above(hit) if kind in _FAILURES else ())
        if line >= _line(self._last.get(kind)):
            self._last[kind] = verdict
        command = hit.match.groupdict().get("command")
        if kind == "command starts" and self._travis and command is not None:
            self._open = verdict
        elif kind in _CLOSING:
            self._open = None
        if kind in _FAILURES:
            self._around[kind] = Around(hit.chunk.before, hit.chunk)
        if kind == "command failed" and len(self._early) < _EARLY:
            self._early.append((line, self._around[kind]))
        if kind == "command named":
            self._since = max(self._since, self._started.get(_shown(command), 0))
        elif kind in ("command starts", "steps end", "job starts"):
            self._start(line, command)
        elif kind == "machine named":
            self._travis = True
        elif kind == "annotation" and line >= self._since:
            self._marked = verdict
        elif kind in _RUNS and len(self._runs) < _PARTS:
            first = self._runs[-1].last + 1 if self._runs else 1
            self._runs.append(Part(first, line, "failed" if kind == "tool failed" else "passed"))
        elif kind in _OUTCOMES:
            self._end(line, command, _OUTCOMES[kind])

    def _start(self, line: int, command: bytes | None) -> None:
        if command is not None:  # Travis' prompt, or an echo that looks like it
            if len(self._started) < _PARTS:
                self._started[_shown(command)] = line
            return
        if self._steps:  # GitHub says nothing where a step went well
            self._close(line - 1, "failed" if self._marked is not None else "passed")
        self._steps, self._marked, self._since = True, None, line

    def _begin(self, hit: Hit, line: int, before: Literal["well", "badly"] | None) -> None:
        if before == "well":
            self._close(line - 1, "passed")
        elif before == "badly":  # so the part before it was taken for one that passed
            while self._parts and self._parts[-1].last >= line - _HEADINGS:
                self._since = self._parts.pop().first
            self._close(line - 1, "failed")
            if len(self._early) < _EARLY:
                self._early.append((line - 1, Around(hit.chunk.before, hit.chunk)))

    def _end(self, line: int, command: bytes | None, outcome: Outcome) -> None:
        if command is not None:
            self._since = max(self._since, self._started.get(_shown(command), 0))
        if outcome == "failed":  # so all attempts at it failed, and the first says it best
            while self._parts and self._parts[-1].outcome == "retried" and self._adjoins(self._parts[-1]):
                self._since = self._parts.pop().first
        self._close(line, outcome)
        self._marked = None

    def _adjoins(self, part: Part) -> bool:
        return self._since <= part.last + 1

    def _close(self, last: int, outcome: Outcome) -> None:
        if len(self._parts) < _PARTS and last >= self._since:
            self._parts.append(Part(self._since, last, outcome))
        self._since = last + 1

    def last_words(self, chunk: Chunk) -> None:
        """Reads the last chunk of a stream for complaints."""
        tail = Around(chunk.before, chunk)
        if self._tail is None:
            self._tail = tail
        else:  # the router's lines, and the app's
            self._tail = Tails([*self._tail.lines()[-_OF_SOURCES:], *tail.lines()[-_OF_SOURCES:]])
        text = chunk.data.rstrip()
        lines = text.split(b"\n")[-_LONGEST:]
        self._frames = sum(_FRAME.match(line) is not None for line in lines)
        lines = lines[-_LAST_WORDS - self._frames :]
        first = chunk.first_line + text.count(b"\n") + 1 - len(lines)
        for hit in _complaints().hits_in(Chunk(data=b"\n".join(lines), first_line=first)):
            line = chunk.number(hit.line)
            if hit.line + 1 - first < len(lines) and went_well.IGNORED.match(lines[hit.line + 1 - first]):
                continue
            said = _verdict(line, hit.text)
            if (
                not is_quoted(hit.text)
                and line > _line(self._complaint)
                and not went_well.SERVES_ON.search(said.text)
            ):
                self._complaint = said

    # --- what is known at the end ---

    def verdict(self, lines: int) -> Verdict | None:
        """The failure's last line, or None where nothing says that it failed, of a log of `lines` lines."""
        failed, passed = self._last.get("run failed"), self._last.get("run passed")
        if failed is not None or passed is not None:
            return failed if _line(failed) > _line(passed) else None
        failed = self._last.get("command failed") or self._last.get("annotation")
        if failed is not None:
            return failed
        failed, passed = self._last.get("tool failed"), self._last.get("tool passed")
        if self.cut(lines) is not None:  # what commands before it said is over
            failed, passed = self._under_way(failed), self._under_way(passed)
        if self._passed_by_platform() and _line(failed) < self._passed_until():
            return None
        if failed is not None or passed is not None:
            return failed if _line(failed) > _line(passed) else None
        complaint, near = self._complaint, lines - _LAST_WORDS * 2 - self._frames
        if complaint is not None and complaint.line > near and complaint.line > self._all_passed():
            return complaint
        return self._excerpt(lines)

    def _all_passed(self) -> int:
        """The last line that says that all went well, of a sum or of a server; 0: none does."""
        return went_well.until(self._tail.lines()) if self._tail is not None else 0

    def cut(self, lines: int) -> Verdict | None:
        """The log's end, where it stands inside a command of Travis: the log was cut, or the shell was gone
        before it could say how the command ended."""
        if self._open is None or lines - self._open.line < _SAID_AGAIN:
            return None
        return Verdict(lines, f"The log ends in the middle of: {self._open.text.strip()}")

    def _under_way(self, said: Verdict | None) -> Verdict | None:
        """What was said since the command began that is under way."""
        return said if _line(said) > _line(self._open) else None

    def _excerpt(self, lines: int) -> Verdict | None:
        """What people paste has often no verdict: of few lines one clear complaint is enough; so it is of
        those that stand last in a log that was cut."""
        cut = self.cut(lines) is not None
        if self._tail is None or (lines > _FEW and not cut):
            return None
        numbered = self._tail.lines()[-_LAST_WORDS if cut else 0 :]
        found = suspect([line for _, line in numbered])
        if (
            found is None
            or found.form not in (_ENDS if cut else CLEAR)
            or went_well.SERVES_ON.search(found.text)
        ):
            return None
        if numbered[found.at][0] <= max(self.well(lines) or 0, self._all_passed()):
            return None
        return Verdict(numbered[found.at][0], found.text)

    def passed(self) -> bool:
        """Whether a platform's own word says that all went well."""
        return self.verdict(0) is None and self._open is None and self._passed_by_platform()

    def _passed_by_platform(self) -> bool:
        return self._passed_until() > 0

    def _passed_until(self) -> int:
        """The last line in which a platform says that all went well; a log that ends later was cut."""
        return max(_line(self._last.get(kind)) for kind in _WELL_SAID)

    def well(self, lines: int) -> int | None:
        """The last line of what may be an excerpt that says that all went well (0: none); None: too long.

        Of a log that was cut, only what stands last may be why.
        """
        cut = self.cut(lines) is not None
        if self._tail is None or (lines > _FEW and not cut):
            return None
        well = max((number for number, line in self._tail.lines() if went_well.WELL.match(line)), default=0)
        return max(well, lines - _AFTERWARDS) if cut else max(well, self._all_passed())

    def sections(self, lines: int) -> list[list[tuple[int, str]]]:
        """What failed commands printed, the first one's output first, for CI goes on after some failures;
        where none is known to have failed, the log's end. Numbered lines, up to each verdict, from where the
        command began, or from where the last thing passed."""
        ends: list[tuple[int, Around | Tails]] = [*self._early, *self._final(lines)]
        found = []
        for end, around in dict(ends).items():
            first = self._first_of(end)
            runs, parts = (
                [one for one in known if one.outcome == "passed" and first <= one.last < end - 1]
                for known in (self._runs, self._parts)
            )
            found.append(
                [
                    one
                    for one in around.lines()
                    if first <= one[0] <= end and not _within(one[0], runs) and not _within(one[0], parts)
                ]
            )
        return [section[-_SECTION:] for section in found if section]

    def _final(self, lines: int) -> list[tuple[int, Around | Tails]]:
        """The last failure, with its line."""
        failed = self.verdict(lines)
        if self.cut(lines) is not None and self._tail is not None:
            return [(lines, self._tail)]
        kind = next((kind for kind in _BY_PLATFORM if kind in self._around), None)
        around = self._around[kind] if kind is not None else self._around.get("tool failed", self._tail)
        if around is None:
            return []
        end = _line(self._last[kind]) if kind is not None else max(_line(failed), 0) + _AFTERWARDS
        return [(lines if kind is None and failed is None else end, around)]

    def _first_of(self, end: int) -> int:
        """The line at which begins what failed by line `end`."""
        first = 1
        verdict = 0
        for part in self._parts:  # CircleCI and Travis say it twice: the second time is no command
            if part.outcome != "failed" or part.first > end:
                continue
            if part.first > verdict + 1 or part.last > verdict + _SAID_AGAIN:
                first = part.first
            verdict = part.last
        opened = [self._open.line] if self._open is not None and self._open.line < end else []
        return max([first, *opened])

    def parts(self) -> tuple[Part, ...]:
        """What is known of single commands, in order of line."""
        return tuple(self._parts)

    def runs(self) -> tuple[Part, ...]:
        """What single tools say of themselves: the lines up to each verdict, from the one before it on."""
        return tuple(self._runs)


def _within(line: int, parts: Sequence[Part]) -> bool:
    """Whether the line is one of the parts, which are in order and do not overlap."""
    at = bisect_left(parts, line, key=lambda part: part.last)
    return at < len(parts) and parts[at].first <= line


def _shown(command: bytes | None) -> str:
    return (command or b"").decode("utf-8", "replace").strip()


def _line(verdict: Verdict | None) -> int:
    return 0 if verdict is None else verdict.line


def _verdict(line: int, text: bytes, before: tuple[tuple[int, str], ...] = ()) -> Verdict:
    return Verdict(line, text[:_LONGEST].decode("utf-8", "replace"), before)


def _above(hit: Hit) -> tuple[tuple[int, str], ...]:
    """The lines above a hit in its chunk, with their numbers in the input."""
    text = hit.chunk.data[max(0, hit.start - _ABOVE * 2 * _LONGEST) : hit.start]
    lines = text.split(b"\n")[:-1][-_ABOVE:]
    first = hit.line - len(lines)
    return tuple(
        (hit.chunk.number(first + at), line[:_LONGEST].decode("utf-8", "replace"))
        for at, line in enumerate(lines)
    )
