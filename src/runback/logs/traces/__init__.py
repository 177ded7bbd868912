"""Stack traces in a log, put together from their lines: Python, JavaScript, Java, Ruby, Go, PHP.

A log is one stream of one instance, so a trace stands there whole. What is read here is which exception was
the innermost cause, and where the team's own code was on the way to it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from runback.logs import sift
from runback.logs.traces import go, java, javascript, php, python, ruby
from runback.logs.traces.trace import LONGEST, Frame, Reader, Trace

__all__ = ["Frame", "Trace", "traces"]

_BACK = 12  # lines that a reader may look back: the message above the first frame
_WIDTH = 8_000  # characters of a line; a log may hold lines of megabytes
_AHEAD = 4 * LONGEST
_READERS: dict[str, Reader] = {
    "python": python.read,
    "java": java.read,
    "javascript": javascript.read,
    "ruby": ruby.read,
    "go": go.read,
    "php": php.read,
}
# A line that may belong to a trace, by the language whose reader then decides.
_MARK = re.compile(
    "|".join(
        f"(?P<{language}>{mark})"
        for language, mark in (
            ("python", python.MARK),
            ("java", java.MARK),
            ("javascript", javascript.MARK),
            ("ruby", ruby.MARK),
            ("go", go.MARK),
            ("php", php.MARK),
        )
    )
)
# Without any of these a line is no mark: looking for them costs a fiftieth of the pattern.
_WORDS = (
    b"call last):", b" at ", b"\tat ", b":in ", b"panic", b"atal error: ", b"arse error: ", b"[object] (",
    b":\n", b"\\n",
)  # fmt: skip
_FOLDED = re.compile(r"\\n(?:\s+at |\s+File \\?\"|#\d+ |\\t(?:at|from) |\s*/)|call last\):\\n")


def traces(lines: Iterable[str]) -> Iterator[Trace]:
    """The traces of one log, in order; `first`, `last` and `line` count from 1. Holds only a window of it."""
    source = iter(lines)
    window: list[str] = []
    before = 0  # lines that have left the window
    at = 0
    marked: deque[int] = deque()  # the indexes in the whole log of lines that may belong to a trace
    while True:
        while marked and marked[0] < before + at:
            marked.popleft()
        at = marked[0] - before if marked else len(window)
        if len(window) - at < LONGEST and (more := _take(source, _AHEAD)):
            dropped = max(0, at - _BACK)
            before, at, window = before + dropped, at - dropped, window[dropped:]
            marked.extend(before + len(window) + index for index in _marked(more))
            window += more
            continue
        if at >= len(window):
            return
        found = _at(window, at)
        if found is not None:
            yield found.moved(before + 1)
        at = max(at, found.last if found else at) + 1


def _take(source: Iterator[str], count: int) -> list[str]:
    return [line[:_WIDTH] for line in islice(source, count)]


def _marked(lines: Sequence[str]) -> Iterator[int]:
    """The indexes of the lines that hold one of the words: they are looked for in all lines at once."""
    data = "\n".join(lines).encode("utf-8", "replace")
    index = done = 0
    for start in sift.marked(data + b"\n", _WORDS):
        index += data.count(b"\n", done, start)
        done = start
        yield index


def _at(window: Sequence[str], at: int) -> Trace | None:
    if "\\n" in window[at] and _FOLDED.search(window[at]):
        return _folded(window[at], at)
    mark = _MARK.search(window[at])
    return _READERS[mark.lastgroup](window, at) if mark and mark.lastgroup else None


def _folded(line: str, at: int) -> Trace | None:
    """A trace within one line, its line ends written as \\n: what loggers that write JSON make of it."""
    unfolded = line.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').split("\n")
    for index, part in enumerate(unfolded):
        mark = _MARK.search(part)
        found = _READERS[mark.lastgroup](unfolded, index) if mark and mark.lastgroup else None
        if found is not None:
            return found.at_line(at)
    return None
