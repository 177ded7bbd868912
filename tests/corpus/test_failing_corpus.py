"""Real outputs of runs that failed: the page that the run was made for names why."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from runback.app import runbook
from runback.diagnose.scan import scan
from runback.model import Scan

FOLDER = Path(__file__).parent / "failing"
INDEX: list[dict[str, Any]] = yaml.safe_load((FOLDER / "index.yml").read_text(encoding="utf-8"))
RUNS = pytest.mark.parametrize("entry", INDEX, ids=[entry["name"] for entry in INDEX])


def output_of(entry: dict[str, Any]) -> str:
    return (FOLDER / f"{entry['name']}.txt").read_text(encoding="utf-8")


def explained(text: str) -> tuple[Scan, set[str]]:
    """The scan of the text, and the pages on the chain of its first cause.

    A page that knows only how it ended stands behind the line that says why.
    """
    found = scan([("run", BytesIO(text.encode()))], runbook())
    first = found.causes[:1]
    chain = {one.page for cause in first for one in (cause.finding, *cause.chain)}
    return found, chain | (
        {one.page for one in found.consequences} if "unexplained-error" in chain else set()
    )


def test_index_and_files_agree() -> None:
    assert sorted(entry["name"] for entry in INDEX) == sorted(path.stem for path in FOLDER.glob("*.txt"))
    assert all(entry["tool"] and entry["command"] and entry["date"] and entry["exit_code"] for entry in INDEX)
    assert all(re.match(r"\d+(\.\d+)+", entry["version"]) for entry in INDEX)


@RUNS
def test_the_page_names_why(entry: dict[str, Any]) -> None:
    """As an excerpt, and as a step's output on CircleCI."""
    text = output_of(entry)
    step = f"{text}\nExited with code exit status {entry['exit_code']}\n"
    for one in (text, step):
        found, pages = explained(one)
        assert entry["page"] in pages, [(cause.finding.page, cause.finding.title) for cause in found.causes]


@RUNS
def test_no_trace_of_the_machine_that_recorded(entry: dict[str, Any]) -> None:
    assert not re.search(r"/root/|/work/|runback-record", output_of(entry))
