"""What pages lead to, over any number of pages in between."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TypeAlias

Graph: TypeAlias = Mapping[str, frozenset[str]]  # page → every page and symptom that it can lead to


def closure(leads_to: Mapping[str, Sequence[str]], broken: Container[str] = ()) -> Graph:
    """What each page can lead to in the end. The graph has no circles: the loader of pages refuses them.

    Nothing leads on through a page of `broken`: what it says is known not to be so.
    """
    known: dict[str, frozenset[str]] = {}

    def reach(page: str) -> frozenset[str]:
        if page not in known:
            direct = [name for name in leads_to.get(page, ()) if name not in broken]
            known[page] = frozenset(direct).union(*(reach(name) for name in direct))
        return known[page]

    return {page: reach(page) for page in leads_to}
