"""The one boundary at which secrets become tokens."""

from __future__ import annotations

from runback.redact.outgoing import guard, outgoing, outgoing_entry, outgoing_report
from runback.redact.pieces import pieces
from runback.redact.redactor import Redactor, key_id
from runback.redact.spans import tokens_in
from runback.redact.values import shape

__all__ = [
    "Redactor",
    "guard",
    "key_id",
    "outgoing",
    "outgoing_entry",
    "outgoing_report",
    "pieces",
    "shape",
    "tokens_in",
]
