"""What a late report costs."""

from datetime import date

PER_DAY = 20


def late_fee(due: date, received: date) -> int:
    """Return the fee for a report, in dollars."""
    days = (received - due).days
    if days < 0:
        return 0
    return days * PER_DAY
