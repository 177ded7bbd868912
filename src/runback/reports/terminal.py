"""A diagnosis or a scan as text for a terminal, in the order in which a tired person asks:

what is wrong, how do you know, what did it lead to, what do I type, what is it not, what could you not see.
"""

from __future__ import annotations

from collections.abc import Sequence

from runback.model import (
    Cause,
    Diagnosis,
    Finding,
    Plan,
    Scan,
    StepSeen,
    Target,
    UnknownPage,
    Views,
)
from runback.reports import beside, chain, changes, notices
from runback.reports import views as as_text
from runback.reports.chain import Link
from runback.reports.printable import printable
from runback.reports.screen import COMMAND, LISTED, Screen

PROOF_LINES = 4  # of one cause; `show all` prints the rest
CHAIN = 6  # links of one chain
SYMPTOMS = 3  # of one cause
NOVEL_LINES = 8
_NOTHING = [as_text.Line("nothing is known of it")]


def render_diagnosis(
    diagnosis: Diagnosis, *, width: int = 100, colour: bool = False, everything: bool = False
) -> str:
    """The report as text of at most `width` columns (long commands excepted: they must stay pasteable)."""
    page = Screen(width, colour)
    page.verdict(diagnosis.verdict, diagnosis.sentence, _target_line(diagnosis))
    _causes(page, diagnosis.causes, everything, diagnosis.views)
    if not diagnosis.causes and diagnosis.symptoms:
        page.heading("What was seen")
        page.symptoms(diagnosis.symptoms)
    _views(page, diagnosis, everything)
    _notices(page, diagnosis.notices, everything)
    page.names(
        "Ruled out", [(item.page, item.because) for item in diagnosis.ruled_out], everything, brief=True
    )
    _unknown(page, diagnosis.unknown, everything)
    page.footer(
        f"{diagnosis.timings.requests} requests in {diagnosis.timings.collect_ms / 1000:.1f} s"
        f" · runback explain PAGE says more of any page"
    )
    return page.text()


def render_scan(scan: Scan, *, width: int = 100, colour: bool = False, everything: bool = False) -> str:
    """The report on plain log text."""
    page = Screen(width, colour)
    names = ", ".join(printable(name) for name in scan.inputs)
    page.verdict(scan.verdict, scan.sentence, f"{names} · {scan.lines:,} line{'s' * (scan.lines != 1)}")
    _causes(page, scan.causes, everything)
    if not scan.causes and scan.symptoms:
        page.heading("What was seen")
        page.symptoms(scan.symptoms)
    if scan.novel:
        page.heading("Lines that the successful logs do not have")
        for block in scan.novel if everything else scan.novel[:1]:
            page.line(f"  lines {block.first}–{block.last}", style="dim")
            for text in block.text.splitlines():
                page.line(f"    {printable(text)}")
    _notices(page, scan.notices, everything)
    if scan.causes:
        page.footer("runback explain PAGE says more of any page")
    return page.text()


def render_views(views: Views, what: str, *, width: int = 100, colour: bool = False) -> str:
    """One view alone: 'map' or 'timeline'."""
    page = Screen(width, colour)
    if what == "map":
        page.block("Who asks whom", as_text.who_asks_whom(views.nodes, views.edges) or _NOTHING)
    else:
        page.block("What happened, UTC", as_text.happened(views.timeline) if views.timeline else _NOTHING)
    return page.text().lstrip("\n")


def _views(page: Screen, diagnosis: Diagnosis, everything: bool) -> None:
    """What the logs say, where something is wrong; with everything the timeline and the map too."""
    views = diagnosis.views
    if everything or diagnosis.symptoms:
        page.block("In the logs", as_text.said_by_logs(views, everything))
    for seen in views.changes if everything else views.changes[:1]:
        page.block(changes.title(seen), as_text.changed(seen, everything))
    if everything:
        page.block("What happened, UTC", as_text.happened(views.timeline) if views.timeline else [])
        page.block("Ways that fail, hop by hop", as_text.hop_by_hop(views.ways))
        page.block("Who asks whom", as_text.who_asks_whom(views.nodes, views.edges))


def _target_line(diagnosis: Diagnosis) -> str:
    target: Target = diagnosis.target
    parts = [
        target.app or "",
        f"environment {target.environment}" if target.environment else "",
        f"branch {target.branch}" if target.branch else "",
        f"commit {target.sha[:7]}" if target.sha else "",
        f"pipeline {target.pipeline}" if target.pipeline else "",
    ]
    return printable(" · ".join(part for part in parts if part))


