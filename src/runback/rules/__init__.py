"""The runbook's rules: pages loaded and checked, the signature engine, and what pages say of evidence."""

from __future__ import annotations

from runback.rules.loading import load
from runback.rules.runbook import Runbook

__all__ = ["Runbook", "load"]
