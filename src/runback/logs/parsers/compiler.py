"""Compilers and type checkers: file, line and message of the first error, and how many follow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

COLUMNS = ("file", "number", "message", "count")
_DRIVE = r"(?:/?[A-Za-z]:(?=[\\/]))?"  # Maven writes '/C:/src'
_FORMS = tuple(
    re.compile(form.replace("(?P<file>[^", f"(?P<file>{_DRIVE}[^"))
    for form in (
        r"\[ERROR\] (?P<file>[^\s:\[]+\.(?:java|kt|scala)):\[(?P<number>\d+),\d+\] (?:error: )?"
        r"(?P<message>.+)$",  # Maven
        r"(?P<file>[^\s:]+\.java):(?P<number>\d+): error: (?P<message>.+)$",  # javac
        r"(?:ERROR in |\s*)(?P<file>[^\s:()]+\.[cm]?tsx?)[(:](?P<number>\d+)[,:]\d+\)?:?(?: -)? error "
        r"(?P<message>TS\d+: .+)$",
        r"\s*(?P<file>\S[^:()]*\.(?:cs|vb))\((?P<number>\d+),\d+\): error (?P<message>(?:CS|BC)\d+: .+?)"
        r"(?: \[[^\]]+\])?$",
        r"(?P<file>[^\s:]+\.pyi?):(?P<number>\d+): error: (?P<message>.+)$",  # mypy
        r"(?P<file>[^\s:]+):(?P<number>\d+):(?:\d+:)? (?:fatal )?error: (?P<message>.+)$",  # gcc, clang
        r"(?:vet: )?(?P<file>[^\s:]+\.go):(?P<number>\d+):(?:\d+:)? (?P<message>.+)$",  # go build
        r"e: (?:file://(?:/(?=[A-Za-z]:))?)?(?P<file>[^\s:]+\.kts?):? ?\(?(?P<number>\d+)[,:] ?\d+\)?:? "
        r"(?P<message>.+)$",
    )
)
_MAVEN = "COMPILATION ERROR"
_APART = 40  # lines: what stands further away is another run


def _parse(window: Window) -> Iterator[Parsed]:
    first = window.lines[window.at]
    form = next((form for form in _FORMS if form.match(first)), None)
    match = form.match(first) if form is not None else None
    if form is None or match is None:
        return
    if form is _FORMS[0] and not any(_MAVEN in line for line in window.lines[: window.at]):
        return  # Maven marks some of a passing compiler's remarks as errors, too
    last, count = window.at, 0
    seen: set[str] = set()  # Maven says each error twice
    for at in range(window.at, len(window.lines)):
        if at - last > _APART:
            break
        line = window.lines[at]
        if form.match(line):
            last = at
            if line not in seen:
                seen.add(line)
                count += 1
    values = match.groupdict() | {"number": int(match["number"]), "count": count}
    yield Parsed(window.at, values, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
