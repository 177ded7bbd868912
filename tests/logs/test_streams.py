"""Logs that mix instances are taken apart; every line keeps its number."""

from __future__ import annotations

from io import BytesIO

import pytest

from runback.logs.chunks import SIZE
from runback.logs.streams import split

FORMS = {
    "cf logs": "   2026-03-03T15:00:00.00+0000 [{source}] ERR {text}",
    "pasted": "2017-07-12 10:11:41 [{source}] ERR {text}",
    "in brackets": "2019-10-03T22:37:48.034+05:30 [{source}] [ERR] {text}",
    "guide": "15:00:00.000: [{source}] {text}",
}


def lines_of(data: str) -> dict[str, list[tuple[int, str]]]:
    """Source → its lines with their numbers in the input."""
    found: dict[str, list[tuple[int, str]]] = {}
    for source, chunk in split(BytesIO(data.encode())):
        numbered = enumerate(chunk.data.decode().removesuffix("\n").split("\n"), start=chunk.first_line)
        found.setdefault(source, []).extend((chunk.number(line), text) for line, text in numbered)
    return found


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_each_instance_is_a_stream(form: str) -> None:
    said = [("APP/PROC/WEB/0", "a"), ("APP/PROC/WEB/1", "b"), ("APP/PROC/WEB/0", "  c"), ("RTR/2", "d")]
    text = "".join(form.format(source=source, text=line) + "\n" for source, line in said)
    assert lines_of(text) == {
        "APP/PROC/WEB/0": [(1, "a"), (3, "  c")],
        "APP/PROC/WEB/1": [(2, "b")],
        "RTR/2": [(4, "d")],
    }


def test_services_of_compose() -> None:
    text = "backend-1  | a\nclamav-1   | b\nbackend-1  |   c\n"
    assert lines_of(text) == {"backend-1": [(1, "a"), (3, "  c")], "clamav-1": [(2, "b")]}


def test_a_log_without_sources_is_one_stream() -> None:
    assert lines_of("a\nb\n\nc\n") == {"": [(1, "a"), (2, "b"), (3, ""), (4, "c")]}


def test_numbers_and_neighbours_over_many_chunks() -> None:
    form = FORMS["cf logs"]
    count = 5 * SIZE // 50
    text = "".join(form.format(source=f"APP/{n % 2}", text=f"{n} {'x' * 40}") + "\n" for n in range(count))
    seen = lines_of(text)
    for instance in (0, 1):
        numbers = [number for number, _ in seen[f"APP/{instance}"]]
        assert numbers == list(range(1 + instance, count + 1, 2))
        assert all(int(line.split()[0]) == number - 1 for number, line in seen[f"APP/{instance}"])
    chunks: dict[str, list[bytes]] = {}
    for source, chunk in split(BytesIO(text.encode())):
        chunks.setdefault(source, []).append(chunk.data)
        if len(chunks[source]) > 1:
            assert chunk.before == chunks[source][-2]
        first = chunk.number(chunk.first_line - 1) if chunk.before else 0
        assert not chunk.before or int(chunk.before.splitlines()[-1].split()[0]) == first - 1
    assert len(chunks["APP/0"]) > 2
