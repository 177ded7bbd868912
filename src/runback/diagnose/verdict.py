"""The verdict in one sentence, what was ruled out, and what stayed unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from runback.model import (
    Cause,
    Evidence,
    Gap,
    Outcome,
    Platform,
    RuledOut,
    Symptom,
    SymptomName,
    UnknownPage,
    Verdict,
)
from runback.rules import Runbook
from runback.rules.leading import Graph

# What a person notices first stands first; `{app}` is the app, `{title}` the symptom's own words.
_SAID: dict[SymptomName, str] = {
    "app-down": "{app} is down",
    "app-crashed": "{app} crashes",
    "request-failed": "requests to {app} fail",
    "page-unusable": "{title}",
    "staging-failed": "{app} cannot be staged",
    "deployment-stuck": "the deployment of {app} does not move",
    "task-failed": "{title}",
    "stale-commit": "{app} still runs old code",
    "step-failed": "{title}",
    "run-missing": "{title}",
    "failure": "{title}",
}
_SERVES_STILL: tuple[SymptomName, ...] = ("app-crashed",)


def verdict_of(causes: Sequence[Cause], symptoms: Sequence[Symptom], blind: Sequence[Gap]) -> Verdict:
    """failed, degraded where the apps still serve, unknown where too little could be read, else healthy."""
    if symptoms:
        warnings = bool(causes) and all(cause.finding.severity != "error" for cause in causes)
        serving = all(symptom.name in _SERVES_STILL for symptom in symptoms)
        return "degraded" if serving or warnings else "failed"
    return "unknown" if blind else "healthy"


def sentence_of(
    verdict: Verdict,
    evidence: Evidence,
    causes: Sequence[Cause],
    symptoms: Sequence[Symptom],
    blind: Sequence[Gap],
) -> str:
    """One plain sentence for a tired person."""
    if verdict == "healthy":
        return _healthy(evidence)
    if not symptoms:
        reasons = "; ".join(f"{gap.what}: {gap.reason}" for gap in blind[:2])
        return f"It cannot be said whether {_subject(evidence)} is well ({reasons})."
    observed = _capital(_worst(causes[0].symptoms if causes else symptoms, evidence.target.app))
    if causes:
        return f"{observed}: {_lower(causes[0].finding.title)}."
    why = "no page of the runbook explains it"
    if blind:
        why += f", and not everything could be read ({blind[0].what}: {blind[0].reason})"
    return f"{observed}, but {why}."


def _worst(symptoms: Sequence[Symptom], asked: str | None) -> str:
    """The symptom that a person notices first, of the app they asked for where it is one of several."""
    order = list(_SAID)
    symptom = min(symptoms, key=lambda one: (order.index(one.name), one.app != asked, one.app is None))
    if symptom.app is None or "{title}" in _SAID[symptom.name]:
        return symptom.title
    if symptom.name == "request-failed":
        return symptom.title
    return _SAID[symptom.name].format(app=symptom.app)


def _subject(evidence: Evidence) -> str:
    target = evidence.target
    return target.app or target.environment or target.branch or target.project or "the target"


def _healthy(evidence: Evidence) -> str:
    platform = evidence.platform
    if isinstance(platform, Platform) and not isinstance(platform.apps, Gap):
        count = sum(app.role != "peer" for app in platform.apps)
        apps = "1 app" if count == 1 else f"{count} apps"
        return f"{_capital(_subject(evidence))} is healthy: {apps} looked at, nothing failed."
    return f"{_capital(_subject(evidence))} is healthy: nothing failed."


def _capital(text: str) -> str:
    """A sentence begins with a capital, unless with a name such as tdp-backend-raft."""
    first = text.split(" ")[0]
    return text if "-" in first or "_" in first else text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    """A title inside a sentence: its first word is no name unless it is written like one."""
    first = text.split(" ")[0]
    plain = first[:1].isupper() and first[1:].islower()
    return text[:1].lower() + text[1:] if plain or len(first) == 1 else text


def ruled_out(
    outcomes: Iterable[Outcome], runbook: Runbook, graph: Graph, symptoms: Sequence[Symptom]
) -> tuple[RuledOut, ...]:
    """The pages that could have explained a symptom, were looked at, and are silent.

    First those that a person would suspect next: they explain at once what was found, from facts.
    """
    outcomes = tuple(outcomes)
    seen = {symptom.name for symptom in symptoms}
    fired = {outcome.page for outcome in outcomes if outcome.findings} | seen

    def suspicion(outcome: Outcome) -> tuple[bool, bool, bool, str]:
        page = runbook.page(outcome.page)
        return not fired & set(page.leads_to), page.select is None, page.tier == "fallback", page.id

    silent = [
        outcome
        for outcome in outcomes
        if outcome.because
        and not outcome.findings
        and not outcome.unknown
        and graph.get(outcome.page, frozenset()) & seen
    ]
    return tuple(
        RuledOut(page=outcome.page, title=_question(runbook, outcome.page), because=outcome.because)
        for outcome in sorted(silent, key=suspicion)
    )


def unknown_pages(
    outcomes: Iterable[Outcome], runbook: Runbook, graph: Graph, symptoms: Sequence[Symptom]
) -> tuple[UnknownPage, ...]:
    """The pages that cannot tell; those that could explain a symptom first."""
    seen = {symptom.name for symptom in symptoms}
    found = [
        UnknownPage(page=outcome.page, title=_question(runbook, outcome.page), reason=reason)
        for outcome in outcomes
        for reason in outcome.unknown
    ]
    return tuple(sorted(found, key=lambda one: not graph.get(one.page, frozenset()) & seen))


def _question(runbook: Runbook, page: str) -> str:
    """The page's title as a possibility: its placeholders are dots, since nothing filled them."""
    return re.sub(r"\{\w+\}", "…", runbook.page(page).title)
