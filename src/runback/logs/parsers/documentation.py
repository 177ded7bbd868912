"""Sphinx and MkDocs where warnings are errors: the first of what they count at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

_BEGINS = re.compile(r"Running Sphinx v|INFO +- +(?:Cleaning site|Building documentation)")
_COUNTED = re.compile(r"(?:(?P<place>\S.*?): )?(?:WARNING|ERROR|CRITICAL)(?: +- +|: )(?P<said>\S.*)$")


def _parse(window: Window) -> Iterator[Parsed]:
    found, values = window.at, _values(window.lines[window.at].strip(" !."))
    for at in range(window.at - 1, -1, -1):
        line = window.lines[at]
        if match := _COUNTED.match(line):
            place = f"{match['place']}: " if match["place"] else ""
            found, values = at, _values(place + match["said"])
        elif _BEGINS.match(line):
            break
    yield Parsed(found, values, first=found, last=window.at)


def _values(reason: str) -> dict[str, Scalar]:
    return {"reason": reason}


PARSER = Parser(columns=("reason",), parse=_parse)
