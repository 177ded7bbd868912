"""Evidence in one redacted file: written, read again under suspicion, compared, audited."""

from __future__ import annotations

from runback.bundle.auditing import Audit, audit
from runback.bundle.comparing import Difference, differences
from runback.bundle.manifest import SCHEMA, Manifest, gaps_of
from runback.bundle.reading import Bundle, opened
from runback.bundle.writing import check_place, write

__all__ = [
    "SCHEMA",
    "Audit",
    "Bundle",
    "Difference",
    "Manifest",
    "audit",
    "check_place",
    "differences",
    "gaps_of",
    "opened",
    "write",
]
