"""What the steps of plans change: one class for each kind of change, found by its name in `registry`."""

from __future__ import annotations

from runback.remedies.actions.interface import Action, Handle, Look

__all__ = ["Action", "Handle", "Look"]
