"""pip: which package it could not build from source, and the one line of the build's output that says why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

# pypa/pip, src/pip/_internal/exceptions.py, InstallationSubprocessError
_BUILDING = re.compile(
    r"\s*(?:×|ERROR:)? ?(?:Building wheel for|Failed building wheel for) (?P<package>[\w.-]+)"
)
_COLLECTING = re.compile(r"\s*(?:Collecting|Downloading) (?P<package>[\w.-]+?)(?:[=<>~!\[( ]|-\d|$)")
_END = re.compile(r"\s*\[end of output\]$")
_OUTPUT = re.compile(r".*╰─> \[\d+ lines of output\]$")
_RAISED = re.compile(r"\s*(?:[\w.]+\.)?\w*(?:Error|Exception): \S.+")
# From the most telling to the loudest: CMake's and a compiler's own error, then what the build script raised.
_TELLING = (
    re.compile(r"\s*CMake Error(?: at \S+:\d+ \(\w+\))?:"),
    re.compile(r".*: fatal error: .+"),
    re.compile(r".*: (?:error|ERROR): .+"),  # ERROR: meson
    re.compile(r"\s*(?:Error|ERROR|error): (?!command )\S.+"),
    _RAISED,
    re.compile(r"\s*error: command .+ failed.*"),
)
_BEFORE = 40  # lines between the package's name and the failure
_FURTHER = 400  # lines of a build's output that are looked through


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    start = next(
        (at for at in range(window.at, min(window.at + 4, len(lines))) if _OUTPUT.match(lines[at])), None
    )
    if start is None:  # pip says it again at its end, 'See above for output'
        return
    stop = min(start + _FURTHER, len(lines))
    end = next((at for at in range(start, stop) if _END.match(lines[at])), stop - 1)
    proof = _telling(lines, start, end)
    values: dict[str, Scalar] = {
        "package": _package(lines, window.at),
        "error": _said(lines, proof) if proof else None,
    }
    yield Parsed(proof or window.at, values, first=window.at, last=end)


def _telling(lines: Sequence[str], start: int, end: int) -> int | None:
    for pattern in _TELLING:
        found = [at for at in range(start, end) if pattern.match(lines[at])]
        if found:  # an exception's last line is the one that counts, a compiler's first
            return found[-1] if pattern is _RAISED else found[0]
    return None


def _said(lines: Sequence[str], proof: int) -> str:
    """The error in one line: CMake says only in the next one what is wrong."""
    error = lines[proof].strip()
    if not error.endswith(":"):
        return error
    return " ".join([error, *(line.strip() for line in lines[proof + 1 : proof + 3] if line.strip())])


def _package(lines: Sequence[str], at: int) -> str | None:
    """What pip said last that it builds or fetches."""
    for before in range(at, max(-1, at - _BEFORE), -1):
        for pattern in (_BUILDING, _COLLECTING):
            if match := pattern.match(lines[before]):
                return match["package"]
    return None


PARSER = Parser(columns=("package", "error"), parse=_parse)
