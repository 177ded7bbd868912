"""Evidence → fact tables: named columns, zero or more rows, or a `Gap` with the reason.

Each table is a pure function of the evidence and of other tables; joins are made here, so that a page
only selects rows.
"""

from __future__ import annotations

from runback.facts.schemas import SCHEMAS
from runback.model import Evidence, Tables

__all__ = ["SCHEMAS", "tables"]


def tables(evidence: Evidence) -> Tables:
    """The fact tables of `SCHEMAS`, computed lazily."""
    from runback.facts.computed import Computed  # all readers: `scan` needs the schemas alone

    return Computed(evidence)
