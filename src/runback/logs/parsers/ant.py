"""Ant: why a build failed, which stands under its verdict, by the place in the build file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# apache/ant, BuildException.toString: 'FILE:LINE: MESSAGE'; without a place where a target is missing.
_PLACE = re.compile(r"(?P<file>.*?\.(?:xml|ant)):(?P<line>\d+):(?: (?P<reason>\S.*))?$")
_NESTED = "The following error occurred while executing this line:"
# Verdicts of tasks whose own output says more, further above.
_SAID_ABOVE = re.compile(
    r"Compile failed; see the compiler|(?i:java|exec|apply) returned: -?\d|Warning: |.*\btests? failed\b"
    r"|(?i:Test \S+ failed|There were test failures)|Got \d+ errors and \d+ warnings"
)


def _parse(window: Window) -> Iterator[Parsed]:
    lines, at = window.lines, window.at + 1
    if at >= len(lines) or not lines[at].strip():  # Gradle of old leaves a line free
        return
    file, number = None, None
    while at + 1 < len(lines) and (place := _PLACE.match(lines[at])) and place["reason"] in (_NESTED, None):
        at += 1
    reason = lines[at].strip()
    if place := _PLACE.match(lines[at]):
        file, number, reason = place["file"], int(place["line"]), place["reason"] or ""
    if not reason or (_SAID_ABOVE.match(reason) and not reason.startswith("Warning: Could not find")):
        return
    yield Parsed(at, {"reason": reason, "file": file, "number": number}, first=window.at, last=at)


PARSER = Parser(columns=("reason", "file", "number"), parse=_parse)
