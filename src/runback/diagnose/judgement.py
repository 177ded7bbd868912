"""The whole of a diagnosis: facts, findings, chains, verdict, views."""

from __future__ import annotations

from collections.abc import Iterable

from runback.diagnose.advice import advised
from runback.diagnose.causes import HiddenWay, rank
from runback.diagnose.chains import Chains, Edges
from runback.diagnose.familiar import familiar
from runback.diagnose.handled import apart, survived
from runback.diagnose.limits import limits
from runback.diagnose.passed import outlived, passed
from runback.diagnose.verdict import ruled_out, sentence_of, unknown_pages, verdict_of
from runback.facts.symptoms import blind_spots, symptoms_of
from runback.facts.views import unread_logs
from runback.model import Diagnosis, Evidence, Gap, Outcome, Table, Tables, UnknownPage
from runback.rules import Runbook
from runback.rules.leading import closure
from runback.views import views


def judged(evidence: Evidence, runbook: Runbook, known: Tables) -> Diagnosis:
    """What is wrong, why, and how sure that is: from evidence and its tables. Plans are made elsewhere."""
    logs = [log for log in evidence.logs if log.kind != "baseline"]
    outcomes = runbook.outcomes(known, logs, unread_logs(evidence))
    symptoms = symptoms_of(known)
    graph = runbook.reached
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    leads_to = {page.id: page.leads_to for page in runbook.pages}
    real = closure(leads_to, silent_facts(outcomes, runbook))
    counted, passing = apart(findings, evidence.logs, runbook)
    counted, old = survived(counted, known["crashes"], known["requests"], runbook)
    passing += old
    counted, over = passed(counted, known["requests"])
    counted, gone = outlived(counted, evidence)
    passing += (*over, *gone)
    counted, common = familiar(counted, evidence)
    passing += common
    chains = Chains(counted, symptoms, real, dependencies(known["connections"], known["requests"]))
    ranked = rank(chains, runbook, hidden_ways(known["network.path"]), strangers(known["routes.ends"]))
    blind = tuple(dict.fromkeys(blind_spots(evidence, known)))
    verdict = verdict_of(ranked.causes, symptoms, blind)
    return Diagnosis(
        target=evidence.target,
        verdict=verdict,
        sentence=sentence_of(verdict, evidence, ranked.causes, symptoms, (*ranked.withheld, *blind)),
        causes=advised(ranked.causes, runbook),
        consequences=ranked.consequences,
        notices=(*ranked.notices, *passing),
        symptoms=symptoms,
        ruled_out=ruled_out(outcomes, runbook, graph, symptoms),
        unknown=(
            *_blind_pages((*blind, *limits(evidence))),
            *unknown_pages(outcomes, runbook, graph, symptoms),
        ),
        views=views(evidence, known, ranked.causes, (*ranked.notices, *passing), symptoms),
    )


def silent_facts(outcomes: Iterable[Outcome], runbook: Runbook) -> frozenset[str]:
    """The pages that facts rule out. Logs rule nothing out: the line may be older than what is kept."""
    return frozenset(
        outcome.page
        for outcome in outcomes
        if not outcome.findings and not outcome.unknown and runbook.page(outcome.page).select is not None
    )


def hidden_ways(paths: Table | Gap) -> tuple[HiddenWay, ...]:
    """The ways from app to app of which this user cannot see whether a policy lets them pass."""
    return tuple(
        HiddenWay(row.app, str(row.cells["hostname"]), policy)
        for row in (() if isinstance(paths, Gap) else paths.rows)
        if isinstance(policy := row.cells["policy"], Gap)
    )


def strangers(ends: Table | Gap) -> frozenset[str]:
    """The apps that answer at an address beside the one that is meant."""
    rows = () if isinstance(ends, Gap) else ends.rows
    return frozenset(row.app for row in rows if row.app and row.cells["instead_of"] is not None)


def _blind_pages(blind: tuple[Gap, ...]) -> tuple[UnknownPage, ...]:
    """What is missing for any judgement, before what is missing for single pages."""
    return tuple(UnknownPage(page="", title=gap.what, reason=gap.reason) for gap in blind)


def dependencies(connections: Table | Gap, requests: Table | Gap) -> Edges:
    """Which app needs which, and by which host: from addresses, and from failed requests in the logs.

    The logs still say whom an app asks where its variables may not be read. Apps that merely share their
    code ask nothing of each other.
    """
    found: dict[str, set[tuple[str, str | None]]] = {}
    for table, caller, host in ((connections, "source", "hostname"), (requests, "app", "upstream")):
        for row in () if isinstance(table, Gap) else table.rows:
            source, destination, by = row.cells[caller], row.cells["destination"], row.cells[host]
            if row.cells.get("why") == "shares-code":
                continue
            if isinstance(source, str) and isinstance(destination, str) and destination not in ("", source):
                edge = (destination, by if isinstance(by, str) else None)
                found.setdefault(source, set()).add(edge)
    return {source: frozenset(edges) for source, edges in found.items()}
