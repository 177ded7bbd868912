"""go test: the first failing test of a package, and what it said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.logs.parsers.pytest import COLUMNS
from runback.model import Scalar

# golang/go, src/testing/testing.go: report, and src/cmd/go/internal/test/test.go: the line of a package
_FAIL = re.compile(r"(?P<indent>\s*)--- FAIL: (?P<test>\S+) \(")
_SAID = re.compile(r"\s+(?P<file>[\w./-]+\.go):(?P<number>\d+): ?(?P<error>.*)$")
_PANIC = re.compile(r"panic: (?P<error>.+)$")
_PACKAGE = re.compile(r"(?:FAIL|ok)\s*\t(?P<package>\S+)")
_VERDICT = re.compile(r"(?P<indent>\s*)--- (?:FAIL|PASS|SKIP): ")
_RUN = re.compile(r"\s*(?:=== RUN|--- )")


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    end = next((at for at in range(window.at, len(lines)) if _PACKAGE.match(lines[at])), len(lines) - 1)
    test, deepest = _deepest(window, end)
    values: dict[str, Scalar] = dict.fromkeys(COLUMNS)
    # a test is counted once, at the outermost level
    headings = (_FAIL.match(line) for line in lines[window.at : end])
    values["failed"] = sum(match is not None and not match["indent"] for match in headings)
    proof = _said(window, deepest, end, values)
    package = _PACKAGE.match(lines[end])
    values |= {"test": f"{package['package']}.{test}" if package else test}
    yield Parsed(proof, values, first=min(window.at, proof), last=end)


def _deepest(window: Window, end: int) -> tuple[str, int]:
    """The name and the line of the innermost subtest: it stands under its parent, further in."""
    test, deepest, indent = "", window.at, -1
    for at in range(window.at, end):
        match = _FAIL.match(window.lines[at])
        if match is not None and (not test or match["test"].startswith(f"{test}/")):
            test, deepest, indent = match["test"], at, len(match["indent"])
        elif (verdict := _VERDICT.match(window.lines[at])) and len(verdict["indent"]) <= indent:
            break  # the next test of the same level
    return test, deepest


def _said(window: Window, deepest: int, end: int, values: dict[str, Scalar]) -> int:
    """The line of the message: under the heading, or, with -v, above it."""
    lines = window.lines
    near: list[int] = [
        *range(deepest + 1, min(deepest + 3, end)),
        *range(deepest - 1, max(0, deepest - 200), -1),
    ]
    for at in near:
        if said := _SAID.match(lines[at]):
            error = said["error"]
            values |= {"file": said["file"], "number": int(said["number"])}
            following = window.next(at)
            if not error.strip() and following is not None:  # testify starts on the next line
                error = " ".join(
                    part.strip() for part in lines[following : following + 3] if "Error:" in part
                )
            values["error"] = error.strip() or None
            return at
        if panic := _PANIC.match(lines[at]):
            values["error"] = f"panic: {panic['error']}"
            return at
        if at < deepest and _RUN.match(lines[at]):
            break
    return deepest


PARSER = Parser(columns=COLUMNS, parse=_parse)
