"""Stack traces in a log, put together from their lines: Python, JavaScript, Java, Ruby, Go, PHP.

A log is one stream of one instance, so a trace stands there whole. What is read here is which exception was
the innermost cause, and where the team's own code was on the way to it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence

from runback.logs import sift
from runback.logs.traces import go, java, javascript, php, python, ruby
from runback.logs.traces.trace import LONGEST, Frame, Reader, Trace
from runback.model import LogText

__all__ = ["Frame", "Trace", "traces"]

_BACK = 12  # lines that a reader may look back: the message above the first frame
_WIDTH = 8_000  # characters of a line; a log may hold lines of megabytes
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
# A line without any of these, ' at ' or a colon at its end is no mark: a fiftieth of the pattern's cost.
_WORDS = (
    "call last):", ":in ", "panic", "atal error: ", "arse error: ", "[object] (", "\\n",
)  # fmt: skip
_SIFTED = (*(word.encode() for word in _WORDS), b" at ", b"\tat ", b":\n")
_FOLDED = re.compile(r"\\n(?:\s+at |\s+File \\?\"|#\d+ |\\t(?:at|from) |\s*/)|call last\):\\n")


def traces(text: LogText) -> Iterator[Trace]:
    """The traces of one log, in order; `first`, `last` and `line` count from 1. Holds only a window of it."""
    source = sift.blocks(text)
    window: list[str] = []
    before = 0  # lines that have left the window
    at = 0
    marked: deque[int] = deque()  # the indexes in the whole log of lines that may belong to a trace
    while True:
        while marked and marked[0] < before + at:
            marked.popleft()
        at = marked[0] - before if marked else len(window)
        if len(window) - at < LONGEST and (data := next(source, None)) is not None:
            dropped = max(0, at - _BACK)
            before, at, window = before + dropped, at - dropped, window[dropped:]
            marked.extend(before + len(window) + index for index in _marked(data))
            window += _lines(data)
            continue
        if at >= len(window):
            return
        found = _at(window, at)
        if found is not None:
            yield found.moved(before + 1)
        at = max(at, found.last if found else at) + 1


def _lines(data: bytes) -> Iterator[str]:
    return (line[:_WIDTH] for line in data.removesuffix(b"\n").decode("utf-8", "replace").split("\n"))


def _marked(data: bytes) -> Iterator[int]:
    """The indexes of the lines that hold one of the words."""
    index = done = 0
    for start in sift.marked(data if data.endswith(b"\n") else data + b"\n", _SIFTED):
        index += data.count(b"\n", done, start)
        done = start
        yield index


def _at(window: Sequence[str], at: int) -> Trace | None:
    line = window[at]
    if "\\n" in line and _FOLDED.search(line):
        return _folded(line, at)
    mark = _MARK.search(line) if _may_be_marked(line) else None
    return _READERS[mark.lastgroup](window, at) if mark and mark.lastgroup else None


def _may_be_marked(line: str) -> bool:
    return line.lstrip().startswith("at ") or line.endswith(":") or any(word in line for word in _WORDS)


def _folded(line: str, at: int) -> Trace | None:
    """A trace within one line, its line ends written as \\n: what loggers that write JSON make of it."""
    unfolded = line.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').split("\n")
    for index, part in enumerate(unfolded):
        mark = _MARK.search(part)
        found = _READERS[mark.lastgroup](unfolded, index) if mark and mark.lastgroup else None
        if found is not None:
            return found.at_line(at)
    return None
