"""Connections that failed for a while and are good again: they explain nothing that is wrong now."""

from __future__ import annotations

from collections.abc import Iterable

from runback.diagnose.chains import host_of
from runback.facts.failures import read_failure
from runback.model import Finding, Gap, Table


def passed(findings: Iterable[Finding], requests: Table | Gap) -> tuple[list[Finding], list[Finding]]:
    """The findings that count, and those about a host that their app reaches again, as the requests tell."""
    counted: list[Finding] = []
    over: list[Finding] = []
    for finding in findings:
        (over if _is_over(finding, requests) else counted).append(finding)
    return counted, over


def _is_over(finding: Finding, requests: Table | Gap) -> bool:
    """Whether all its connections that failed in this way went well later."""
    place, host = (finding.where[0] if finding.where else None), host_of(finding)
    if finding.stage != "connect" or place is None or place.log is None or host is None:
        return False
    failure = read_failure(place.line or 0, place.text)
    alike = (finding.app, host, failure.error if failure else None)
    seen = [
        row.cells["recovered"]
        for row in (() if isinstance(requests, Gap) else requests.rows)
        if (row.app, row.cells["upstream"], row.cells["error"]) == alike
    ]
    return bool(seen) and all(recovered is True for recovered in seen)
