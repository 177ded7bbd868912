"""A page of the runbook as text for a terminal."""

from __future__ import annotations

from runback.model import Page
from runback.reports.console import in_memory, text_of


def render(page: Page, *, width: int = 100, colour: bool = False) -> str:
    """The page's title, what it is, and its sections; what it leads to; where its rule lies."""
    from rich.markdown import Markdown

    console, out = in_memory(width, colour)
    console.print(Markdown(_markdown(page)))
    return text_of(out)


def _markdown(page: Page) -> str:
    about = [f"stage {page.stage}", page.severity, f"confidence {page.confidence}", f"since {page.since}"]
    if page.tier == "fallback":
        about.append("speaks only where nothing better explains the same")
    parts = [f"# {page.title}", f"`{page.id}` · {' · '.join(about)}"]
    for heading, text in (
        ("Meaning", page.meaning),
        ("Impact", page.impact),
        ("Diagnosis", page.diagnosis),
        ("Mitigation", page.mitigation),
    ):
        if text:
            parts += [f"## {heading}", text]
    parts += ["## Rule", _rule(page)]
    if page.leads_to:
        parts += ["## Leads to", ", ".join(f"`{name}`" for name in page.leads_to)]
    if page.remedies:
        parts += ["## Remedies", ", ".join(f"`{remedy.id}`" for remedy in page.remedies)]
    return "\n\n".join(parts)


def _rule(page: Page) -> str:
    if page.select is not None:
        conditions = [
            f"- `{column}` {operator} `{operand}`"
            for column, tests in page.select.where.items()
            for operator, operand in tests.items()
        ]
        return "\n".join([f"Rows of the fact table `{page.select.table}` where", "", *conditions])
    return "\n".join(
        f"- `{signature.pattern}` in {', '.join(signature.sources)} ({signature.provenance})"
        for signature in page.signatures
    )
