"""truffleHog 2 and 3: why, in which file and commit; 3 also in which line. Never the secret itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("reason", "file", "number", "commit", "branch")
# truffleHog 2, truffleHog.py, print_results; trufflesecurity/trufflehog 3, pkg/output/plain.go
_FIELD = re.compile(r"(?P<name>[A-Z][\w ]*): ?(?P<value>.*)$")
_COLUMN = {
    "Reason": "reason",
    "Filepath": "file",
    "Hash": "commit",
    "Branch": "branch",
    "Detector Type": "reason",
    "File": "file",
    "Line": "number",
}
_THREE = re.compile(r"✅? ?Found (?:verified|unverified) result")
_FARTHEST = 20  # lines from the first field to the last


def _parse(window: Window) -> Iterator[Parsed]:
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    first = last = window.at
    three = _THREE.match(window.lines[first]) is not None
    proof = first
    for at in range(first + three, min(first + _FARTHEST, len(window.lines))):
        field = _FIELD.match(window.lines[at])
        if field is None:
            break
        last, name, value = at, field["name"], field["value"].strip()
        if name == "Commit":  # 2 means the message, 3 the hash
            values["commit"] = value if three else values["commit"]
        elif name in _COLUMN:
            values[_COLUMN[name]] = int(value) if name == "Line" and value.isdigit() else value
            proof = at if three and name == "File" else proof
    if values["file"] is not None:
        yield Parsed(proof, values, first=first, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
