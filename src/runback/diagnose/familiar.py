"""What a failed step printed also when it was green is not why it failed, where something else may be."""

from __future__ import annotations

from collections.abc import Iterable

from runback.facts import baseline
from runback.logs.novelty import Known
from runback.model import Evidence, Finding


def familiar(findings: Iterable[Finding], evidence: Evidence) -> tuple[list[Finding], list[Finding]]:
    """The findings that may be causes; and those all of whose lines the last green run printed as well."""
    known = _known(evidence)
    kept: list[Finding] = []
    common: list[Finding] = []
    for finding in findings:
        (common if known and _is_familiar(finding, known) else kept).append(finding)
    told = {where.log for finding in kept if finding.tier == "specific" for where in finding.where}
    alone = [finding for finding in common if not {where.log for where in finding.where} <= told]
    return kept + alone, [finding for finding in common if finding not in alone]


def _known(evidence: Evidence) -> dict[str, Known]:
    """By the id of a failed step's log: the lines that the step printed when it was green."""
    found: dict[str, Known] = {}
    for beside in baseline.besides(evidence):
        for step in baseline.failed_steps(beside.job):
            lines = baseline.known_lines(evidence, beside, step) if isinstance(step.log, str) else None
            if lines is not None:
                found[str(step.log)] = lines
    return found


def _is_familiar(finding: Finding, known: dict[str, Known]) -> bool:
    return bool(finding.where) and all(
        where.log in known and where.text.encode() in known[where.log] for where in finding.where
    )
