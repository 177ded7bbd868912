"""A page of the runbook as a page of the site."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runback.model import Example, Page, Scalar

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LONGEST_FENCE = re.compile("`{3,}")


def shown_title(page: Page) -> str:
    """The title with its columns as words that stand for something."""
    return _filled(page.title)


def _filled(text: str) -> str:
    return _PLACEHOLDER.sub(lambda match: f"‹{match[1].replace('_', ' ')}›", text)


def page_document(page: Page, pages: Mapping[str, Page]) -> str:
    """The page as Markdown: what it says, its rule, its neighbours in the chains, its examples."""
    about = [page.stage, page.severity, f"confidence {page.confidence}", f"since {page.since}"]
    if page.tier == "fallback":
        about.append("speaks only where nothing better explains the same")
    parts = [_front_matter(page), f"# {shown_title(page)}", f"`{page.id}` · {' · '.join(about)}"]
    for heading, text in (
        ("Meaning", page.meaning),
        ("Impact", page.impact),
        ("Diagnosis", page.diagnosis),
        ("Mitigation", page.mitigation),
    ):
        parts += [f"## {heading}", _filled(text)] if text else []
    parts += ["## Rule", _rule(page)]
    parts += _chains(page, pages)
    if page.remedies:
        parts += ["## Remedies", "\n".join(f"- `{remedy.id}`" for remedy in page.remedies)]
    parts.append("## Examples")
    parts += [_example(example) for example in page.examples]
    return "\n\n".join(parts) + "\n"


def _front_matter(page: Page) -> str:
    import yaml

    title = {"title": page.id, "description": shown_title(page)}
    return "---\n" + yaml.safe_dump(title, allow_unicode=True) + "---"


def _rule(page: Page) -> str:
    if page.select is not None:
        conditions = [
            f"- `{column}` {operator.replace('_', ' ')} {_operand(operand)}"
            for column, tests in page.select.where.items()
            for operator, operand in tests.items()
        ]
        table = f"[`{page.select.table}`](../facts.md#{page.select.table.replace('.', '')})"
        return "\n".join([f"Rows of the fact table {table} where", "", *conditions])
    return "\n\n".join(
        f"{_fence(signature.pattern, 'text')}\n\nin {', '.join(signature.sources)} · {signature.provenance}"
        + (f" · read by the parser `{signature.parser}`" if signature.parser else "")
        for signature in page.signatures
    )


def _operand(operand: Scalar | list[Scalar]) -> str:
    values = operand if isinstance(operand, list) else [operand]
    return ", ".join(f"`{value}`" for value in values)


def _chains(page: Page, pages: Mapping[str, Page]) -> list[str]:
    before = [other.id for other in pages.values() if page.id in other.leads_to]
    parts = []
    if page.leads_to:
        parts += ["## Leads to", ", ".join(_link(name, pages) for name in page.leads_to)]
    if before:
        parts += ["## Can be caused by", ", ".join(_link(name, pages) for name in before)]
    return parts


def _link(name: str, pages: Mapping[str, Page]) -> str:
    return f"[`{name}`](../{pages[name].stage}/{name}.md)" if name in pages else f"`{name}`"


def _example(example: Example) -> str:
    parts = [f"### {example.outcome}: {example.title}"]
    if example.log:
        parts.append(_fence(example.log, "text"))
    elif example.unknown:
        parts.append(f"The table cannot be had: {example.unknown}")
    else:
        parts.append(_fence("\n\n".join(map(_row, example.rows)) or "no rows", "yaml"))
    if example.expected:
        parts += ["Runback says:", _fence(example.expected, "text")]
    return "\n\n".join(parts)


def _row(row: Mapping[str, Scalar]) -> str:
    import yaml

    return yaml.safe_dump(dict(row), sort_keys=False, allow_unicode=True).strip()


def _fence(text: str, language: str) -> str:
    longest = max((len(run) for run in _LONGEST_FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
