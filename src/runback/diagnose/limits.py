"""What was there and is not looked at, because a limit was reached: it is said, whatever the verdict."""

from __future__ import annotations

from runback.model import Evidence, Gap


def limits(evidence: Evidence) -> tuple[Gap, ...]:
    """What collecting left out, and outputs that came only in part. Logs of apps say it where shown."""
    parts = (log for log in evidence.logs if log.truncated and log.app is None)
    return (*evidence.limits, *(Gap(what=log.name, reason="only a part of it could be had") for log in parts))
