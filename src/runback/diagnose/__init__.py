"""Evidence and the runbook → causes with their chains, notices, what was ruled out, what stayed unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.model import Diagnosis, Evidence, Tables
    from runback.rules import Runbook

__all__ = ["diagnose"]


def diagnose(evidence: Evidence, runbook: Runbook, known: Tables | None = None) -> Diagnosis:
    """What is wrong, why, and how sure that is: a pure function of the first two. Plans are made elsewhere.

    `known`: the evidence's fact tables, where whoever asks needs them too.
    """
    from runback.diagnose.judgement import judged  # all facts: `scan`, beside it, needs none of them
    from runback.facts import tables

    return judged(evidence, runbook, tables(evidence) if known is None else known)
