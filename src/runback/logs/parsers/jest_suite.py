"""Jest: why a whole test file could not run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

# jestjs/jest, packages/jest-message-util/src/index.ts; jest-transform, enhanceUnexpectedTokenMessage.ts
_FILE = re.compile(r"\s*FAIL\s+(?:\w+\s+)?(?P<file>\S+\.[cm]?[jt]sx?)\b")
_DETAILS = re.compile(r"\s+Details:$")
_END = re.compile(r"\s*(?:FAIL|PASS|●|Test Suites:|Snapshot Summary)")
_SYNTAX = re.compile(r"\s+(?:SyntaxError: .+|(?P<place>\S+\.[cm]?[jt]sx?:\d+)\b.*)$")


def _parse(window: Window) -> Iterator[Parsed]:
    lines, reason = window.lines, window.next(window.at)
    if reason is None:
        return
    stop = next((at for at in range(reason, len(lines)) if _END.match(lines[at])), len(lines))
    above = (_FILE.match(lines[at]) for at in range(window.at, max(-1, window.at - 400), -1))
    file = next((match["file"] for match in above if match), None)
    values: dict[str, Scalar] = {"file": file, "error": lines[reason].strip()}
    details = next((at for at in range(reason, stop) if _DETAILS.match(lines[at])), None)
    if details is not None:
        for at in range(details + 1, stop):
            if syntax := _SYNTAX.match(lines[at]):
                values["error"], reason = lines[at].strip(), at
                if syntax["place"] is None:
                    break
    yield Parsed(reason, values, first=window.at, last=max(reason, stop - 1))


PARSER = Parser(columns=("file", "error"), parse=_parse)
