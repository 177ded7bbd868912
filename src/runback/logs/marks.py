"""Which of a few marks a block of text holds: one pass for all, where `in` is a slow pass for each."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any


class Marks:
    """Some literal texts; compiled when first looked for."""

    def __init__(self, *marks: bytes) -> None:
        self._plain = _Literals([mark for mark in marks if mark.isascii()])
        self._other = _Literals([mark for mark in marks if not mark.isascii()])

    def of(self, text: bytes) -> set[bytes]:
        """The marks that occur in the text."""
        found = self._plain.of(text)
        # Most text is ASCII, which is told at once, and marks of two or three bytes are slow to look for.
        return found if text.isascii() else found | self._other.of(text)


class _Literals:
    def __init__(self, literals: list[bytes]) -> None:
        self._literals = literals
        self._one = threading.Lock()  # a database's working memory is for one scan at a time

    def of(self, text: bytes) -> set[bytes]:
        if not self._literals:
            return set()
        if self._database is None:
            return {literal for literal in self._literals if literal in text}
        found: set[bytes] = set()
        with self._one:
            self._database.scan(
                text, match_event_handler=lambda literal, *_: found.add(self._literals[literal])
            )
        return found

    @cached_property
    def _database(self) -> Any:
        try:
            import hyperscan
        except ImportError:
            return None
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        count = len(self._literals)
        database.compile(
            expressions=list(self._literals),
            ids=list(range(count)),
            flags=[hyperscan.HS_FLAG_SINGLEMATCH] * count,
            elements=count,
            literal=True,
        )
        return database
