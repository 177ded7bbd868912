"""A stream as chunks: whole lines, numbers that are right, a line that is too long cut, neighbours known."""

from __future__ import annotations

from io import BytesIO

from runback.logs.chunks import LONGEST_LINE, SIZE, Chunk, chunks

LINES = b"".join(b"line %d of a log that goes on for long\n" % number for number in range(1, 30_001))


def read(data: bytes) -> list[Chunk]:
    """The chunks as they are while they are looked at: their neighbours are forgotten afterwards."""
    return [
        Chunk(one.data, one.first_line, one.before, one.after, one.cut)
        for one in chunks(BytesIO(data), lambda _: bytes)
    ]


def test_chunks_are_whole_lines_with_the_number_of_the_first() -> None:
    found = read(LINES + b"the last has no end")
    assert len(found) > 3
    assert b"".join(one.data for one in found) == LINES + b"the last has no end"
    assert all(one.data.endswith(b"\n") and len(one.data) <= SIZE + 100 for one in found[:-1])
    assert [one.data.split(b" ", 2)[:2] for one in found[:-1]] == [
        [b"line", b"%d" % one.first_line] for one in found[:-1]
    ]
    assert not any(one.cut for one in found)


def test_a_chunk_knows_the_text_before_and_after_it() -> None:
    found = read(LINES)
    assert [one.before for one in found] == [b"", *(one.data for one in found[:-1])]
    assert [one.after for one in found] == [*(one.data for one in found[1:]), b""]


def test_a_line_is_cut_only_where_it_is_longer_than_memory_may_hold() -> None:
    long = b"x" * (LONGEST_LINE - SIZE)
    whole, rest = read(b"first\n" + long + b"\nthird\n"), read(b"first\n" + long * 2 + b"\nthird\n")
    assert [one.cut for one in whole] == [False] * len(whole)
    assert [one.cut for one in rest].count(True) == 1
    for found in (whole, rest):
        lines = {one.first_line: one for one in found}
        assert lines[1].data == b"first\n"
        assert found[-1].data.endswith(b"\nthird\n")
        assert found[-1].first_line == 2  # a line that was cut goes on under its own number


def test_an_empty_stream_has_no_chunk() -> None:
    assert read(b"") == []
