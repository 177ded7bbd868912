"""A line is what a terminal would show at its end."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runback.logs.render import render


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain\ttext\n", b"plain\ttext\n"),
        (b"\x1b[31;1mred\x1b[0m\n", b"red\n"),
        (b"\x1b[38;5;208morange\x1b[m", b"orange"),
        (b"10%\r50%\r100%\n", b"100%\n"),
        (b"downloading\rdone\n", b"doneloading\n"),
        (b"downloading\r\x1b[Kdone\n", b"done\n"),
        (b"downloading\x1b[2K\rdone\n", b"done\n"),
        (b"windows\r\nlines\r\n", b"windows\nlines\n"),
        (b"abc\b\bX\n", b"aXc\n"),
        (b"\x1b]0;title\x07text\n", b"text\n"),
        (b"\x1b]8;;https://x.example\x1b\\link\x1b]8;;\x1b\\\n", b"link\n"),
        (b"\x1b[?25lhidden cursor\x1b[?25h\n", b"hidden cursor\n"),
        (b"\x1b(B\x1b[mtext\n", b"text\n"),
        (b"a\x1b[3Cb\n", b"a   b\n"),
        (b"abcdef\x1b[3GX\n", b"abXdef\n"),
        (b"travis_fold:start:x\r\x1b[0Kgo\n", b"go\n"),
        (b"n\x00u\x00l\n", b"nul\n"),
        ("ü ✕ 漢\x1b[0m".encode(), "ü ✕ 漢".encode()),
        (b"latin \xe9\x1b[0m", b"latin \xe9"),
        (b"\x1b[1Aredrawn\n", b"redrawn\n"),
        (b"cut off \x1b[3", b"cut off"),
    ],
)
def test_what_a_terminal_shows(raw: bytes, shown: bytes) -> None:
    assert render(raw) == shown


@given(
    st.lists(
        st.sampled_from([b"a", b"\n", b"\r", b"\x1b[K", b"\x1b[2K", b"\x1b[5D", b"\b", b"\x1b", b"\xff"])
    ).map(b"".join)
)
def test_the_number_of_lines_never_changes_and_no_control_is_left(raw: bytes) -> None:
    shown = render(raw)
    assert shown.count(b"\n") == raw.count(b"\n")
    assert not any(byte in shown for byte in b"\r\b\x1b")


def test_a_hostile_line_takes_linear_time() -> None:
    def seconds(size: int) -> float:
        began = time.perf_counter()
        render(b"x" * 5000 + b"\x1b[9999C\x1b[1K\ry" * size)
        return time.perf_counter() - began

    assert seconds(16_000) < 40 * max(seconds(2_000), 0.001)
