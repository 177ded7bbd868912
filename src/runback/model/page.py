"""The runbook: pages, their rules and their examples."""

from __future__ import annotations

from typing import Literal

from runback.model.record import Confidence, Record, Scalar, Severity, Stage, Tier


class Select(Record, frozen=True, kw_only=True):
    """The rows of a fact table for which a page fires."""

    table: str
    where: dict[str, dict[str, Scalar | list[Scalar]]] = {}  # column → operator → operand


class Signature(Record, frozen=True, kw_only=True):
    """A pattern for one line of a log, and where the program says that line."""

    pattern: str
    provenance: str
    sources: tuple[str, ...] = ("any",)  # LogKind or 'any'
    harmless: tuple[str, ...] = ()  # 'not' in the page: look-alikes
    parser: str | None = None  # a parser of logs/, whose finding replaces the hit
    line: int = 0  # in the page


class RemedyCall(Record, frozen=True, kw_only=True):
    """A remedy and its parameters, which may hold {column} templates."""

    id: str
    parameters: dict[str, str] = {}


class Example(Record, frozen=True, kw_only=True):
    """One example of a page: rows or lines, and what the page makes of them. Each is a test."""

    outcome: Literal["fires", "silent", "unknown"]
    title: str
    rows: tuple[dict[str, Scalar], ...] = ()  # a cell 'unknown(reason)' is a Gap
    unknown: str = ""  # why the whole table is unknown; '' where it has rows
    log: str = ""
    expected: str = ""
    line: int = 0  # in the page


class Page(Record, frozen=True, kw_only=True):
    """One page of the runbook: the rule, its explanation and its examples."""

    id: str
    title: str
    stage: Stage
    severity: Severity
    confidence: Confidence
    since: str
    tier: Tier = "specific"
    select: Select | None = None
    signatures: tuple[Signature, ...] = ()
    leads_to: tuple[str, ...] = ()  # page ids or SymptomName
    remedies: tuple[RemedyCall, ...] = ()
    meaning: str = ""
    impact: str = ""
    diagnosis: str = ""
    mitigation: str = ""
    examples: tuple[Example, ...] = ()
    path: str = ""  # of the Markdown file

    @property
    def advice(self) -> str:
        """What it says to do, as one paragraph of Markdown."""
        return " ".join(self.mitigation.split())
