"""Bun's test runner: a failed test, and the complaint above its name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window
from runback.model import Scalar

# oven-sh/bun, src/cli/test_command.zig: the name stands below what the test printed
_VERDICT = re.compile(r"\((?:pass|fail|skip|todo)\) ")
_TEST = re.compile(r"\(fail\) (?P<test>.+?)(?: \[[\d.]+m?s\])?$")
_ERROR = re.compile(r"(?:error|[A-Z]\w*(?:Error|Exception)): (?P<error>\S.*)$")
_TIMED_OUT = re.compile(r"\s*\^ (?P<error>this test timed out after \d+ms)")
_ABOVE = 200  # lines that a test may print


def _parse(window: Window) -> Iterator[Parsed]:
    """Nothing for a name that the list at the end repeats: its complaint stood at its first place."""
    lines, at = window.lines, window.at
    test = _TEST.match(lines[at])
    if test is None:
        return
    values: dict[str, Scalar] = {"test": test["test"]}
    if at + 1 < len(lines) and (late := _TIMED_OUT.match(lines[at + 1])):
        yield Parsed(at, values | {"error": late["error"]}, last=at + 1)
        return
    proof = None
    for number in range(at - 1, max(-1, at - _ABOVE), -1):
        if _VERDICT.match(lines[number]):
            break
        if error := _ERROR.match(lines[number]):
            proof, values["error"] = number, error["error"]
    if proof is not None:
        yield Parsed(proof, values, first=proof, last=at)


PARSER = Parser(columns=("test", "error"), parse=_parse)
