"""Real outputs of successful runs: nothing failed, and no page says otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from runback import app

FOLDER = Path(__file__).parent / "healthy"
INDEX = yaml.safe_load((FOLDER / "index.yml").read_text(encoding="utf-8"))
LOGS = sorted(FOLDER.glob("*.txt"))


def test_index_and_files_agree() -> None:
    assert sorted(entry["name"] for entry in INDEX) == sorted(path.stem for path in LOGS)
    assert all(entry["tool"] and entry["command"] and entry["date"] for entry in INDEX)
    assert all(re.match(r"\d+\.\d+", entry["version"]) for entry in INDEX)
    assert all(path.stat().st_size <= 200_000 for path in LOGS)


@pytest.mark.parametrize("path", LOGS, ids=[path.stem for path in LOGS])
def test_every_page_is_silent(path: Path) -> None:
    scan = app.scan([str(path)])
    assert [(cause.finding.page, cause.finding.where[0].text) for cause in scan.causes] == []
    assert [symptom.where[0].text for symptom in scan.symptoms] == []
    assert scan.verdict == "healthy"


@pytest.mark.parametrize("path", LOGS, ids=[path.stem for path in LOGS])
def test_no_trace_of_the_machine_that_recorded(path: Path) -> None:
    assert not re.search(r"/root/|/work/|runback-record", path.read_text(encoding="utf-8"))
