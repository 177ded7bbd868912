"""A diagnosis as one HTML file: no network, no need of JavaScript; for a screen, a phone and paper."""

from __future__ import annotations

from collections.abc import Iterable

import htpy as h

from runback import __version__
from runback.model import Diagnosis, Page
from runback.reports import beside, notices
from runback.reports.html.causes import cause_section
from runback.reports.html.changes import changes_tables
from runback.reports.html.comparison import comparison_tables
from runback.reports.html.document import document
from runback.reports.html.evidence import Excerpts, place
from runback.reports.html.map import map_figure
from runback.reports.html.prose import page_article
from runback.reports.html.text import page_link, say, stamp
from runback.reports.html.timeline import timeline_figure
from runback.reports.views import said_by_logs

__all__ = ["render_diagnosis"]

LONG = 130  # characters of a verdict that is set smaller
FEW = 12  # names that stand open
VERDICTS = {"failed": "Failed", "degraded": "Degraded", "healthy": "Healthy", "unknown": "Unknown"}


def render_diagnosis(diagnosis: Diagnosis, pages: Iterable[Page] = ()) -> str:
    """The whole file. `pages`: those of the runbook; what the report names is explained at its end."""
    cited = _cited(diagnosis)
    explained = {page.id: page for page in pages if page.id in cited}
    links = frozenset(explained)
    excerpts = Excerpts(diagnosis.views.excerpts)
    sections: list[tuple[str, str, h.Node]] = [
        (
            f"cause-{cause.rank}",
            _cause_title(diagnosis, cause.rank),
            cause_section(cause, excerpts, links, beside.step_of(cause, diagnosis.views)),
        )
        for cause in diagnosis.causes
    ]
    if not diagnosis.causes and diagnosis.symptoms:
        sections.append(("seen", "What was seen", _symptoms(diagnosis, excerpts)))
    if diagnosis.views.nodes:
        title = "Where it breaks" if _breaks(diagnosis) else "Who asks whom"
        sections.append(("map", title, map_figure(diagnosis.views)))
    if diagnosis.views.timeline is not None:
        sections.append(("timeline", "When it happened", timeline_figure(diagnosis)))
    if diagnosis.views.changes:
        body = changes_tables(diagnosis.views.changes)
        sections.append(("changes", "What changed since it ran well", body))
    if diagnosis.views.comparisons:
        body = comparison_tables(diagnosis.views.comparisons)
        sections.append(("comparison", "What is there, and what should be", body))
    said = said_by_logs(diagnosis.views, everything=True)
    if said:
        sections.append(("logs", "In the logs", h.ul[[h.li[say(line.text)] for line in said]]))
    sections += _rest(diagnosis, excerpts, links)
    if explained:
        articles = [page_article(explained[name]) for name in cited if name in explained]
        sections.append(("pages", "What the runbook says", articles))
    return document(
        say(diagnosis.sentence),
        [_header(diagnosis, sections), h.main[[_section(*one) for one in sections]], _footer(diagnosis)],
    )


def _cause_title(diagnosis: Diagnosis, rank: int) -> str:
    return f"Cause {rank}" if len(diagnosis.causes) > 1 else "Cause"


def _breaks(diagnosis: Diagnosis) -> bool:
    views = diagnosis.views
    states = [node.health for node in views.nodes] + [edge.health for edge in views.edges]
    return "bad" in states or "hurt" in states


def _section(name: str, title: str, body: h.Node) -> h.Element:
    return h.section(id=name, class_="section", aria_labelledby=f"{name}-title")[
        h.h2(id=f"{name}-title")[title], body
    ]


