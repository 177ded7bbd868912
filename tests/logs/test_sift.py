"""Lines that hold words: the same ones, in the same order, as reading each line finds."""

from __future__ import annotations

import re
from functools import partial

import pytest

from runback.logs import sift
from runback.logs.sift import backwards, found_in, lines_between, on_marked, sifted, stretches
from runback.model import LogText

WORDS = (b"cf", b"...", b"\xc3\xa9")
TEXTS = {
    "empty": b"",
    "no end": b"one\ntwo cf",
    "empty lines": b"\n\ncf\n\n\n...\n",
    "twice in a line": b"cf cf ...\nnone\ncf",
    "no word": b"a\nb\nc\n",
    "not UTF-8": b"\xff\xfe cf\n\xe9\n\xc3\xa9t\xc3\xa9\n",
    "many": b"".join(b"line %d%s\n" % (number, b" cf" * (number % 7 == 0)) for number in range(200)),
}


@pytest.fixture(params=[1, 7, 64, sift.SIZE], ids=str)
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces that end anywhere."""
    monkeypatch.setattr(sift, "SIZE", request.param)


def read(text: bytes) -> list[tuple[int, str]]:
    return [(number, line.decode("utf-8", "replace")) for number, line in enumerate(LogText(text).lines(), 1)]


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("name", TEXTS)
def test_the_lines_that_hold_a_word(name: str) -> None:
    text = LogText(TEXTS[name])
    raw = dict(enumerate(text.lines(), 1))
    expected = [(n, line) for n, line in read(TEXTS[name]) if any(word in raw[n] for word in WORDS)]
    assert list(sifted(text, WORDS)) == expected


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("name", TEXTS)
def test_the_quiet_lines_and_the_others_are_the_whole_log(name: str) -> None:
    seen: list[tuple[int, str]] = []
    for quiet, number, line in stretches(LogText(TEXTS[name]), WORDS):
        seen += [*quiet.backwards()][::-1]
        if line is not None:
            seen.append((number, line))
    assert seen == read(TEXTS[name])


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("name", TEXTS)
def test_the_log_backwards(name: str) -> None:
    assert list(backwards(LogText(TEXTS[name]))) == read(TEXTS[name])[::-1]


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 10_000), (2, 3), (-2, 2), (5, 4), (150, 160)])
def test_the_lines_with_some_numbers(name: str, first: int, last: int) -> None:
    text = LogText(TEXTS[name])
    expected = [line for number, line in enumerate(text.lines(), 1) if first <= number <= last]
    assert lines_between(text, first, last) == expected


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("name", TEXTS)
def test_the_matches_of_a_pattern(name: str) -> None:
    text, pattern = LogText(TEXTS[name]), re.compile(rb"^line (\d+)|cf$", re.MULTILINE)
    expected = [(n, m[0]) for n, line in enumerate(text.lines(), 1) for m in pattern.finditer(line)]
    assert [(number, match[0]) for number, match in found_in(text, pattern)] == expected


@pytest.mark.parametrize("lines", [1, 30])
@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("name", TEXTS)
def test_what_changes_marked_lines_alone_may_skip_the_others(
    name: str, lines: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sift, "_FEW", few)
    text = TEXTS[name].replace(b"\n", b"\n" * lines)
    head = partial(re.compile(rb"^\w+ (?=.*cf)", re.MULTILINE).sub, b"")
    assert on_marked(head, (b"cf",), text) == head(text)
