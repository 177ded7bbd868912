"""go build and go vet: the first message of a package, whose name stands above it as '# package'."""

from __future__ import annotations

from collections.abc import Iterator

from runback.logs.parsers import compiler
from runback.logs.parsers.interface import Parsed, Parser, Window


def _parse(window: Window) -> Iterator[Parsed]:
    for at in range(window.at - 1, -1, -1):
        if window.lines[at].startswith("# "):
            yield from compiler.PARSER.parse(window)
        if ".go:" not in window.lines[at]:
            return


PARSER = Parser(columns=compiler.COLUMNS, parse=_parse)
