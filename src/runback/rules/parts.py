"""The parts of a log: what single commands printed, and how each went."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

MOST = 10_000  # of one log that are remembered
_HEADINGS = 3  # lines of a stage of Jenkins before it says that it is not run
_SAID_AGAIN = 5  # lines from a verdict to its repetition

Outcome: TypeAlias = Literal["passed", "failed", "retried"]


class Part(msgspec.Struct):
    """What one command printed: the lines from `first` to `last`, both included."""

    first: int
    last: int
    outcome: Outcome


class Parts:
    """The parts of one log under way, in order of line."""

    def __init__(self) -> None:
        self.known: list[Part] = []
        self._since = 1  # the first line of what is neither passed nor failed yet
        self._started: dict[str, int] = {}  # command → the line of its prompt
        self._marked = False  # GitHub marked an error in the present step
        self._steps = False  # GitHub's groups were seen

    def named(self, command: bytes | None) -> None:
        """The command that ended is this one: what it printed begins at its prompt."""
        if command is not None:
            self._since = max(self._since, self._started.get(_shown(command), 0))

    def marked(self, line: int) -> None:
        """GitHub marked this line as an error."""
        self._marked |= line >= self._since

    def start(self, line: int, command: bytes | None) -> None:
        """A command starts here; of GitHub's steps, which have no prompt, the one before it is over."""
        if command is not None:  # Travis' prompt, or an echo that looks like it
            if len(self._started) < MOST:
                self._started[_shown(command)] = line
            return
        if self._steps:  # GitHub says nothing where a step went well
            self._close(line - 1, "failed" if self._marked else "passed")
        self._steps, self._marked, self._since = True, False, line

    def begin(self, line: int, before: Literal["well", "badly"] | None) -> None:
        """A platform begins something here, and may say by it how that went that stands before."""
        if before == "well":
            self._close(line - 1, "passed")
        elif before == "badly":  # so the part before it was taken for one that passed
            while self.known and self.known[-1].last >= line - _HEADINGS:
                self._since = self.known.pop().first
            self._close(line - 1, "failed")

    def end(self, line: int, command: bytes | None, outcome: Outcome) -> None:
        """A platform says how a command ended."""
        self.named(command)
        if outcome == "failed":  # so all attempts at it failed, and the first says it best
            while self.known and self.known[-1].outcome == "retried" and self._adjoins(self.known[-1]):
                self._since = self.known.pop().first
        self._close(line, outcome)
        self._marked = False

    def _adjoins(self, part: Part) -> bool:
        return self._since <= part.last + 1

    def _close(self, last: int, outcome: Outcome) -> None:
        if len(self.known) < MOST and last >= self._since:
            self.known.append(Part(self._since, last, outcome))
        self._since = last + 1

    def first_of(self, end: int) -> int:
        """The line at which begins what failed by line `end`."""
        first = 1
        verdict = 0
        for part in self.known:  # CircleCI and Travis say it twice: the second time is no command
            if part.outcome != "failed" or part.first > end:
                continue
            if part.first > verdict + 1 or part.last > verdict + _SAID_AGAIN:
                first = part.first
            verdict = part.last
        return first


def within(line: int, parts: Sequence[Part]) -> bool:
    """Whether the line is one of the parts, which are in order and do not overlap."""
    at = bisect_left(parts, line, key=lambda part: part.last)
    return at < len(parts) and parts[at].first <= line


def _shown(command: bytes | None) -> str:
    return (command or b"").decode("utf-8", "replace").strip()
