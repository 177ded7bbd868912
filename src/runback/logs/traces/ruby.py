"""Ruby's backtraces: the interpreter's own (error.c, eval_error.c), Rails' and Sinatra's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runback.logs.traces.trace import LONGEST, Frame, Raised, Trace, trace_of

_CLASS = r"[A-Z]\w*(?:::[A-Z]\w*)*"
_HEAD = re.compile(
    r"(?P<file>[^\s:]+):(?P<line>\d+):in [`'](?P<function>[^']*)': "
    rf"(?P<message>.*) \((?P<exception>{_CLASS})\)$"
)
# Action Dispatch's DebugExceptions; Sinatra's dump_errors!
_FRAMEWORK = re.compile(rf"(?:^|[\]\s-] ?)(?P<exception>{_CLASS}) (?:\((?P<message>.*)\):$|- (?P<said>.+):$)")
MARK = rf":\d+:in [`'][^']*': .* \({_CLASS}\)$|(?:^|\] ){_CLASS} \(.*\):$|\d - {_CLASS} - .+:$"
_FRAME = re.compile(
    r"^\s*(?:\[[\w-]+\] )?(?:from |\d+: from )?(?P<file>[^\s:]+(?:\.rb|\.ru|\.erb|\.haml|\.rake|/\w+|-e)?)"
    r":(?P<line>\d+):in [`'](?P<function>[^']*)'"
)
_LIBRARY = re.compile(r"/gems/|/lib/ruby/|/ruby/\d|^<internal:|/bundle/|^(?:[\w-]+ \([\d.]+\) )")
_BETWEEN = 3  # empty lines, or the code around the error in a template, before the first frame


def read(lines: Sequence[str], at: int) -> Trace | None:
    """The interpreter prints the last exception first, and each cause below what it caused."""
    chain: list[Raised] = []
    start, last = at, at
    while start < len(lines) and start - at < LONGEST:
        found = _raised(lines, start) if not chain or _HEAD.search(lines[start]) else None
        if found is None:
            break
        raised, last = found
        chain.append(raised)
        start = last + 1
    return trace_of("ruby", chain[::-1], at, last) if chain else None


def _raised(lines: Sequence[str], at: int) -> tuple[Raised, int] | None:
    """The exception whose head stands at `at`, and its last line."""
    own = _HEAD.search(lines[at])
    match = own or _FRAMEWORK.search(lines[at])
    if match is None:
        return None
    frames: list[Frame] = [_frame(own)] if own is not None else []
    last, missed = at, 0
    for number in range(at + 1, min(len(lines), at + LONGEST)):
        if _HEAD.search(lines[number]):
            break
        if frame := _FRAME.match(lines[number]):
            frames.append(_frame(frame))
            last = number
            continue
        missed += 1
        if len(frames) > (own is not None) or missed > _BETWEEN:
            break
    if not frames:
        return None
    said = match.groupdict()
    message = said.get("message") or said.get("said") or ""
    return Raised(match["exception"], message, tuple(frames), at), last


def _frame(match: re.Match[str]) -> Frame:
    file = match["file"]
    return Frame(file, int(match["line"]), match["function"], own=_LIBRARY.search(file) is None)
