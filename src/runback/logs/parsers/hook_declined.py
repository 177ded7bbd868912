"""A push that a hook of the server declined: what the hook itself said of why."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

_DECLINED = re.compile(r" ! \[remote rejected\]\s+\S+ -> \S+ \((?P<reason>[^)]+)\)")
# Marked by Heroku and its like, by GitHub and GitLab, or with a word of complaint.
_MARKED = re.compile(
    r"(?:remote: ?)? *!\s+(?P<said>[A-Za-z].*)|remote: +(?P<named>(?:GL-HOOK-ERR|GH\d+|(?i:error|fatal))\b.*)"
)
_FAR = 60  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    declined = _DECLINED.match(window.lines[window.at])
    if declined is None:
        return
    for at in range(max(0, window.at - _FAR), window.at):
        if said := _MARKED.match(window.lines[at]):
            reason = (said["said"] or said["named"]).strip()
            yield Parsed(at, {"reason": reason}, first=at, last=window.at)
            return
    yield Parsed(window.at, {"reason": declined["reason"]})


PARSER = Parser(columns=("reason",), parse=_parse)
