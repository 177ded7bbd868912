"""What people put before each line of a log that they show: an indentation, or the mark of a quotation."""

from __future__ import annotations

import re

_FEWEST = 3  # lines: fewer may all be one line's continuation
_INDENT = re.compile(rb"[ \t]*")
_QUOTATION = re.compile(rb"^>(?: |$)", re.MULTILINE)


def margin(text: bytes) -> re.Pattern[bytes] | None:
    """What takes away the margin that every line of the text has; None where it has none."""
    lines = [line for line in text.split(b"\n") if line.strip()]
    if len(lines) < _FEWEST:
        return None
    if all(_QUOTATION.match(line) for line in lines):
        return _QUOTATION
    common = min(
        (_INDENT.match(line) or [b""])[0] for line in lines
    )  # of indents that agree it is the shortest
    if not common or not all(line.startswith(common) for line in lines):
        return None
    return re.compile(rb"^" + re.escape(common), re.MULTILINE)
