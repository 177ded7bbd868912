"""V8's stacks, as Node prints them (deps/v8/src/execution/messages.cc, lib/internal/errors.js)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runback.logs.traces.trace import LONGEST, Frame, Raised, Trace, trace_of

MARK = (
    r"^\s+at (?:.+ \()?(?:async )?(?:file://|node:|/|[A-Za-z]:\\|webpack|<anonymous>|native|index )"
    r"[^()]*\)?\s*\{?$"
)
_FRAME = re.compile(
    r"^\s+at (?:async )?(?:(?P<function>.+?) \()?(?P<file>[^()]*?)"
    r"(?::(?P<line>\d+))?(?::\d+)?\)?(?P<open>\s*\{)?$"
)
_HEAD = re.compile(
    r"(?P<exception>(?:[A-Z][\w$]*\.)*[A-Z][\w$]*(?:Error|Exception|Rejection|Warning)|Error)"
    r"(?: \[(?P<code>\w+)\])?(?:: (?P<message>.*))?$"
)
_CAUSE = re.compile(r"^\s*\[cause\]: (?P<exception>[\w$.]+)(?: \[\w+\])?(?:: (?P<message>.*))?$")
_LIBRARY = re.compile(r"node_modules|^node:|^internal/|^webpack/|<anonymous>|^native$|^$|^index \d")
_MATCHING = re.compile(r"^\s+\.\.\. \d+ lines matching cause stack trace \.\.\.$")
# The fields of the error that Node prints in braces after the frames: code, errno, syscall …
_FIELD = re.compile(r"^\s+(?:\[?[\w$]+\]?: .*|\}?,?)$|^\}?$")


def read(lines: Sequence[str], at: int) -> Trace | None:
    """`at` is the first frame; the error stands above it, its message may have several lines."""
    head = next((above for above in range(at - 1, max(-1, at - 8), -1) if _HEAD.search(lines[above])), None)
    match = _HEAD.search(lines[head]) if head is not None else None
    if head is None or match is None:
        return None
    chain: list[Raised] = []
    frames: list[Frame] = []
    present, line, last, fields = match, head, at, False
    for number in range(at, min(len(lines), at + LONGEST)):
        text = lines[number]
        if cause := _CAUSE.match(text):
            chain.append(_raised(present, frames, line))
            present, line, frames, fields = cause, number, [], False
        elif frame := _FRAME.match(text):
            frames.append(_frame(frame))
            fields = fields or frame["open"] is not None
        elif not (_MATCHING.match(text) or (fields and _FIELD.match(text))):
            break
        last = number
    chain.append(_raised(present, frames, line))
    return trace_of("javascript", chain[::-1], head, last)


def _raised(match: re.Match[str], frames: list[Frame], line: int) -> Raised:
    return Raised(match["exception"], match["message"] or "", tuple(frames), line)


def _frame(match: re.Match[str]) -> Frame:
    file = match["file"].removeprefix("file://")
    return Frame(
        file,
        int(match["line"]) if match["line"] else None,
        match["function"] or "",
        own=_LIBRARY.search(file) is None,
    )
