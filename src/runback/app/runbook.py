"""The runbook that a run judges by, and its examples as tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.rules import Runbook


@cache
def runbook() -> Runbook:
    """The pages that this run judges by, checked."""
    from runback.facts import SCHEMAS
    from runback.rules import load

    return load(SCHEMAS)


@dataclass(frozen=True)
class ExamplesRun:
    """What testing pages brought; a failure is one line with the example's place."""

    pages: int
    examples: int
    failures: tuple[str, ...]


def run_examples(
    names: Sequence[str] = (), *, rewrite: bool = False, folder: Path | None = None
) -> ExamplesRun:
    """Check pages and run their examples; with `rewrite`, first write what they say today into the files.

    Raises ConfigurationError for a malformed page, UsageError for a page that does not exist.
    """
    from runback.facts import SCHEMAS
    from runback.rules import examples, load
    from runback.rules.loading import BUILT_IN

    book = load(SCHEMAS, [folder] if folder else [])
    own = [page.id for page in book.pages if folder is None or page.path.startswith(str(folder))]
    chosen = list(names) or own
    results = examples.run(book, SCHEMAS, chosen)
    if rewrite and examples.rewrite(results, Path() if folder else BUILT_IN.parent):
        return run_examples(names, folder=folder)
    failures = tuple(
        f"{result.place}: {result.example.title}: should be {result.example.outcome!r}, is {result.outcome!r}"
        f" and says: {result.text or 'nothing'}"
        for result in results
        if not result.passed
    )
    return ExamplesRun(len(chosen), len(results), failures)
