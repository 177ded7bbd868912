"""Evidence and the runbook → causes with their chains, notices, what was ruled out, what stayed unknown."""

from __future__ import annotations

from runback.diagnose.causes import rank
from runback.diagnose.chains import Chains, Edges, closure
from runback.diagnose.verdict import ruled_out, sentence_of, unknown_pages, verdict_of
from runback.facts import tables
from runback.facts.symptoms import blind_spots, symptoms_of
from runback.facts.views import unread_logs
from runback.model import Diagnosis, Evidence, Gap, Table, UnknownPage
from runback.rules import Runbook
from runback.views import views

__all__ = ["diagnose"]


def diagnose(evidence: Evidence, runbook: Runbook) -> Diagnosis:
    """What is wrong, why, and how sure that is: a pure function of the two. Plans are made elsewhere."""
    known = tables(evidence)
    outcomes = runbook.outcomes(known, evidence.logs, unread_logs(evidence))
    symptoms = symptoms_of(known)
    graph = closure({page.id: page.leads_to for page in runbook.pages})
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    chains = Chains(findings, symptoms, graph, dependencies(known["connections"]))
    ranked = rank(chains, runbook)
    blind = tuple(dict.fromkeys(blind_spots(known)))
    verdict = verdict_of(ranked.causes, symptoms, blind)
    return Diagnosis(
        target=evidence.target,
        verdict=verdict,
        sentence=sentence_of(verdict, evidence, ranked.causes, symptoms, blind),
        causes=ranked.causes,
        consequences=ranked.consequences,
        notices=ranked.notices,
        symptoms=symptoms,
        ruled_out=ruled_out(outcomes, runbook, graph, symptoms),
        unknown=(*_blind_pages(blind), *unknown_pages(outcomes, runbook, graph, symptoms)),
        views=views(evidence, known, ranked.causes, ranked.notices, symptoms),
    )


def _blind_pages(blind: tuple[Gap, ...]) -> tuple[UnknownPage, ...]:
    """What is missing for any judgement, before what is missing for single pages."""
    return tuple(UnknownPage(page="", title=gap.what, reason=gap.reason) for gap in blind)


def dependencies(connections: Table | Gap) -> Edges:
    """Which app needs which, and by which host, from the table of connections."""
    found: dict[str, set[tuple[str, str | None]]] = {}
    for row in () if isinstance(connections, Gap) else connections.rows:
        hostname = row.cells["hostname"]
        edge = (str(row.cells["destination"]), hostname if isinstance(hostname, str) else None)
        found.setdefault(str(row.cells["source"]), set()).add(edge)
    return {source: frozenset(edges) for source, edges in found.items()}
