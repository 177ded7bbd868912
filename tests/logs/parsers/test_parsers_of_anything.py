"""What holds for every parser, whatever it is given: it never fails, and it stays within its lines."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from runback.lab import recordings
from runback.logs.parsers import PARSERS, Window
from runback.logs.render import render

LITERAL = Path(__file__).parent / "literal"
TEXTS = {name: recordings.read(name) for name in recordings.names()}
TEXTS |= {path.stem: path.read_text(encoding="utf-8") for path in sorted(LITERAL.glob("*.txt"))}
PLACES = 24  # lines of each output that are taken for a hit


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_parser_takes_any_line_of_any_tool_for_its_own(name: str) -> None:
    parser = PARSERS[name]
    for text in TEXTS.values():
        lines = render(text.encode()).decode().split("\n")
        for at in range(0, len(lines), max(1, len(lines) // PLACES)):
            for parsed in parser.parse(Window(lines, at)):
                assert set(parsed.values) == set(parser.columns)
                assert 0 <= parsed.at < len(lines)
                assert parsed.first is None or parsed.first <= parsed.at
                assert parsed.last is None or parsed.last < len(lines)


# Lines over which a careless expression takes quadratic time: minutes here, and hours in a real log.
PATIENCE = 5  # seconds of processor, for all of them
LONG = ("x", "a.b-", "1:", " ", "/a", "'", 'a"', "a://", "Error: ", "host='", "(a", "a=1 ", " at (a:1:")


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_parser_stands_lines_that_are_none(name: str) -> None:
    parser = PARSERS[name]
    begin = time.process_time()
    for lines in ([""], ["\x00\ufffd" * 50], ["Error: ", "1) ", " • "]):
        for at in range(len(lines)):
            list(parser.parse(Window(lines, at)))
    for part in LONG:
        line = part * (100_000 // len(part))
        list(parser.parse(Window([line, "Tests: 1 failed, 2 total", line], 0)))
        list(parser.parse(Window([line, "Tests: 1 failed, 2 total", line], 1)))
    assert time.process_time() - begin < PATIENCE
