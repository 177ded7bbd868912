"""A cause: what it is, how that is known, what it led to, and what to type."""

from __future__ import annotations

from collections.abc import Sequence

import htpy as h

from runback.model import Cause, Plan, PlanStep, StepSeen, Symptom
from runback.reports import beside
from runback.reports.chain import Link, ends, links
from runback.reports.html.evidence import Excerpts, place, places
from runback.reports.html.prose import prose
from runback.reports.html.text import page_link, say, stamp

COMMAND = 20_000  # characters: a command is never cut on the way to the clipboard
PROOFS = 6  # that stand open; the others are folded


def cause_section(cause: Cause, excerpts: Excerpts, pages: frozenset[str], step: StepSeen | None) -> h.Node:
    """The body of a cause's section; `step` is the failed step of CI in which it stands."""
    finding = cause.finding
    proofs = places(finding.where, excerpts)
    return [
        h.p(class_="claim")[say(finding.title)],
        h.p(class_="meta")[
            page_link(finding.page, pages),
            f" · {finding.stage} · confidence {finding.confidence}",
            [" · since ", stamp(finding.at)] if finding.at else None,
        ],
        h.div(class_="columns")[
            h.div[h.h3["How that is known"], proofs[:PROOFS], _more(proofs[PROOFS:])],
            _chain(cause, excerpts, pages) if cause.chain or ends(cause) else None,
        ],
        _since(step) if step is not None else None,
        [_plan(plan, first=index == 0) for index, plan in enumerate(cause.plans)],
        _advice(cause) if not any(plan.steps for plan in cause.plans[:1]) else None,
    ]


def _advice(cause: Cause) -> h.Node:
    """What the page says to do, where nothing could be planned."""
    return h.div(class_="plan")[h.h3["What to do"], prose(cause.advice)] if cause.advice else None


def _since(step: StepSeen) -> h.Node:
    """What changed since the step was green, and how to run it at home."""
    lines = beside.since(step, everything=True)
    return [
        h.div[h.h3["Since it was green"], h.ul[[h.li[say(line)] for line in lines]]] if lines else None,
        h.details[
            h.summary[f"To reproduce it{say(beside.place(step))}"],
            h.div(class_="command")[h.pre(tabindex="0")[h.code[_command(step.paste)]]],
            h.p(class_="meta")[f"needs {say(step.needs)}"] if step.needs else None,
        ]
        if step.paste
        else None,
    ]


def _more(proofs: Sequence[h.Node]) -> h.Node:
    return h.details[h.summary[f"{len(proofs)} more"], list(proofs)] if proofs else None


def _chain(cause: Cause, excerpts: Excerpts, pages: frozenset[str]) -> h.Element:
    """The consequences from the first to the last, then what people and CI saw of them."""
    return h.div[
        h.h3["What it led to"],
        h.ol(class_="chain")[
            [_link(link, excerpts, pages) for link in links(cause.chain)],
            [_symptom(symptom, excerpts) for symptom in ends(cause)],
        ],
    ]


def _link(link: Link, excerpts: Excerpts, pages: frozenset[str]) -> h.Element:
    first = link.first
    proofs = places(first.where[:2], excerpts)
    return h.li[
        h.p[say(first.title)],
        h.p(class_="meta")[
            page_link(first.page, pages),
            [" · ", stamp(first.at)] if first.at else None,
            [f" · {say(note)}" for note in link.notes],
        ],
        h.details[h.summary["proof"], proofs] if proofs else None,
    ]


def _symptom(symptom: Symptom, excerpts: Excerpts) -> h.Element:
    proofs = [place(one, excerpts) for one in symptom.where[:1]]
    return h.li(class_="symptom")[
        h.p[h.strong[say(symptom.title)]],
        h.p(class_="meta")["seen", [" · ", stamp(symptom.at)] if symptom.at else None],
        h.details[h.summary["proof"], proofs] if proofs else None,
    ]


def _plan(plan: Plan, *, first: bool) -> h.Node:
    """The best plan stands open, the others are a click away."""
    body = [
        h.p(class_="warning")["Read it first: it is not known to be safe here."]
        if not plan.safe and not plan.blocked
        else None,
        h.p[f"It cannot be planned: {say(plan.blocked)}"] if plan.blocked else None,
        h.ol(class_="steps")[[_step(step) for step in plan.steps]] if plan.steps else None,
    ]
    if first:
        return h.div(class_="plan")[h.h3["To mend it"], h.p(class_="lead")[say(plan.sentence)], body]
    return h.details(class_="plan")[h.summary["Another way: ", say(plan.sentence)], body]


def _command(command: str) -> str:
    """Lines stay lines: a command of several is pasted as it stands."""
    return "\n".join(say(line, COMMAND) for line in command.splitlines())


def _step(step: PlanStep) -> h.Element:
    notes = [
        "interrupts service" if step.interrupts else "",
        f"changes {say(step.changes)}" if step.changes else "",
        f"needs {say(step.needs)}" if step.needs else "",
    ]
    said = " · ".join(note for note in notes if note)
    return h.li[
        h.p[say(step.sentence)],
        h.div(class_="command")[h.pre(tabindex="0")[h.code[_command(step.command)]]]
        if step.command
        else None,
        h.p(class_="meta")[said] if said else None,
        h.p(class_="meta")["to undo it: ", h.code[say(step.undo)]] if step.undo else None,
    ]
