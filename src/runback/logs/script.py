"""Where a script goes on to its next command.

Most scripts end at the first command that fails, so what stands before the last of these lines went well, or
was not minded: it counts less than what stands after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from runback.logs.forms import without_carrier

_MARKS = ("+ ", "$ ", "> ", "--- ", "=== ", "*** ", "## ")  # any other line needs no closer look
_BEGINS = re.compile(
    r"\+ \S"  # `set -x`
    r"|\$ \S"  # as yarn and some platforms echo
    r"|> (?:@[\w.-]+/)?[\w.-]+@\d[\w.+-]* \S"  # npm's scripts
    # headings that scripts print: '--- Running x', '==> Building'
    r"|(?:-{3,}>?|={2,}>|={3,}|>{3,}|-->|\*{3,}|#{2,3}) (?:[A-Z]\w+ing|[Ss]tep|[Ss]tage|[Rr]un|[Tt]ask)\b"
)


def begun(lines: Sequence[str]) -> list[int]:
    """The indexes of the lines with which commands begin, in order."""
    return [
        at
        for at, line in enumerate(lines)
        if any(mark in line for mark in _MARKS) and _BEGINS.match(without_carrier(line))
    ]
