"""A diagnosis as Markdown that fits into a pull request comment."""

from __future__ import annotations

import re

from runback.model import Cause, Diagnosis, Plan, StepSeen, Verdict, Where
from runback.reports import beside, notices
from runback.reports.chain import Link, ends, links, same_before
from runback.reports.printable import printable

REASONS = 8  # ruled-out pages that stand with their reason
_SIGNS: dict[Verdict, str] = {
    "failed": "❌",
    "degraded": "⚠️",
    "healthy": "✅",
    "unknown": "❔",
}
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~@&])")


def render_diagnosis(diagnosis: Diagnosis) -> str:
    """The comment's text. Everything that came from outside is escaped or stands in a code block."""
    target = diagnosis.target
    about = " · ".join(part for part in (target.app, target.environment, target.branch) if part)
    lines = [f"### {_SIGNS[diagnosis.verdict]} {_plain(diagnosis.sentence)}", ""]
    if about:
        lines += [f"{_code(about)}", ""]
    same = same_before(diagnosis.causes)
    for cause in diagnosis.causes:
        before = diagnosis.causes[same[cause.rank] - 1] if cause.rank in same else None
        lines += _cause(cause, beside.step_of(cause, diagnosis.views), before)
    if diagnosis.notices:
        lines += ["**Also noticed (not the cause)**", ""]
        lines += [f"- {_plain(notices.sentence(finding))}" for finding in diagnosis.notices] + [""]
    lines += _folded("Ruled out", len(diagnosis.ruled_out), _ruled_out(diagnosis))
    lines += _folded("Unknown", len(diagnosis.unknown), _unknown(diagnosis))
    return "\n".join(lines).rstrip() + "\n"


def _cause(cause: Cause, step: StepSeen | None, same: Cause | None) -> list[str]:
    """`same`: the cause before it that led to just the same."""
    finding = cause.finding
    lines = [
        f"**Cause: {_plain(finding.title)}**",
        f"{_code(f'runback explain {finding.page}')} · confidence {finding.confidence}",
        "",
    ]
    for where in finding.where[:4]:
        lines += _where(where)
    if step is not None and (since := beside.since(step)):
        lines += ["", "Since it was green:", "", *(f"- {_plain(line)}" for line in since)]
    titles = [_said(link) for link in links(cause.chain)]
    titles += [f"**{_plain(symptom.title)}**" for symptom in ends(cause)]
    if titles and same is not None:
        lines += ["", f"It led to the same as: {_plain(same.finding.title)}", ""]
    elif titles:
        lines += ["", "It led to:", ""]
        lines += [f"{number}. {title}" for number, title in enumerate(titles, 1)]
        lines.append("")
    plans = cause.plans[:1]
    for plan in plans:
        lines += _plan(plan)
    if cause.advice and not any(plan.steps for plan in plans):
        lines += ["", f"**What to do:** {printable(cause.advice, 1000)}", ""]
    if step is not None and step.paste:
        needs = [f"It needs {_plain(step.needs)}.", ""] if step.needs else []
        lines += _folded("To reproduce it", 0, [*needs, *_block(step.paste, "sh")])
    return lines


def _said(link: Link) -> str:
    notes = "; ".join(link.notes)
    return _plain(link.first.title) + (f" ({_plain(notes)})" if notes else "")


def _where(where: Where) -> list[str]:
    place = where.source if where.line is None else f"{where.source}, line {where.line}"
    link = f"[{_plain(place)}]({where.url})" if where.url and _is_link(where.url) else _plain(place)
    return [f"- {link}", *(["", *_block(where.text), ""] if where.text else [])]


def _plan(plan: Plan) -> list[str]:
    lines = [f"**To mend it:** {_plain(plan.sentence)}", ""]
    if plan.blocked:
        lines += [f"Cannot be planned: {_plain(plan.blocked)}", ""]
    for number, step in enumerate(plan.steps, 1):
        lines.append(f"{number}. {_plain(step.sentence)}")
        if step.command:
            lines += ["", *_block(step.command, "sh"), ""]
    return lines


def _ruled_out(diagnosis: Diagnosis) -> list[str]:
    """The next suspects with the reason why not, the rest by name."""
    near, rest = diagnosis.ruled_out[:REASONS], diagnosis.ruled_out[REASONS:]
    lines = [f"- {_code(item.page)} {_plain(item.because)}" for item in near]
    return lines + ([f"- {', '.join(_code(item.page) for item in rest)}"] if rest else [])


def _unknown(diagnosis: Diagnosis) -> list[str]:
    """Each reason once; where no page is open for it, with what could not be had."""
    reasons = dict.fromkeys(
        item.reason if item.page else f"{item.title}: {item.reason}" for item in diagnosis.unknown
    )
    return [f"- {_plain(reason)}" for reason in reasons]


def _folded(title: str, count: int, lines: list[str]) -> list[str]:
    if not lines:
        return []
    counted = f"{title} ({count})" if count else title
    return [f"<details><summary>{counted}</summary>", "", *lines, "", "</details>", ""]


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", printable(text, 1000))


def _code(text: str) -> str:
    return f"`{printable(text).replace('`', chr(0x2BC))}`"


def _block(text: str, language: str = "text") -> list[str]:
    shown = "\n  ".join(printable(line, 4000) for line in text.splitlines())
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"  {fence}{language}", f"  {shown}", f"  {fence}"]


def _is_link(url: str) -> bool:
    return re.fullmatch(r"https?://[^\s()<>]+", url) is not None
