"""Each signature says where its words come from, and what is said to be shown by a run is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest
import yaml

from runback import lab
from runback.app import runbook
from runback.diagnose.scan import scan
from runback.lab import recordings
from runback.model import Page

PAGES = runbook().pages
SHOWN: Mapping[str, Mapping[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "shown.yml").read_text(encoding="utf-8")
)
FAILING = Path(__file__).parents[1] / "corpus/failing"
KNOWN = {page.id for page in PAGES}

# A program with its version; a repository, a source file or what it prints with; an issue; a standard's name.
PLACE = re.compile(
    r"""\ v?\d+(?:\.\d+)*\b
    | [\w.-]+/[\w.+-]+ | \b\w+\.(?:c|h|cc|cpp|go|py|rb|js|ts|java|php|hs|sh|R|pm|lua|ex|exs|clj|scala|kt)\b
    | \#\d+ | \bissue\ \d+
    | \bE[A-Z]{4,}\b | \b[A-Z]+_[A-Z_]+\b
    """,
    re.VERBOSE,
)
# These have no versions: their words are those of the day.
SERVICES = re.compile(
    r"^(?:Amazon|CircleCI|Docker Hub|GitHub|Gmail|Microsoft 365|Redis cluster specification)\b"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_every_signature_names_the_program_and_where_it_says_so(page: Page) -> None:
    for signature in page.signatures:
        place = f"{page.path}:{signature.line}: {signature.provenance!r}"
        assert re.match(r"(?:runs? of |the lab's world, )?[\w.+-]", signature.provenance), place
        assert not re.match(r"(?i)the (?!lab's|combined log)|what |as above|same", signature.provenance), (
            place
        )
        assert PLACE.search(signature.provenance) or SERVICES.search(signature.provenance), place
        if signature.provenance.startswith("run of "):
            assert re.search(r"\d", signature.provenance), f"{place}: of which version?"


def test_enough_pages_are_shown_by_a_real_run_or_a_scenario() -> None:
    shown = [page for page, by in SHOWN.items() if page in KNOWN and by.keys() & {"run", "scenario"}]
    assert len(shown) >= 120


def test_the_runs_and_scenarios_that_show_pages_exist() -> None:
    runs = {*recordings.names(), *(path.stem for path in FAILING.glob("*.txt"))}
    assert {by["run"] for by in SHOWN.values() if "run" in by} <= runs
    scenarios = {one.name for one in lab.scenarios()}
    assert {by["scenario"] for by in SHOWN.values() if "scenario" in by} <= scenarios


@pytest.mark.parametrize(
    ("page", "run"), [(page, by["run"]) for page, by in SHOWN.items() if "run" in by and page in KNOWN]
)
def test_the_run_names_the_page(page: str, run: str) -> None:
    """Without the page its result would be another one."""
    file = FAILING / f"{run}.txt"
    text = file.read_text(encoding="utf-8") if file.exists() else recordings.read(run)
    found = scan([(run, BytesIO(text.encode()))], runbook())
    chains = [one for cause in found.causes for one in (cause.finding, *cause.chain)]
    assert page in {one.page for one in (*chains, *found.consequences, *found.notices)}
