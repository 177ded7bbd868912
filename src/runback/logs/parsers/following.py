"""Tools that announce a failure on one line and give its reason on the first line after it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

# Banners and rulers between the announcement and the reason.
_NOT_A_REASON = re.compile(
    r"\s*(?:ESLint: [\d.]+|[-=*_ ]+|Problem \d+|Build failed with \d+ errors?:"
    r"|Last \d+ lines of output:"
    r"|\w*Error: An error has occurred, (?:this and )?all later migrations canceled:)\s*$"
)
_MARK = re.compile(r"^\s*(?:- |• |● |✖ |\*+ |> |cause: )?")
_ANNOUNCED = re.compile(r".*\bthe following error occurred:$")  # a traceback, which says it itself
_FURTHER = 8  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    for at in range(window.at + 1, min(window.at + _FURTHER, len(window.lines))):
        line = window.lines[at]
        if _ANNOUNCED.match(line):
            return
        if line.strip() and not _NOT_A_REASON.match(line):
            values: dict[str, Scalar] = {"reason": _MARK.sub("", line).strip()}
            yield Parsed(at, values, first=window.at, last=at)
            return


PARSER = Parser(columns=("reason",), parse=_parse)
