"""The lines with which platforms and tools say how a run ended, and the parts of a log that passed.

A platform's word (CircleCI, GitHub, Travis, Jenkins) is final. A tool's word counts until a later tool says
that all went well. A mere complaint counts only as a log's last words, for many a passing run prints an error
on its way.
"""

from __future__ import annotations

from runback.logs.chunks import Chunk
from runback.logs.quotation import is_quoted
from runback.rules import prompts
from runback.rules.around import Around, Tails, Verdict, above, line_of, verdict_of
from runback.rules.engine import Hit
from runback.rules.last_words import LastWords
from runback.rules.parts import MOST, Outcome, Part, Parts, within
from runback.rules.verdicts import LINES, Kind

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
_AFTERWARDS = 40  # lines in which a tool may go on after its verdict
_SECTION = 4_000  # lines of what failed that are looked at
_EARLY = 4  # failed commands of one log whose output is kept
_UNDER_WAY = 5  # lines of a command that was cut

PATTERNS = (*(pattern for pattern, _ in LINES), *(pattern for pattern, _ in prompts.LINES))


class Ending:
    """One log under way: how it ended so far, and which parts of it passed or failed."""

    def __init__(self) -> None:
        self._last: dict[Kind, Verdict] = {}
        self._last_words = LastWords()
        self._parts = Parts()
        self._runs: list[Part] = []
        self._prompts = prompts.Prompts()
        self._travis = False
        self._open: Verdict | None = None  # the prompt of Travis' command that is under way
        self._around: dict[Kind, Around] = {}
        self._early: list[tuple[int, Around]] = []  # of the first commands that failed

    def take(self, hit: Hit, pattern: int, line: int) -> None:
        """Reads one hit of `PATTERNS`, which stands on this line of the input."""
        if pattern >= len(LINES):
            self._begin(hit, line, pattern - len(LINES))
            return
        kind = LINES[pattern][1]
        if kind == "tool failed" and is_quoted(hit.text):
            return
        verdict = verdict_of(line, hit.text, above(hit) if kind in _FAILURES else ())
        if line >= line_of(self._last.get(kind)):
            self._last[kind] = verdict
        command = hit.match.groupdict().get("command")
        if kind == "command starts" and self._travis and command is not None:
            self._open = verdict
        elif kind in _CLOSING:
            self._open = None
        if kind in _FAILURES:
            self._around[kind] = Around(hit.chunk.before, hit.chunk)
        if kind == "command failed":
            self._failed(hit, line)
        self._divide(kind, line, command)

    def _divide(self, kind: Kind, line: int, command: bytes | None) -> None:
        """What the line says of the log's parts."""
        if kind == "command named":
            self._parts.named(command)
        elif kind in ("command starts", "steps end", "job starts"):
            self._parts.start(line, command)
        elif kind == "machine named":
            self._travis = True
        elif kind == "annotation":
            self._parts.marked(line)
        elif kind in _RUNS and len(self._runs) < MOST:
            first = self._runs[-1].last + 1 if self._runs else 1
            self._runs.append(Part(first, line, "failed" if kind == "tool failed" else "passed"))
        elif kind in _OUTCOMES:
            self._parts.end(line, command, _OUTCOMES[kind])

    def _begin(self, hit: Hit, line: int, prompt: int) -> None:
        before = self._prompts.read(prompt, line)
        self._parts.begin(line, before)
        if before == "badly":
            self._failed(hit, line - 1)

    def _failed(self, hit: Hit, line: int) -> None:
        if len(self._early) < _EARLY:
            self._early.append((line, Around(hit.chunk.before, hit.chunk)))

    def last_words(self, chunk: Chunk) -> None:
        """Reads the last chunk of a stream for complaints."""
        self._last_words.read(chunk)

    # --- what is known at the end ---

    def verdict(self, lines: int) -> Verdict | None:
        """The failure's last line, or None where nothing says that it failed, of a log of `lines` lines."""
        failed, passed = self._last.get("run failed"), self._last.get("run passed")
        if failed is not None or passed is not None:
            return failed if line_of(failed) > line_of(passed) else None
        failed = self._last.get("command failed") or self._last.get("annotation")
        if failed is not None:
            return failed
        failed, passed = self._last.get("tool failed"), self._last.get("tool passed")
        cut = self.cut(lines) is not None
        if cut:  # what commands before it said is over
            failed, passed = self._under_way(failed), self._under_way(passed)
        if self._passed_by_platform() and line_of(failed) < self._passed_until():
            return None
        if line_of(failed) > line_of(passed):
            return failed
        return self._last_words.verdict(lines, line_of(passed), cut=cut)

    def cut(self, lines: int) -> Verdict | None:
        """The log's end, where it stands inside a command of Travis: the log was cut, or the shell was gone
        before it could say how the command ended."""
        if self._open is None or lines - self._open.line < _UNDER_WAY:
            return None
        return Verdict(lines, f"The log ends in the middle of: {self._open.text.strip()}")

    def _under_way(self, said: Verdict | None) -> Verdict | None:
        """What was said since the command began that is under way."""
        return said if line_of(said) > line_of(self._open) else None

    def passed(self) -> bool:
        """Whether a platform's own word says that all went well."""
        return self._passed_by_platform() and self._open is None and self.verdict(0) is None

    def _passed_by_platform(self) -> bool:
        return self._passed_until() > 0

    def _passed_until(self) -> int:
        """The last line in which a platform says that all went well; a log that ends later was cut."""
        return max(line_of(self._last.get(kind)) for kind in _WELL_SAID)

    def well(self, lines: int) -> int | None:
        """The last line of what may be an excerpt that says that all went well (0: none); None: too long."""
        return self._last_words.well(lines, cut=self.cut(lines) is not None)

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
                for known in (self._runs, self._parts.known)
            )
            found.append(
                [
                    one
                    for one in around.lines()
                    if first <= one[0] <= end and not within(one[0], runs) and not within(one[0], parts)
                ]
            )
        return [section[-_SECTION:] for section in found if section]

    def _final(self, lines: int) -> list[tuple[int, Around | Tails]]:
        """The last failure, with its line."""
        failed, tail = self.verdict(lines), self._last_words.tail
        if self.cut(lines) is not None and tail is not None:
            return [(lines, tail)]
        kind = next((kind for kind in _BY_PLATFORM if kind in self._around), None)
        around = self._around[kind] if kind is not None else self._around.get("tool failed", tail)
        if around is None:
            return []
        end = line_of(self._last[kind]) if kind is not None else max(line_of(failed), 0) + _AFTERWARDS
        return [(lines if kind is None and failed is None else end, around)]

    def _first_of(self, end: int) -> int:
        """The line at which begins what failed by line `end`."""
        opened = self._open.line if self._open is not None and self._open.line < end else 0
        return max(self._parts.first_of(end), opened)

    def parts(self) -> tuple[Part, ...]:
        """What is known of single commands, in order of line."""
        return tuple(self._parts.known)

    def runs(self) -> tuple[Part, ...]:
        """What single tools say of themselves: the lines up to each verdict, from the one before it on."""
        return tuple(self._runs)
