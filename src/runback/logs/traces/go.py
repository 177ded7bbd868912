"""Go's panics (runtime/panic.go, runtime/traceback.go): the first goroutine is the one that failed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runback.logs.traces.trace import LONGEST, Frame, Raised, Trace, trace_of

MARK = r"(?:^|: )panic(?: serving \S+)?: |^fatal error: "
_HEAD = re.compile(r"(?:^|: )(?P<kind>panic|fatal error)(?: serving \S+)?: (?P<message>.*)$")
_GOROUTINE = re.compile(r"^goroutine \d+ .*\[.*\]:$")
_FUNCTION = re.compile(
    r"^(?:created by )?(?P<function>[\w./*()\-\[\]{}~…,]+?)(?:\(.*\))?(?: in goroutine \d+)?$"
)
_FILE = re.compile(r"^\t(?P<file>\S+\.(?:go|s)):(?P<line>\d+)")
_LIBRARY = re.compile(
    r"/usr/local/go/|/go/pkg/mod/|/go\d[\d.]*/src/|/libexec/src/|/vendor/|/runtime/|/goroot/", re.IGNORECASE
)
_BETWEEN = 6  # '[recovered]', a second 'panic:', '[signal …]', an empty line


def read(lines: Sequence[str], at: int) -> Trace | None:
    head = _HEAD.search(lines[at])
    start = next(
        (
            number
            for number in range(at + 1, min(len(lines), at + _BETWEEN))
            if _GOROUTINE.match(lines[number])
        ),
        None,
    )
    if head is None or start is None:
        return None
    frames: list[Frame] = []
    function, last = "", start
    for number in range(start + 1, min(len(lines), start + LONGEST)):
        text = lines[number]
        if place := _FILE.match(text):
            file = place["file"]
            frames.append(Frame(file, int(place["line"]), function, own=_LIBRARY.search(file) is None))
        elif called := _FUNCTION.match(text):
            function = called["function"]
        else:
            break
        last = number
    message = head["message"].removesuffix(" [recovered]")
    return trace_of("go", [Raised(head["kind"], message, tuple(frames), at)], at, last)
