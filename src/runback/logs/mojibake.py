"""UTF-8 that a shell of Windows read in its own code page: 'Γ¥î' for '❌'. What can be turned back is.

Runners mark what failed with such characters, and pages and parsers know them.
"""

from __future__ import annotations

import re

_CODE_PAGES = ("cp437", "cp850", "cp1252")
# How the first bytes of dashes, arrows, marks and pictures look in these: E2, F0 9F.
MARKS = (
    "Γ".encode(),
    "≡ƒ".encode(),
    "Ô".encode(),
    "\xadƒ".encode(),
    "â€".encode(),
    "âœ".encode(),
    "â”".encode(),
    "ðŸ".encode(),
)
_RUN = re.compile(rb"[\x80-\xff]{4,}")  # two characters at least


def repaired(text: bytes) -> bytes:
    """The text with such characters as they were meant; what is no UTF-8 in any code page stays."""
    return _RUN.sub(_meant, text)


def _meant(run: re.Match[bytes]) -> bytes:
    for code_page in _CODE_PAGES:
        try:
            meant = run[0].decode().encode(code_page)
            meant.decode()
        except UnicodeError:
            continue
        return meant
    return run[0]
