"""What PowerShell makes of a program's error output: the first line behind the program's name, then where it
was called, then the rest, each line broken where the window ended.

The number of lines never changes: what belongs to a line stands in its place again, and empty lines follow.
"""

from __future__ import annotations

import re

MARK = b"+ CategoryInfo"
_CATEGORY = re.compile(rb" {2,}\+ CategoryInfo\b")
_CALLED = re.compile(rb".*:\s*\d+\s+\S+?:\s*\d+\s*$")  # 'At line:1 char:5', in any language
_PROGRAM = re.compile(rb"[\w-]+(?:\.\w+)? : ?(?=\S|$)")
_ABOVE = 15  # lines from the category up to the called command, and from there to the program's name
_SEEN = 60  # lines after the record that tell the window's width
_COLOURS = 12  # characters that colours take of a line
_BELOW = 16  # lines from the category to the empty one at the end


def tidied(text: bytes) -> bytes:
    """The text with the program's own lines, and none of PowerShell's."""
    lines = text.split(b"\n")
    at = 0
    while at < len(lines):
        if _CATEGORY.match(lines[at]):
            at = _tidy(lines, at)
        at += 1
    return b"\n".join(lines)


def _tidy(lines: list[bytes], category: int) -> int:
    """Takes one error record apart; returns the last line of it that was PowerShell's."""
    above = range(category - 1, max(-1, category - _ABOVE), -1)
    echoed = [at for at in above if lines[at].startswith(b"+ ")]
    first = echoed[-1] if echoed else category
    for above_it in (1, 2):  # a narrow window breaks it, too
        if first >= above_it and _CALLED.match(b" ".join(lines[first - above_it : first])):
            first -= above_it
            break
    below = range(category, min(category + _BELOW, len(lines)))
    last = next((at - 1 for at in below if not lines[at].strip()), category)
    width = _width(lines, first, last)
    start = next(
        (at for at in range(first - 1, max(-1, first - _ABOVE), -1) if _PROGRAM.match(lines[at])), None
    )
    if start is not None:
        _unbreak(lines, start, first, width)
        lines[start] = _PROGRAM.sub(b"", lines[start], count=1)
    lines[first : last + 1] = [b""] * (last + 1 - first)
    end = next((at for at in range(last + 1, len(lines)) if _CATEGORY.match(lines[at])), len(lines))
    _unbreak(lines, last + 1, end, width)
    return last


def _width(lines: list[bytes], first: int, last: int) -> int:
    """The window's: what colours took of the record's own longest line is seen by what follows it."""
    width = max(_length(line) for line in lines[first : last + 1])
    further = [_length(line) for line in lines[last + 1 : last + 1 + _SEEN]]
    wider = [one for one in set(further) if width < one <= width + _COLOURS and further.count(one) > 1]
    return max(wider, default=width)


def _length(line: bytes) -> int:
    return len(line.decode("utf-8", "replace"))


def _unbreak(lines: list[bytes], first: int, end: int, width: int) -> None:
    at = first
    while at < end:
        further = at + 1
        while further < end and _goes_on(lines[further - 1], lines[further], width):
            further += 1
        if further > at + 1:
            lines[at:further] = [b"".join(lines[at:further]), *[b""] * (further - at - 1)]
        at = further


def _goes_on(line: bytes, following: bytes, width: int) -> bool:
    """Whether the window's end broke the line: in a word that fills it, or before one that did not fit."""
    if not following.strip() or line.endswith(b"  ") or _length(following) > width:
        return False
    if not line.endswith(b" "):
        return _length(line) == width
    return _length(line) + _length(following.split(b" ", 1)[0]) > width
