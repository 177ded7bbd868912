from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runback.rules.proposing import beginning, pattern_of, title_of

LINES = (
    "Error: relation 'reports_report' does not exist at db/migrate/0042.sql:17",
    "redis.exceptions.ConnectionError: Error 111 connecting to tdp-redis-dev.apps.internal:6379. Refused.",
    "2026-03-03T14:00:01Z   Quota (used 512 of 512 MB) exceeded {x}",
    '[ERROR] 7 files would be left   "un formatted" [a|b] $1.00 ^C',
    "request 7f3e1a90-1111-2222-3333-444455556666 failed for https://example.org/a?b=c#d",
)


@pytest.mark.parametrize("line", LINES)
def test_a_pattern_matches_its_line_and_not_half_of_it(line: str) -> None:
    pattern = re.compile(pattern_of(line))
    assert pattern.search(line)
    assert not pattern.search(beginning(line))


def test_what_varies_becomes_a_column_and_the_rest_stays() -> None:
    pattern = re.compile(pattern_of(LINES[1]))
    other = LINES[1].replace("tdp-redis-dev", "cache-7").replace("6379", "6380")
    found = pattern.search(other)
    assert found is not None
    assert (found["host"], found["number2"]) == ("cache-7.apps.internal", "6380")
    assert not pattern.search(other.replace("Refused", "Accepted"))


def test_a_time_in_front_is_no_part_of_the_fault() -> None:
    assert re.search(pattern_of(LINES[2]), "Quota (used 1 of 2 MB) exceeded {x}")


@pytest.mark.parametrize("line", ["", "12 34", "---", "at 1:2"])
def test_a_line_without_words_of_its_own_suggests_nothing(line: str) -> None:
    assert pattern_of(line) == ""


@pytest.mark.parametrize("line", LINES)
def test_a_title_names_only_columns_of_the_pattern(line: str) -> None:
    groups = re.compile(pattern_of(line)).groupindex
    assert set(re.findall(r"\{(\w+)\}", title_of(line))) <= set(groups)


def test_a_long_title_is_not_cut_inside_a_column() -> None:
    assert title_of("word " * 19 + "'a quoted value' at the end", 98).count("{") == 0


@given(st.text(alphabet=st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=120))
def test_whatever_the_line_its_pattern_is_one_and_finds_it(line: str) -> None:
    pattern = pattern_of(line)
    if pattern:
        assert re.compile(pattern).search(line.strip())
