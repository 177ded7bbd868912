"""Findings, causes, plans, and the diagnosis that holds them."""

from __future__ import annotations

from datetime import datetime

from runback.model.evidence import Target
from runback.model.record import Confidence, Record, Scalar, Severity, Stage, SymptomName, Tier, Verdict
from runback.model.steps import Novel
from runback.model.tables import Where
from runback.model.views import Views


class Finding(Record, frozen=True, kw_only=True):
    """One page firing on given rows or lines."""

    page: str
    title: str  # the page's title with its values filled in
    stage: Stage
    severity: Severity
    confidence: Confidence
    tier: Tier = "specific"
    app: str | None = None
    at: datetime | None = None
    until: datetime | None = None  # when it was last seen, where it was seen more than once
    where: tuple[Where, ...] = ()
    values: dict[str, Scalar] = {}
    count: int = 1
    leads_to: tuple[str, ...] = ()


class Outcome(Record, frozen=True, kw_only=True):
    """What one page says of the evidence: it fires (findings), is silent, or unknown (reasons).

    Both may be filled: it fires on some rows and cannot tell of others.
    """

    page: str
    findings: tuple[Finding, ...] = ()
    unknown: tuple[str, ...] = ()
    because: str = ""  # silent: what was looked at ('4 policies looked at')


class Symptom(Record, frozen=True, kw_only=True):
    """What was seen to be wrong, whatever the reason."""

    name: SymptomName
    title: str
    app: str | None = None
    destination: str | None = None  # the app that could not be reached
    host: str | None = None  # by which it was asked
    at: datetime | None = None
    until: datetime | None = None  # when it was last seen
    where: tuple[Where, ...] = ()


class PlanStep(Record, frozen=True, kw_only=True):
    """One step of a plan: for a person a sentence and a command, for apply a typed action."""

    sentence: str
    command: str = ""  # the equal cf or CircleCI command, quoted for a shell; '' for an instruction
    changes: str = ""
    interrupts: bool = False  # service stops while it runs
    undo: str = ""
    needs: str = ""  # role or scope
    action: str = ""  # what apply does: 'POST /networking/v1/external/policies'; '' where a person must act
    parameters: dict[str, Scalar] = {}


class Plan(Record, frozen=True, kw_only=True):
    """What would mend a cause. `safe`: nothing that works is put at risk by it."""

    remedy: str
    sentence: str
    safe: bool
    steps: tuple[PlanStep, ...] = ()
    blocked: str = ""  # why it cannot be planned from this evidence
    notes: tuple[str, ...] = ()  # what a person should know before they agree


class Cause(Record, frozen=True, kw_only=True):
    """A finding that nothing else explains, with what came of it. `rank` counts from 1."""

    finding: Finding
    rank: int
    chain: tuple[Finding, ...] = ()  # from the cause's first consequence down to the last
    symptoms: tuple[Symptom, ...] = ()
    explains: tuple[str, ...] = ()  # page ids and symptom names
    plans: tuple[Plan, ...] = ()
    advice: str = ""  # what the page says to do, in Markdown; reports show it where no plan stands
    related: tuple[Where, ...] = ()


class RuledOut(Record, frozen=True, kw_only=True):
    """A page that was looked at and is silent, and because of what."""

    page: str
    title: str
    because: str


class UnknownPage(Record, frozen=True, kw_only=True):
    """A page that could not be judged, and why."""

    page: str
    title: str
    reason: str


class Timings(Record, frozen=True, kw_only=True):
    """How long the run took, and how many requests it made."""

    collect_ms: int = 0
    diagnose_ms: int = 0
    requests: int = 0


class Diagnosis(Record, frozen=True, kw_only=True):
    """What one run says: causes first, then everything that could be mistaken for one."""

    target: Target
    verdict: Verdict
    sentence: str  # the verdict in one sentence
    causes: tuple[Cause, ...] = ()
    consequences: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    unknown: tuple[UnknownPage, ...] = ()
    timings: Timings = Timings()
    views: Views = Views()


class Scan(Record, frozen=True, kw_only=True):
    """What scan says of one input or several."""

    inputs: tuple[str, ...]
    lines: int
    verdict: Verdict  # healthy: no failure seen
    sentence: str
    causes: tuple[Cause, ...] = ()
    consequences: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    novel: tuple[Novel, ...] = ()
