"""What the runbook covers: stages, and the programs whose messages its signatures read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from runback.model import Page

_VERSION = re.compile(r"\s+v?\d\S*(?:\s+(?:to|and|or)\s+\S+|\s+and\s+later)*$")
_END = re.compile(r"[,;:(]|\s+(?:as|against|with|without|on|in|issue|of|see)\s")


def program(provenance: str) -> str:
    """The program that a signature's provenance names: 'run of npm 11.19; lib/…' is npm."""
    return _VERSION.sub("", _END.split(provenance.removeprefix("run of "))[0].strip())


def coverage(pages: Iterable[Page], stages: Sequence[str]) -> str:
    """The document: a table of stages and a table of programs by stage, made from the pages themselves."""
    found = list(pages)
    parts = [
        "# What is covered",
        f"{len(found)} pages with {sum(len(page.examples) for page in found)} examples, each of them a test.",
        "## By stage",
        _stages(found, stages),
        "## By program",
        "The programs whose messages the signatures know, with the number of pages that read them.",
        _programs(found, stages),
    ]
    return "\n\n".join(parts) + "\n"


def _stages(pages: Sequence[Page], stages: Sequence[str]) -> str:
    lines = [
        "| Stage | Pages | By facts | By signatures | Fallbacks | Examples |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for stage in stages:
        here = [page for page in pages if page.stage == stage]
        counts = (
            len(here),
            sum(page.select is not None for page in here),
            sum(bool(page.signatures) for page in here),
            sum(page.tier == "fallback" for page in here),
            sum(len(page.examples) for page in here),
        )
        lines.append(f"| {stage} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def _programs(pages: Sequence[Page], stages: Sequence[str]) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    spelt: dict[str, str] = {}
    for page in pages:
        named = {program(signature.provenance) for signature in page.signatures}
        for name in named:
            spelt.setdefault(name.lower(), name)
        counts.update({(name.lower(), page.stage) for name in named})
    used = [stage for stage in stages if any(stage == column for _, column in counts)]
    lines = [f"| Program | {' | '.join(used)} |", "|---|" + "--:|" * len(used)]
    for key in sorted(spelt):
        cells = [str(counts[key, stage] or "") for stage in used]
        lines.append(f"| {spelt[key]} | {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines)
