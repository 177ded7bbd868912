"""Pa11y: the first breach on a page, with its element, and how many there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("url", "reason", "selector", "count")
# pa11y/pa11y-ci, lib/reporters/cli.js; pa11y/pa11y, lib/reporters/cli.js
_PAGE = re.compile(r"(?:Errors in|Results for(?: URL)?:) (?P<url>\S+?):?$")
_BREACH = re.compile(r" • (?P<reason>\S.*)$")
_SELECTOR = re.compile(r"\s+(?:├── )?\((?P<selector>.+)\)$")


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    page = _PAGE.match(lines[window.at])
    if page is None:
        return
    end = next((at for at in range(window.at + 1, len(lines)) if _PAGE.match(lines[at])), len(lines))
    breaches = [at for at in range(window.at, end) if _BREACH.match(lines[at])]
    if not breaches:
        return
    reason, after = _sentence(lines, breaches[0])
    values: dict[str, Scalar] = {"url": page["url"], "reason": reason, "selector": None}
    values["count"] = len(breaches)
    if selector := next(
        (found for line in lines[after : after + 3] if (found := _SELECTOR.match(line))), None
    ):
        values["selector"] = selector["selector"]
    yield Parsed(breaches[0], values, first=window.at, last=breaches[-1])


def _sentence(lines: Sequence[str], at: int) -> tuple[str, int]:
    """The words of a breach, which are wrapped, and the line after them."""
    words = [lines[at].strip(" •")]
    for following in range(at + 1, len(lines)):
        line = lines[following]
        if not line.strip() or _SELECTOR.match(line):
            return " ".join(words), following
        words.append(line.strip())
    return " ".join(words), len(lines)


PARSER = Parser(columns=COLUMNS, parse=_parse)
