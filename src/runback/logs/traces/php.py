"""PHP's uncaught exceptions (Zend/zend_exceptions.c), and those that Monolog writes, as Laravel has it do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runback.logs.traces.trace import LONGEST, Frame, Raised, Trace, trace_of

_CLASS = r"[A-Za-z_\\][\w\\]*"
MARK = rf"PHP (?:Fatal|Parse) error: |^(?:PHP )?Fatal error: |\[object\] \({_CLASS}\(code: "
_HEAD = re.compile(
    rf"(?:Fatal|Parse) error:\s+(?:Uncaught )?(?P<exception>{_CLASS})(?:: (?P<message>.*?))?"
    r" in (?P<file>/?\S+?\.\w+)(?::| on line )(?P<line>\d+)"
)
_NEXT = re.compile(
    rf"^(?:PHP\s+)?Next (?P<exception>{_CLASS})(?:: (?P<message>.*?))? in (?P<file>/\S+):(?P<line>\d+)"
)
_OBJECT = re.compile(
    rf"\[object\] \((?P<exception>{_CLASS})\(code: [^)]*\): "
    r"(?P<message>.*?) at (?P<file>/\S+?):(?P<line>\d+)\)"
)
_FRAME = re.compile(
    r"^(?:PHP\s+)?#\d+ (?:(?P<file>/[^(]+)\((?P<line>\d+)\)|\[internal function\]|\{main\})"
    r"(?:: (?P<function>[^(]+))?"
)
_REST = re.compile(r"^\s*(?:(?:PHP )?Stack trace:|\[(?:stacktrace|previous exception)\].*|thrown in .*|)$")


def read(lines: Sequence[str], at: int) -> Trace | None:
    match = _HEAD.search(lines[at]) or _OBJECT.search(lines[at])
    if match is None:
        return None
    chain: list[Raised] = []
    present, line, frames, last = match, at, [_frame(match)], at
    for number in range(at + 1, min(len(lines), at + LONGEST)):
        text = lines[number]
        if frame := _FRAME.match(text):
            if frame["file"]:
                frames.append(_frame(frame))
        elif following := _NEXT.match(text):  # PHP prints the first exception first
            chain.append(_raised(present, frames, line))
            present, line, frames = following, number, [_frame(following)]
        elif not _REST.match(text):
            break
        last = number
    chain.append(_raised(present, frames, line))
    return trace_of("php", chain, at, last)


def _raised(match: re.Match[str], frames: list[Frame], line: int) -> Raised:
    return Raised(match["exception"], match["message"] or "", tuple(frames), line)


def _frame(match: re.Match[str]) -> Frame:
    function = match.groupdict().get("function") or ""
    return Frame(match["file"], int(match["line"]), function, own="/vendor/" not in match["file"])
