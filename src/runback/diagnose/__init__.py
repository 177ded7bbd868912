"""Evidence and the runbook → causes with their chains, notices, what was ruled out, what stayed unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.model import Diagnosis, Evidence
    from runback.rules import Runbook

__all__ = ["diagnose"]


def diagnose(evidence: Evidence, runbook: Runbook) -> Diagnosis:
    """What is wrong, why, and how sure that is: a pure function of the two. Plans are made elsewhere."""
    from runback.diagnose.judgement import judged  # all facts: `scan`, beside it, needs none of them

    return judged(evidence, runbook)
