"""Evidence → fact tables: named columns, zero or more rows, or a `Gap` with the reason."""

from __future__ import annotations

from runback.facts.schemas import SCHEMAS

__all__ = ["SCHEMAS"]
