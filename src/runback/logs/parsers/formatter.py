"""Formatters that only check (Black, Prettier, isort, rustfmt): the first file that is not well formatted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runback.logs.parsers.interface import Parsed, Parser, Window

# psf/black, src/black/report.py; astral-sh/ruff, crates/ruff/src/commands/format.rs;
# prettier/prettier, src/cli/format.js; PyCQA/isort, isort/api.py; rust-lang/rustfmt, src/emitter/diff.rs
_FORMS = (
    re.compile(r"[Ww]ould reformat:? (?P<file>\S.*)$"),
    re.compile(r"\[warn\] (?P<file>\S+\.\w+)$"),
    re.compile(r"ERROR: (?P<file>\S+) Imports are incorrectly sorted and/or formatted\.$"),
    re.compile(r"Diff in (?P<file>\S+\.rs)(?: at line |:)\d+:$"),
)
_VERDICTS = (
    re.compile(r"\d+ files? would be reformatted"),
    re.compile(r"\[(?:warn|error)\] (?:Code style issues found|Forgot to run Prettier)"),
    None,  # each line of isort is a verdict, and each difference of rustfmt
    None,
)
_LONGEST = 2000  # lines


def _parse(window: Window) -> Iterator[Parsed]:
    lines = window.lines
    for form, verdict in zip(_FORMS, _VERDICTS, strict=True):
        match = form.match(lines[window.at])
        if match is None:
            continue
        last, judged = window.at, verdict is None
        files: set[str] = set()
        for at in range(window.at, min(window.at + _LONGEST, len(lines))):
            if further := form.match(lines[at]):
                last = at
                files.add(further["file"])
            elif verdict is not None and verdict.search(lines[at]):
                last, judged = at, True
                break
        if judged:
            yield Parsed(window.at, {"file": match["file"], "count": len(files)}, last=last)
        return


PARSER = Parser(columns=("file", "count"), parse=_parse)
