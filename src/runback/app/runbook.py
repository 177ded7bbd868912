"""The runbook that a run judges by, and its examples as tests."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runback.rules import Runbook


OWN_PAGES = Path(".runback") / "runbook"  # where a team keeps its pages
REPLACE = "RUNBACK_REPLACE_PAGES"  # in CI: a team's page may replace one of ours


def runbook() -> Runbook:
    """The pages that this run judges by, checked: ours, and those of the repository around here.

    Raises ConfigurationError for a page of theirs that is not as it should be.
    """
    return _loaded(Path.cwd(), bool(os.environ.get(REPLACE)) or not os.environ.get("CI"))


def own_pages(here: Path) -> Path | None:
    """The folder of the team's pages: that of a folder or the nearest one around it, up to the
    repository's root."""
    for folder in (here, *here.parents):
        if (folder / OWN_PAGES).is_dir():
            return Path(os.path.relpath(folder / OWN_PAGES, here))
        if (folder / ".git").exists():
            return None
    return None


def shadowed() -> tuple[str, ...]:
    """What is to be said of pages with the id of one of ours, where the runbook was asked for."""
    return runbook().shadowed if _loaded.cache_info().currsize else ()


@cache
def _loaded(here: Path, replace: bool) -> Runbook:
    from runback.facts import SCHEMAS
    from runback.rules import load

    own = own_pages(here)
    return load(SCHEMAS, [own] if own else [], replace=replace)


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
