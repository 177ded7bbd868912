"""uv: why no set of packages can be found, its wrapped lines made one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# astral-sh/uv, crates/uv-resolver/src/pubgrub/report.rs, printed by miette
_REASON = re.compile(r"\s*(?:╰─▶|cause:) (?P<reason>\S.*)$")
_WRAPPED = re.compile(r"\s{6}(?P<more>\S.*)$")
_LONGEST = 400  # characters


def _parse(window: Window) -> Iterator[Parsed]:
    for at in range(window.at, min(window.at + 4, len(window.lines))):
        if not (reason := _REASON.match(window.lines[at])):
            continue
        words, last = [reason["reason"]], at
        while last + 1 < len(window.lines) and (more := _WRAPPED.match(window.lines[last + 1])):
            words.append(more["more"].strip())
            last += 1
        yield Parsed(at, {"reason": " ".join(words)[:_LONGEST]}, first=window.at, last=last)
        return


PARSER = Parser(columns=("reason",), parse=_parse)
