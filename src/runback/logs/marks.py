"""Which of a few marks a block of text holds: one pass for all, where `in` is a slow pass for each."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any


class Marks:
    """Some literal texts; compiled when first looked for."""

    def __init__(self, *marks: bytes) -> None:
        self._marks = marks
        self._one = threading.Lock()  # a database's working memory is for one scan at a time

    def of(self, text: bytes) -> set[bytes]:
        """The marks that occur in the text."""
        if self._database is None:
            return {mark for mark in self._marks if mark in text}
        found: set[bytes] = set()
        with self._one:
            self._database.scan(text, match_event_handler=lambda mark, *_: found.add(self._marks[mark]))
        return found

    @cached_property
    def _database(self) -> Any:
        try:
            import hyperscan
        except ImportError:
            return None
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        count = len(self._marks)
        database.compile(
            expressions=list(self._marks),
            ids=list(range(count)),
            flags=[hyperscan.HS_FLAG_SINGLEMATCH] * count,
            elements=count,
            literal=True,
        )
        return database
