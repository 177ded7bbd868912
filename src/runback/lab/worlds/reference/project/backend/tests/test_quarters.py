from datetime import date

import pytest

from portal.reports.quarters import due_date, first_day


@pytest.mark.parametrize(
    ("quarter", "expected"),
    [
        ("Q1", date(2025, 10, 1)),
        ("Q2", date(2026, 1, 1)),
        ("Q3", date(2026, 4, 1)),
        ("Q4", date(2026, 7, 1)),
    ],
)
def test_first_day(quarter, expected):
    assert first_day(2026, quarter) == expected


def test_first_quarter_is_due_in_february():
    assert due_date(2026, "Q1") == date(2026, 2, 14)


def test_last_quarter_is_due_in_november():
    assert due_date(2026, "Q4") == date(2026, 11, 14)
