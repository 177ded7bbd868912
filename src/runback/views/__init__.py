"""What a report draws besides the findings: excerpts of logs, the timeline, the map, comparisons.

Pure functions of evidence, fact tables and findings, so that a bundle gives what the live run gave.
"""

from __future__ import annotations

from collections.abc import Sequence

from runback.facts.path import failing_ways
from runback.model import Cause, Evidence, Finding, Symptom, Tables, Views
from runback.views import logs
from runback.views.changes import changes
from runback.views.comparisons import comparisons
from runback.views.excerpts import excerpts
from runback.views.network import network
from runback.views.steps import steps
from runback.views.timeline import timeline

__all__ = ["views"]


def views(
    evidence: Evidence,
    tables: Tables,
    causes: Sequence[Cause],
    notices: Sequence[Finding],
    symptoms: Sequence[Symptom],
) -> Views:
    """The views of one diagnosis."""
    chained = [finding for cause in causes for finding in (cause.finding, *cause.chain)]
    places = [place for finding in (*chained, *notices) for place in finding.where]
    places += [place for symptom in symptoms for place in symptom.where]
    nodes, edges = network(evidence, tables)
    return Views(
        excerpts=excerpts(evidence.logs, places),
        timeline=timeline(evidence, tables, chained, symptoms),
        nodes=nodes,
        edges=edges,
        comparisons=comparisons(evidence, chained),
        changes=changes(evidence, chained),
        traces=logs.exceptions(evidence, tables),
        routes=logs.routes(tables),
        log_begins=logs.log_begins(evidence, chained),
        ways=failing_ways(evidence, tables),
        steps=steps(evidence),
        collected_at=evidence.collected_at,
    )
