"""Lock files older than what they lock: the first package over which the two differ, and both versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

COLUMNS = ("file", "package", "expected", "actual")
_FORMS = (
    # npm/cli, lib/commands/ci.js, which prints what validate-lockfile.js finds
    re.compile(
        r"npm (?:ERR!|error)(?: cipm)? Invalid: lock file's (?P<package>@?[^@]+)@(?P<actual>\S+) "
        r"does not satisfy [^@]*@?[^@]+@(?P<expected>\S+)$"
    ),
    re.compile(
        r"npm (?:ERR!|error)(?: cipm)? Missing: (?P<package>@?[^@]+)@(?P<expected>\S+) from lock file$"
    ),
    # pnpm/pnpm, lockfile/verification: allProjectsAreUpToDate
    re.compile(r"\s+- (?P<package>\S+) \(lockfile: (?P<actual>[^,]+), manifest: (?P<expected>[^)]+)\)$"),
    re.compile(r"\* \d+ dependencies were added: (?P<package>@?[^@\s]+)@(?P<expected>[^\s,]+)"),
)
_FILES = (
    ("npm", "package-lock.json"),
    ("yarn", "yarn.lock"),
    ("pnpm", "pnpm-lock.yaml"),
    ("Pipfile", "Pipfile.lock"),
    ("poetry", "poetry.lock"),
    ("uv.lock", "uv.lock"),
)
_LONGEST = 20  # lines below the verdict


def _parse(window: Window) -> Iterator[Parsed]:
    lines, at = window.lines, window.at
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    said = lines[at].lower()
    values["file"] = next((file for word, file in reversed(_FILES) if word.lower() in said), None)
    for below in range(at, min(at + _LONGEST, len(lines))):
        match = next((found for form in _FORMS if (found := form.match(lines[below]))), None)
        if match is not None:
            yield Parsed(at, values | match.groupdict(), last=below)
            return
    yield Parsed(at, values)


PARSER = Parser(columns=COLUMNS, parse=_parse)
