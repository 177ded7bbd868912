"""What was noticed and is not the cause. What a log tells may be over: it is said when it was last seen."""

from __future__ import annotations

from runback.model import Finding


def sentence(finding: Finding) -> str:
    """The finding's title; with the time in UTC where lines of a log prove it."""
    last = finding.until or finding.at
    if last is None or not any(where.kind == "log" for where in finding.where):
        return finding.title
    return f"{finding.title} (last seen {last:%m-%d %H:%M} UTC)"
