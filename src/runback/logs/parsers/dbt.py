"""dbt: which model or test failed, and the first line of why."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

_TIME = re.compile(r"(?:\d\d:\d\d:\d\d +)?(?:\[[A-Z]+\]: ?)?\s*")
_KIND = re.compile(r"(?:\w+ ){1,2}Error(?: in .*)?$")


def _parse(window: Window) -> Iterator[Parsed]:
    what = _said(window.lines[window.at])
    following = [
        at for at in range(window.at + 1, min(window.at + 6, len(window.lines))) if _said(window.lines[at])
    ]
    if what == "Encountered an error:" and following and _KIND.match(_said(window.lines[following[0]])):
        what = _said(window.lines[following.pop(0)])
    if following:
        values: dict[str, Scalar] = {"what": what.rstrip(":"), "reason": _said(window.lines[following[0]])}
        yield Parsed(following[0], values, first=window.at, last=following[0])


def _said(line: str) -> str:
    return _TIME.sub("", line, count=1).strip()


PARSER = Parser(columns=("what", "reason"), parse=_parse)