def _causes(page: Screen, causes: Sequence[Cause], everything: bool, views: Views | None = None) -> None:
    shown: set[str] = set()  # a step that explains two causes stands once
    same = chain.same_before(causes)
    for cause in causes:
        finding = cause.finding
        number = f"Cause {cause.rank}" if len(causes) > 1 else "Cause"
        page.heading(f"{number}: {printable(finding.title)}")
        page.line(f"  {finding.page} · {finding.stage} · confidence {finding.confidence}", style="dim")
        proof = finding.where if everything else finding.where[:PROOF_LINES]
        for where in proof:
            page.where(where)
        if len(proof) < len(finding.where):
            page.line(f"    and {len(finding.where) - len(proof)} more (--show all)", style="dim")
        step = beside.step_of(cause, views) if views else None
        fresh = step if step is not None and str(step.log) not in shown else None
        if fresh is not None:
            shown.add(str(fresh.log))
            _since(page, fresh, everything)
            if everything or finding.tier == "fallback":
                _novel(page, fresh)
        _chain(page, cause, everything, same.get(cause.rank))
        if fresh is not None and not _in_plans(fresh, cause.plans):
            _at_home(page, fresh)
        plans = cause.plans if everything else cause.plans[:1]
        if plans:
            page.line()
            page.line("  To mend it", style="bold")
            for plan in plans:
                page.plan(plan)
        if cause.advice and not any(plan.steps for plan in plans):
            page.line()
            page.line("  What to do", style="bold")
            page.line(f"  {printable(cause.advice, 1000)}")
        if others := [plan.remedy for plan in cause.plans if plan not in plans and not plan.blocked]:
            page.line(f"  other ways: {', '.join(others)} (--show all)", style="dim")


def _since(page: Screen, step: StepSeen, everything: bool) -> None:
    lines = beside.since(step, everything=everything)
    if lines:
        page.line()
        page.line("  Since it was green", style="bold")
    for line in lines:
        page.line(f"    {printable(line, 2000)}")


def _novel(page: Screen, step: StepSeen) -> None:
    """The most telling of the new lines: where no page knows the failure, they may say it."""
    for block in step.novel[:1]:
        lines = block.text.splitlines()
        for text in lines[:NOVEL_LINES]:
            page.line(f"      {printable(text)}")
        if len(lines) > NOVEL_LINES:
            page.line(f"      and {len(lines) - NOVEL_LINES} more", style="dim")


def _in_plans(step: StepSeen, plans: Sequence[Plan]) -> bool:
    """Whether the first plan, which is shown, begins with just that."""
    return bool(step.paste) and any(step.paste == one.command for plan in plans[:1] for one in plan.steps)


def _at_home(page: Screen, step: StepSeen) -> None:
    if not step.paste:
        return
    page.line()
    page.line(f"  To reproduce it{printable(beside.place(step))}", style="bold")
    for number, line in enumerate(step.paste.splitlines()):
        prompt = " " if number else "$"
        page.line(f"       {prompt} {printable(line, COMMAND)}", style="cyan", pasteable=True)
    if step.needs:
        page.line(f"    needs {printable(step.needs)}", style="dim")


def _chain(page: Screen, cause: Cause, everything: bool, same: int | None) -> None:
    links, ends = chain.links(cause.chain), chain.ends(cause)
    if not links and not ends:
        return
    page.line()
    if same is not None:
        page.line(f"  It led to the same as cause {same}", style="bold")
        return
    page.line("  It led to", style="bold")
    shown = len(links) if everything else CHAIN
    for link in links[:shown]:
        page.line(f"    → {_said(link)}")
    if len(links) > shown:
        page.line(f"    → and {len(links) - shown} more (--show all)", style="dim")
    symptoms = ends if everything else ends[:SYMPTOMS]
    for symptom in symptoms:
        page.line(f"    ⇒ {printable(symptom.title)}")
    if len(symptoms) < len(ends):
        page.line(f"    ⇒ and {len(ends) - len(symptoms)} more (--show all)", style="dim")


def _said(link: Link) -> str:
    notes = "; ".join(link.notes)
    return printable(link.first.title) + (f" ({printable(notes)})" if notes else "")


def _unknown(page: Screen, unknown: Sequence[UnknownPage], everything: bool) -> None:
    """What could not be had, each reason once, with the pages that it leaves open."""
    if not unknown:
        return
    open_by: dict[str, list[str]] = {}
    for item in unknown:
        reason = item.reason if item.page else f"{item.title}: {item.reason}"
        pages = open_by.setdefault(next((known for known in open_by if known.endswith(reason)), reason), [])
        pages += [item.page] if item.page else []
    page.heading("Unknown")
    shown = list(open_by.items()) if everything else list(open_by.items())[:LISTED]
    for reason, pages in shown:
        most = len(pages) if everything else LISTED - 1
        more = f" and {len(pages) - most} more pages" if len(pages) > most else ""
        page.line(f"  {printable(reason)}" + (f" ({', '.join(pages[:most])}{more})" if pages else ""))
    if len(shown) < len(open_by):
        page.line(f"  and {len(open_by) - len(shown)} more reasons (--show all)", style="dim")


def _notices(page: Screen, found: Sequence[Finding], everything: bool) -> None:
    said = [(item.page, notices.sentence(item)) for item in found]
    page.names("Also noticed (not the cause)", said, everything)
