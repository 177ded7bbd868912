"""Plans and what became of them, for a terminal and as JSON. Plain text: it is read while one decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Any, Protocol

from runback.model import Cause, Plan, PlanStep, Target
from runback.reports.json import plan_document
from runback.reports.printable import printable

SIGNS = {"verified": "✓", "gone": "✓", "planned": "·", "together": "·", "by hand": "!", "blocked": "!"}
SCHEMA = "runback.fix/1"


class Remedied(Protocol):
    """What became of one cause, as `app` says it."""

    @property
    def cause(self) -> Cause | None: ...
    @property
    def plan(self) -> Plan | None: ...
    @property
    def result(self) -> str: ...
    @property
    def because(self) -> Sequence[str]: ...


def render_plans(remedies: Iterable[Remedied]) -> str:
    """Each cause with the plan that mends it: step, command, what changes, the way back, what it needs."""
    lines: list[str] = []
    for one in remedies:
        if one.cause is not None:
            lines.append(f"{printable(one.cause.finding.title, 400)}  [{one.cause.finding.page}]")
        if one.plan is not None:
            lines.append(
                f"  {printable(one.plan.sentence, 400)}"
                + ("" if one.plan.safe else "  (unsafe: read it first)")
            )
            lines += [f"  {printable(note, 1200)}" for note in one.plan.notes]
            mixed = not all(map(_by_hand, one.plan.steps))
            for number, step in enumerate(one.plan.steps, 1):
                lines += _step(number, step, "  [by hand]" if mixed and _by_hand(step) else "")
        if one.result != "planned":
            lines += [f"  {one.result}: {printable(reason, 600)}" for reason in one.because or ("",)]
        lines.append("")
    return "\n".join(lines)


def _by_hand(step: PlanStep) -> bool:
    return not (step.action or step.command)


def _step(number: int, step: PlanStep, who: str) -> list[str]:
    note = "  [interrupts service]" if step.interrupts else ""
    lines = [f"  {number}. {printable(step.sentence, 600)}{note}{who}"]
    if step.command:
        for prompt, line in zip(chain("$", repeat(" ")), step.command.splitlines(), strict=False):
            lines.append(f"     {prompt} {printable(line, 4000)}")
    for what, text in (("changes", step.changes), ("back", step.undo), ("needs", step.needs)):
        if text:
            lines.append(f"     {what}: {printable(text, 600)}")
    return lines


def render_outcome(remedies: Iterable[Remedied], verdict: str) -> str:
    """One line for each cause, why it is not proven where it is not, and the verdict of the last look."""
    lines = []
    for one in remedies:
        what = one.plan.sentence if one.plan else (one.cause.finding.title if one.cause else "")
        lines.append(f"{SIGNS.get(one.result, '✗')} {one.result}: {printable(what, 400)}")
        lines += [f"    {printable(reason, 600)}" for reason in one.because if reason]
        if one.plan is not None and one.result != "by hand":  # else the plan above is nothing but that
            left = [step for step in one.plan.steps if _by_hand(step)]
            lines += [f"    left for you: {printable(step.sentence, 600)}" for step in left]
    if verdict:
        lines += ["", printable(verdict, 600)]
    return "\n".join(lines) + "\n"


def document(
    target: Target, remedies: Iterable[Remedied], *, applied: bool, verdict: str | None
) -> dict[str, Any]:
    """The document of schema `runback.fix/1`."""
    return {
        "schema": SCHEMA,
        "target": {"app": target.app, "environment": target.environment, "branch": target.branch},
        "applied": applied,
        "remedies": [_remedied(one) for one in remedies],
        "verdict": verdict,
    }


def _remedied(one: Remedied) -> dict[str, Any]:
    finding = one.cause.finding if one.cause else None
    return {
        "page": finding.page if finding else None,
        "app": finding.app if finding else None,
        "title": finding.title if finding else None,
        "plan": plan_document(one.plan) if one.plan else None,
        "result": one.result,
        "because": list(one.because),
    }