def _header(diagnosis: Diagnosis, sections: list[tuple[str, str, h.Node]]) -> h.Element:
    target = diagnosis.target
    facts = [
        ("app", target.app),
        ("environment", target.environment),
        ("branch", target.branch),
        ("commit", target.sha[:12] if target.sha else None),
        ("pipeline", str(target.pipeline) if target.pipeline else None),
        ("space", f"{target.org} / {target.space}" if target.org and target.space else None),
    ]
    return h.header(class_=f"top {diagnosis.verdict}")[
        h.p(class_="badge")[VERDICTS[diagnosis.verdict]],
        h.h1(class_="long" if len(diagnosis.sentence) > LONG else None)[say(diagnosis.sentence)],
        h.dl(class_="target")[
            [h.div[h.dt[name], h.dd[say(value)]] for name, value in facts if value],
            h.div[h.dt["looked at"], h.dd[stamp(diagnosis.views.collected_at)]]
            if diagnosis.views.collected_at
            else None,
        ],
        h.nav(aria_label="Parts of this report")[
            h.ul[[h.li[h.a(href=f"#{name}")[title]] for name, title, _ in sections]]
        ],
    ]


def _symptoms(diagnosis: Diagnosis, excerpts: Excerpts) -> h.Node:
    return h.ul(class_="plain")[
        [
            h.li[h.p[h.strong[say(symptom.title)]], [place(one, excerpts) for one in symptom.where[:1]]]
            for symptom in diagnosis.symptoms
        ]
    ]


def _rest(diagnosis: Diagnosis, excerpts: Excerpts, links: frozenset[str]) -> list[tuple[str, str, h.Node]]:
    """What is not the cause: noticed, ruled out, unknown."""
    sections: list[tuple[str, str, h.Node]] = []
    if diagnosis.notices:
        seen = [
            h.details[
                h.summary[say(notices.sentence(finding))],
                h.p(class_="meta")[page_link(finding.page, links)],
                [place(one, excerpts) for one in finding.where[:2]],
            ]
            for finding in diagnosis.notices
        ]
        sections.append(("noticed", "Also noticed, not the cause", seen))
    if diagnosis.unknown:
        unknown = [
            (one.page, one.reason if one.page else f"{one.title}: {one.reason}") for one in diagnosis.unknown
        ]
        sections.append(("unknown", "What could not be told", _by_reason(unknown, links)))
    if diagnosis.ruled_out:
        count = len(diagnosis.ruled_out)
        ruled = [(one.page, one.because) for one in diagnosis.ruled_out]
        body = h.details[
            h.summary[f"{count} other {'cause was' if count == 1 else 'causes were'} looked for"],
            _by_reason(ruled, links),
        ]
        sections.append(("ruled-out", "Ruled out", body))
    return sections


def _by_reason(items: list[tuple[str, str]], links: frozenset[str]) -> h.Element:
    """Each reason once, with the pages that it concerns; what concerns no page alone stands as it is."""
    pages: dict[str, list[str]] = {}
    for name, reason in items:
        known = next((one for one in pages if one.endswith(reason)), reason)
        pages.setdefault(known, []).extend([name] if name else [])
    return h.dl(class_="pairs")[
        [h.div[h.dt[say(reason)], h.dd[_names(names, links)]] for reason, names in pages.items()]
    ]


def _names(names: list[str], links: frozenset[str]) -> h.Node:
    listed = [[" · " if index else None, page_link(name, links)] for index, name in enumerate(names)]
    if len(names) <= FEW:
        return listed or "everything that depends on it"
    return h.details[h.summary[f"{len(names)} pages"], listed]


def _footer(diagnosis: Diagnosis) -> h.Element:
    timings = diagnosis.timings
    return h.footer[
        h.p[
            f"Runback {__version__} · {timings.requests} requests in {timings.collect_ms / 1000:.1f} s,"
            f" judged in {timings.diagnose_ms} ms · secrets were replaced before anything was written ·"
            f" ",
            h.code["runback explain PAGE"],
            " says more of any page.",
        ]
    ]


def _cited(diagnosis: Diagnosis) -> list[str]:
    """The pages that the report is about, causes first, each once."""
    findings = [one for cause in diagnosis.causes for one in (cause.finding, *cause.chain)]
    return list(dict.fromkeys(one.page for one in (*findings, *diagnosis.notices)))
