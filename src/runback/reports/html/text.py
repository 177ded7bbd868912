"""Text from outside, times and links, as the parts of the report show them."""

from __future__ import annotations

import re
from datetime import datetime

import htpy as h

from runback.reports.printable import printable

LONGEST = 1_000  # characters of one text

_LINK = re.compile(r"https?://[^\s<>\"'\x00-\x20\x7f-\x9f]+")


def say(text: str, longest: int = LONGEST) -> str:
    """One line of text without anything invisible in it; the escaping of markup is the elements' own."""
    return printable(text, longest)


def stamp(at: datetime, *, day: bool = True) -> h.Element:
    """A moment in UTC, as a person reads it."""
    shown = f"{at:%Y-%m-%d %H:%M} UTC" if day else f"{at:%H:%M:%S}"
    return h.time(datetime=at.isoformat(timespec="seconds"))[shown]


def outside(url: str | None, said: str) -> h.Node:
    """A link that leaves the report, where the address is one that a browser should follow."""
    if url is None or not _LINK.fullmatch(url):
        return None
    return h.a(href=url, rel="noopener noreferrer")[said]


def page_link(page: str, links: frozenset[str]) -> h.Node:
    """The page's name, leading to its text further down where the report holds it."""
    name = h.code[say(page)]
    return h.a(".page", href=f"#page-{page}")[name] if page in links else name
