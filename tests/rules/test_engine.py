"""The engine against the truth: Python's `re` on bytes, line by line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from runback.facts import SCHEMAS
from runback.logs.render import render
from runback.rules import cache, load
from runback.rules.candidates import Engine, PatternRefused
from runback.rules.ending import PATTERNS as ENDINGS
from runback.rules.engine import Matcher, hits
from runback.rules.hyperscan_engine import HyperscanEngine
from runback.rules.patterns import objection, shortened
from runback.rules.re2_engine import Re2Engine

ENGINES = ("hyperscan", "re2")
PIECES = ("a", "b", "0", " ", "\t", "\v", ".", "ab", "error: ", "é", "✕", "'", '"', "x=1", "A", "_", "-")


def truth(text: bytes, patterns: Sequence[str]) -> list[tuple[int, int]]:
    compiled = [re.compile(pattern.encode()) for pattern in patterns]
    return [
        (number, index)
        for number, line in enumerate(text.split(b"\n"), 1)
        for index, pattern in enumerate(compiled)
        if pattern.search(line)
    ]


def engine(name: str, patterns: Sequence[str]) -> Engine:
    kind = HyperscanEngine if name == "hyperscan" else Re2Engine
    return kind([shortened(pattern) for pattern in patterns])


atoms = st.sampled_from(
    [
        "a",
        "b",
        "0",
        r"\.",
        ".",
        r"\d",
        r"\w",
        r"\s",
        r"\S",
        r"\W",
        r"\b",
        "[ab]",
        "[^a]",
        r"[^\s]",
        "é",
        " ",
        "✕",
        "x=",
    ]
)
repeats = st.sampled_from(["", "", "", "+", "*", "?", "{2}", "{1,3}", "+?", "*?"])


@st.composite
def regexes(draw: st.DrawFn) -> str:
    parts = [
        atom + (draw(repeats) if atom not in (r"\b", "✕", "é") else "")
        for atom in draw(st.lists(atoms, min_size=1, max_size=5))
    ]
    body = "".join(parts)
    if draw(st.booleans()):
        body = f"(?:{body}|{draw(st.sampled_from(['ab', 'error', '0+']))})"
    if draw(st.booleans()):
        body += r"(?P<rest>.+)"
    body = draw(st.sampled_from(["", "^", r"^\s*"])) + body + draw(st.sampled_from(["", "", "$"]))
    return draw(st.sampled_from(["", "(?i)"])) + body


patterns = st.lists(regexes().filter(lambda pattern: not objection(pattern)), min_size=1, max_size=6)
texts = st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), max_size=12).map("\n".join)


@pytest.mark.parametrize("name", ENGINES)
@settings(max_examples=150, deadline=None)
@given(patterns=patterns, text=texts)
@example(patterns=["a", r"(?:aa*\b\s*|ab)"], text="a\n")
def test_hits_are_those_of_re_line_by_line(name: str, patterns: list[str], text: str) -> None:
    raw = render(text.encode())
    try:
        compiled = engine(name, patterns)
    except PatternRefused as refused:
        assert "can never match" in str(refused)  # noqa: PT017 - anything else must be taken
        reject()
    found = Matcher(patterns, compiled).hits(BytesIO(raw))
    assert [(hit.line, hit.pattern) for hit in found] == truth(raw, patterns)


@pytest.mark.parametrize("name", ENGINES)
def test_an_end_behind_the_newline_does_not_hide_the_one_before_it(name: str) -> None:
    signatures = [r"(?:aa*\b\s*|ab)"]  # Hyperscan tells the end after the newline first
    found = Matcher(signatures, engine(name, signatures)).hits(BytesIO(b"a\n\nxa \nb"))
    assert [(hit.line, hit.text) for hit in found] == [(1, b"a"), (3, b"xa ")]


@pytest.mark.parametrize("name", ENGINES)
def test_all_pages_on_all_their_examples(name: str) -> None:
    runbook = load(SCHEMAS)
    signatures = [signature.pattern for page in runbook.pages for signature in page.signatures]
    text = "\n".join(
        example.log for page in runbook.pages for example in page.examples if example.log
    ).encode()
    found = [
        (hit.line, hit.pattern) for hit in Matcher(signatures, engine(name, signatures)).hits(BytesIO(text))
    ]
    assert found == truth(text, signatures)
    assert len(found) > 20


@pytest.mark.parametrize("name", ENGINES)
def test_a_margin_hides_nothing_behind_other_lines(name: str) -> None:
    signatures = [r"^\s*ERROR: Could not build wheels for", r"^ *\[?ERR_PNPM_\w+"]  # both begin with 'ERR'
    text = b"x\n" * 40 + b" ERR_PNPM_FETCH_404  GET\n"
    found = Matcher(signatures, engine(name, signatures)).hits(BytesIO(text))
    assert [(hit.line, hit.pattern) for hit in found] == [(41, 1)]


@pytest.mark.parametrize("name", ENGINES)
def test_none_of_many_that_begin_with_a_number_hides_another(name: str) -> None:
    lines = [
        b"3 specs, 0 failures",
        b"2 runs, 3 assertions, 0 failures, 0 errors, 0 skips",
        b"5 examples, 1 failure",
        b"== 1155 passed =",
        b" FAILED: Target database is not up to date",
    ]
    signatures = [*(one.pattern for page in load(SCHEMAS).pages for one in page.signatures), *ENDINGS]
    compiled = [re.compile(one.encode()) for one in signatures]
    found = Matcher(signatures, engine(name, signatures)).hits(BytesIO(b"quiet\n" + b"\n".join(lines)))
    expected = {
        (number, at)
        for number, line in enumerate(lines, 2)
        for at, one in enumerate(compiled)
        if one.search(line)
    }
    assert {number for number, _ in expected} == {2, 3, 4, 5, 6}
    assert {(hit.line, hit.pattern) for hit in found} == expected


@pytest.mark.parametrize("name", ENGINES)
def test_line_numbers_go_on_over_chunks(name: str) -> None:
    line = b"x" * 99 + b"\n"
    text = line * 25_000 + b"needle 1\n" + line * 25_000 + b"needle 2"
    found = list(Matcher([r"needle \d"], engine(name, [r"needle \d"])).hits(BytesIO(text)))
    assert [(hit.line, hit.text) for hit in found] == [(25_001, b"needle 1"), (50_002, b"needle 2")]


def test_an_endless_line_is_read_in_pieces() -> None:
    text = b"a" * 9_000_000 + b"\nneedle\n"
    assert [hit.line for hit in hits(BytesIO(text), ["needle"])] == [2]


@pytest.mark.parametrize("name", ENGINES)
def test_a_hit_far_inside_a_long_line_is_found_in_its_line(name: str) -> None:
    text = b"x" * 300_000 + b" needle 7" + b"y" * 300_000 + b"\nneedle 8\n"
    signatures = [r"needle \d", r"^needle"]
    found = Matcher(signatures, engine(name, signatures)).hits(BytesIO(text))
    assert [(hit.line, hit.pattern) for hit in found] == [(1, 0), (2, 0), (2, 1)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("fatal: (?P<message>.+)", "fatal: ."),
        ("fatal: (?P<message>.*)", "fatal: "),
        (r"port (?P<port>\d+)", r"port \d"),
        (r"ends with a dot\.+", r"ends with a dot\.+"),
        (r"(?:a|b.+)", r"(?:a|b.+)"),
        (r"say '[^']*", "say '"),
        (r"^\s*\d+ failing", r"(?:^|\s)\d+ failing"),
        (r"(?i)^\s+error: .*", r"(?i)\serror: "),
        (r"^\s*?a", r"^\s*?a"),
        (r"^[1-9]\d* tests?, 0 failures", r"\d tests?, 0 failures"),
        (r"(?i)^\d+ passed in", r"(?i)\d passed in"),
        (r"^=+ \d+ deselected", r"= \d+ deselected"),
        (r"^\d+?x", r"^\d+?x"),
        (r"^\.+x", r"^\.+x"),
        (r"(?:^ *FAILED|a): ", r"(?:FAILED|a): "),
    ],
)
def test_open_ends_are_taken_from_what_the_engine_sees(pattern: str, expected: str) -> None:
    assert shortened(pattern) == expected


def test_a_damaged_cache_is_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert len(list(Matcher(["needle"], keep=True).hits(BytesIO(b"needle")))) == 1
    (kept,) = (tmp_path / "runback").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:100])
    assert len(list(Matcher(["needle"], keep=True).hits(BytesIO(b"needle")))) == 1
    assert kept.read_bytes() == whole
    cache.write(kept.name, b"whole, but no database")
    assert len(list(Matcher(["needle"], keep=True).hits(BytesIO(b"needle")))) == 1


def test_a_cache_that_others_may_write_to_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache.write("entry", b"content")
    assert cache.read("entry") == b"content"
    (tmp_path / "runback").chmod(0o777)
    assert cache.read("entry") is None
