"""What a page advises goes with the cause: reports, bundles and scripts need no runbook to say it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from runback.model import Cause
from runback.rules import Runbook


def advised(causes: Iterable[Cause], runbook: Runbook) -> tuple[Cause, ...]:
    """The causes, each with the 'Mitigation' of its page."""
    return tuple(replace(cause, advice=runbook.page(cause.finding.page).advice) for cause in causes)
