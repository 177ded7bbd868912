"""Text from logs and APIs is hostile: here it becomes text that can only be read."""

from __future__ import annotations

import re

LONGEST = 400  # characters of one proof line that a person is shown; JSON carries the whole line

# C0 and C1 controls, line separators, and the marks that turn the direction of text around
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def printable(text: str, longest: int = LONGEST) -> str:
    """One line in which every control character stands as a visible escape, cut to `longest` characters.

    The cut is marked with its size, so that nothing disappears silently.
    """
    shown = text[:longest].replace("\t", "    ")
    shown = _UNSAFE.sub(lambda match: f"\\x{ord(match[0]):02x}", shown)
    return shown if len(text) <= longest else f"{shown} … (+{len(text) - longest} characters)"
