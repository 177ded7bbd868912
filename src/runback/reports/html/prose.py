"""Pages of the runbook as HTML: their Markdown, in which markup counts as text."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import htpy as h
from markupsafe import Markup

from runback.model import Page
from runback.reports.html.text import say

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def prose(markdown: str) -> Markup:
    """The Markdown as HTML. The reader escapes markup, and drops links that a browser would run."""
    return Markup(_reader().render(markdown))  # noqa: S704 - 'html' is off: nothing of the text is markup


def page_article(page: Page) -> h.Element:
    """What a page says, without its rule and its examples."""
    title = _PLACEHOLDER.sub(lambda match: f"‹{match[1]}›".replace("_", " "), page.title)
    parts = [
        ("Meaning", page.meaning),
        ("Impact", page.impact),
        ("How to look", page.diagnosis),
        ("How to mend it", page.mitigation),
    ]
    # A link to something inside a closed part opens it; a link to the part itself does not.
    return h.details(class_="article")[
        h.summary[h.code[page.id], " ", h.span[say(title)]],
        h.div(id=f"page-{page.id}")[
            [[h.h3[heading], prose(text)] for heading, text in parts if text],
            h.p(class_="meta")[h.code[f"runback explain {page.id}"]],
        ],
    ]
