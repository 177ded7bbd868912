"""A stack below its exception, each cause below what it caused: how the JVM and V8 print one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from runback.logs.traces.trace import LONGEST, Frame, Raised, Trace, trace_of

_ABOVE = 7  # lines above the first frame: a message may have several


class Form(NamedTuple):
    """`head` and `cause` have the groups exception and message."""

    language: str
    head: re.Pattern[str]
    cause: re.Pattern[str]
    frame: Callable[[str], Frame | None]
    belongs: Callable[[str, str], bool]  # a line that is neither, below the last frame's line


def read(form: Form, lines: Sequence[str], at: int) -> Trace | None:
    """The trace whose first frame is the line `at`; None where no exception stands above it."""
    above = range(at - 1, max(-1, at - 1 - _ABOVE), -1)
    head = next((number for number in above if form.head.search(lines[number])), None)
    present = form.head.search(lines[head]) if head is not None else None
    if head is None or present is None:
        return None
    chain: list[Raised] = []
    frames: list[Frame] = []
    line, last, below = head, at, ""
    for number in range(at, min(len(lines), at + LONGEST)):
        text = lines[number]
        if cause := form.cause.match(text):
            chain.append(_raised(present, frames, line))
            present, line, frames, below = cause, number, [], ""
        elif frame := form.frame(text):
            frames.append(frame)
            below = text
        elif not form.belongs(text, below):
            break
        last = number
    chain.append(_raised(present, frames, line))
    return trace_of(form.language, chain[::-1], head, last)


def _raised(match: re.Match[str], frames: Sequence[Frame], line: int) -> Raised:
    return Raised(match["exception"], match["message"] or "", tuple(frames), line)
