"""V8's stacks, as Node prints them (deps/v8/src/execution/messages.cc, lib/internal/errors.js)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runback.logs.traces import stack
from runback.logs.traces.stack import Form
from runback.logs.traces.trace import Frame, Trace

MARK = (
    r"^\s+at (?:.+ \()?(?:async )?(?:file://|node:|/|[A-Za-z]:\\|webpack|<anonymous>|native|index )"
    r"[^()]*\)?\s*\{?$"
)
_FRAME = re.compile(
    r"^\s+at (?:async )?(?:(?P<function>.+?) \()?(?P<file>[^()]*?)"
    r"(?::(?P<line>\d+))?(?::\d+)?\)?(?:\s*\{)?$"
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


def _frame(text: str) -> Frame | None:
    match = _FRAME.match(text)
    if match is None:
        return None
    file, line = match["file"].removeprefix("file://"), match["line"]
    own = _LIBRARY.search(file) is None
    return Frame(file, int(line) if line else None, match["function"] or "", own=own)


def _belongs(text: str, below: str) -> bool:
    """The fields stand below a frame that ends in an opening brace."""
    if _MATCHING.match(text):
        return True
    return below.rstrip().endswith("{") and _FIELD.match(text) is not None


_FORM = Form("javascript", _HEAD, _CAUSE, _frame, _belongs)


def read(lines: Sequence[str], at: int) -> Trace | None:
    """`at` is the first frame."""
    return stack.read(_FORM, lines, at)
