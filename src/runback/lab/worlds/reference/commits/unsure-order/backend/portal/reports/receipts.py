"""Receipts: who gets one for an uploaded report."""


def recipients(*groups):
    """Return everybody of the groups once, those of the first group first."""
    return list(set().union(*groups))
