"""What a stack trace is, whatever language wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

LONGEST = 400  # lines of one trace; the rest of a longer one says nothing new
_APP_FOLDER = "/home/vcap/app/"  # where the platform puts the app
_CI_FOLDER = "/home/circleci/project/"  # Go's programs know where they were built
_CHANGING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{12,}\b|\d+")


class Frame(Struct, frozen=True):
    file: str
    line: int | None = None
    function: str = ""
    own: bool = True  # the team's own code, not a library's

    @property
    def shown(self) -> str:
        """The file as the team knows it; a library's from the folder of libraries on."""
        _, found, rest = self.file.rpartition("site-packages/")
        if found:
            return found + rest
        return self.file.removeprefix("file://").removeprefix(_APP_FOLDER).removeprefix(_CI_FOLDER)


class Trace(Struct, frozen=True):
    """`frames` are those of the innermost cause, the innermost first. Lines are indexes until `moved`."""

    language: str
    exception: str
    message: str
    frames: tuple[Frame, ...]
    first: int
    last: int
    line: int  # of the innermost cause's exception
    outer: str = ""  # what the program ended with, where that is another exception

    @property
    def own(self) -> Frame | None:
        """The innermost frame of the team's own code."""
        return next((frame for frame in self.frames if frame.own), None)

    @property
    def place(self) -> Frame | None:
        return self.own or next(iter(self.frames), None)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Equal for traces that are the same: numbers and addresses in the message may differ."""
        place = self.place
        where = f"{place.shown}:{place.function}" if place else ""
        return self.language, self.exception, _CHANGING.sub("#", self.message)[:200], where

    def moved(self, lines: int) -> Trace:
        return replace(self, first=self.first + lines, last=self.last + lines, line=self.line + lines)

    def at_line(self, line: int) -> Trace:
        return replace(self, first=line, last=line, line=line)


Reader: TypeAlias = Callable[[Sequence[str], int], Trace | None]


class Raised(Struct, frozen=True):
    """One exception of a chain."""

    exception: str
    message: str
    frames: tuple[Frame, ...]
    line: int


def trace_of(language: str, chain: Sequence[Raised], first: int, last: int) -> Trace:
    """The trace of a chain, whose innermost cause stands first.

    The frames of the others follow those of the cause: a cause inside a library was reached from them.
    """
    cause, final = chain[0], chain[-1]
    others: Iterable[Frame] = (frame for one in chain[1:] for frame in one.frames)
    return Trace(
        language=language,
        exception=cause.exception,
        message=cause.message.strip(),
        frames=(*cause.frames, *others),
        first=first,
        last=last,
        line=cause.line,
        outer=said(final) if final is not cause else "",
    )


def said(raised: Raised) -> str:
    return f"{raised.exception}: {raised.message}" if raised.message else raised.exception
