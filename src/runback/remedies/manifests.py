"""What the files of the repository say of an app's settings, for remedies that bring an app back to it."""

from __future__ import annotations

import re

from runback.facts.expected import expectations
from runback.model import App, Evidence

_SIZE = re.compile(r"(\d+)\s*([MG])B?", re.IGNORECASE)


def setting(evidence: Evidence, app: App, name: str) -> str | None:
    """'memory', 'disk', 'health check' …: what a manifest or a script says it is, where one does."""
    for one in expectations(evidence, app.name, "setting"):
        if one.name.known == name and one.value.likely:
            return one.value.likely
    return None


def megabytes(evidence: Evidence, app: App, name: str) -> int | None:
    """A setting that is a size."""
    match = _SIZE.fullmatch(setting(evidence, app, name) or "")
    return int(match[1]) * (1024 if match[2].upper() == "G" else 1) if match else None
