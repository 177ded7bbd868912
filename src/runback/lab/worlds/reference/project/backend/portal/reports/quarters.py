"""Fiscal quarters: the fiscal year starts in October of the calendar year before."""
from datetime import date

FIRST_MONTH = {"Q1": 10, "Q2": 1, "Q3": 4, "Q4": 7}


def first_day(fiscal_year, quarter):
    """Return the first calendar day of a fiscal quarter."""
    month = FIRST_MONTH[quarter]
    year = fiscal_year - 1 if quarter == "Q1" else fiscal_year
    return date(year, month, 1)


def due_date(fiscal_year, quarter):
    """Return the day on which the quarter's report is due: the 14th, four and a half months on."""
    start = first_day(fiscal_year, quarter)
    month = start.month + 4
    return date(start.year + (month - 1) // 12, (month - 1) % 12 + 1, 14)
