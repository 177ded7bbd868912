"""Marks are found alike with and without hyperscan."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runback.logs.marks import Marks

MARKS = (b"ab", b"\n#", b"abab", b" |", b"##[group]Run ", b"\xc2\xa0", b"a\xff")
texts = st.lists(st.sampled_from([*MARKS, b"a", b"b", b"\n", b"#", b" ", b"|", b"\xff"]), max_size=9).map(
    b"".join
)


@given(text=texts)
def test_the_marks_of_a_text(text: bytes) -> None:
    assert Marks(*MARKS).of(text) == {mark for mark in MARKS if mark in text}


def test_without_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert Marks(*MARKS).of(b"a cab |") == {b"ab", b" |"}
    assert Marks(*MARKS).of(b"") == set()
