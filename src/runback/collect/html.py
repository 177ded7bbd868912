"""What a page of HTML makes a browser load."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import urljoin


@dataclass(frozen=True, slots=True)
class Needed:
    """A script or a style sheet without which the page does not look as it should."""

    kind: Literal["script", "style"]
    url: str  # absolute
    nonce: str = ""


@dataclass(slots=True)
class PageParts:
    """What a page of HTML makes a browser ask for."""

    needed: list[Needed] = field(default_factory=list)
    inline: bool = False  # it has scripts of its own that carry no nonce


def parts_of(text: str, url: str) -> PageParts:
    """The scripts and style sheets of the page at `url`, each once; broken HTML gives what it can."""
    parser = _Parser(url)
    parser.feed(text)
    return parser.parts


class _Parser(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts = PageParts()
        self._base = url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "base" and found.get("href"):
            self._base = self._absolute(found["href"])
        elif tag == "script":
            self._script(found)
        elif tag == "link" and found.get("href") and "stylesheet" in found.get("rel", "").lower().split():
            self._add(Needed("style", self._absolute(found["href"]), found.get("nonce", "")))

    def _script(self, found: dict[str, str]) -> None:
        if "nomodule" in found or found.get("type", "module") not in ("module", "text/javascript", ""):
            return  # for browsers of long ago, or data
        if found.get("src"):
            self._add(Needed("script", self._absolute(found["src"]), found.get("nonce", "")))
        elif "nonce" not in found:
            self.parts.inline = True

    def _add(self, needed: Needed) -> None:
        if needed.url.startswith(("http://", "https://")) and needed not in self.parts.needed:
            self.parts.needed.append(needed)

    def _absolute(self, address: str) -> str:
        try:
            return urljoin(self._base, address.strip())
        except ValueError:
            return ""
