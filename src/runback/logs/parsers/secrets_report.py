"""gitleaks and detect-secrets: rule, file and line of each hit, never the secret itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("rule", "file", "number", "commit")
# gitleaks/gitleaks, detect/utils.go, printFinding; Yelp/detect-secrets, core/potential_secret.py, __str__
_FIELD = re.compile(r"\s*(?P<name>RuleID|File|Line|Commit|Secret Type|Location):\s+(?P<value>\S.*?)\s*$")
_FIELDS = 14  # lines of one hit
# gitleaks 4 to 7, scan/report.go: a leak as JSON, one field on each line
_JSON = re.compile(r'\s*"(?P<name>rule|file|lineNumber|commit|offender)": "?(?P<value>.*?)"?,?$')
_ABOVE = 3  # lines of it above the "offender"


def _parse(window: Window) -> Iterator[Parsed]:
    if _JSON.match(window.lines[window.at]):
        yield from _json(window)
        return
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    proof = last = window.at
    for at in range(window.at, min(window.at + _FIELDS, len(window.lines))):
        line = window.lines[at]
        if not line.strip():
            break
        field = _FIELD.match(line)
        if field is None:
            continue
        name, value, last = field["name"], field["value"], at
        if name in ("RuleID", "Secret Type"):
            values["rule"] = value
        elif name == "Commit":
            values["commit"] = value
        elif name == "Line":
            values["number"] = int(value) if value.isdigit() else None
        else:
            proof = at
            file, _, number = value.rpartition(":")
            found = name == "Location" and number.isdigit()
            values["file"] = file if found else value
            values["number"] = int(number) if found else values["number"]
    if values["file"] is not None:
        yield Parsed(proof, values, first=window.at, last=last)


def _json(window: Window) -> Iterator[Parsed]:
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    first = max(0, window.at - _ABOVE)
    proof = last = window.at
    for at in range(first, min(window.at + _FIELDS, len(window.lines))):
        line = window.lines[at]
        if line.strip() in ("{", "}", "},") and at > window.at:
            break
        field = _JSON.match(line)
        if field is None:
            continue
        name, value, last = field["name"], field["value"], at
        if name == "lineNumber":
            values["number"] = int(value) if value.isdigit() else None
        elif name in values:
            values[name] = value
            proof = at if name == "file" else proof
    if values["file"] is not None:
        yield Parsed(proof, values, first=first, last=last)


PARSER = Parser(columns=COLUMNS, parse=_parse)
