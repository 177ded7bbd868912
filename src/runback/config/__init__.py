"""What to look at (`runback.toml`, from the checkout) and with what (`access`, from the person alone)."""

from __future__ import annotations

from runback.config.access import Access, CircleAccess, CloudFoundryAccess, access

__all__ = ["Access", "CircleAccess", "CloudFoundryAccess", "access"]
