"""The one boundary at which secrets become tokens."""

from __future__ import annotations

from runback.redact.redactor import Redactor
from runback.redact.values import shape

__all__ = ["Redactor", "shape"]
