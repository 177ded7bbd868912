"""The recordings and their index agree, and each says what printed it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from runback.errors import LabError
from runback.lab import recordings

FOLDER = Path(recordings.__file__).parent
INDEX = yaml.safe_load((FOLDER / "index.yml").read_text(encoding="utf-8"))


def test_index_and_files_agree() -> None:
    assert sorted(entry["name"] for entry in INDEX) == list(recordings.names())


@pytest.mark.parametrize("entry", INDEX, ids=[entry["name"] for entry in INDEX])
def test_entry_says_what_was_run(entry: dict[str, object]) -> None:
    assert entry["tool"]
    assert entry["command"]
    assert entry["shows"]
    assert entry["date"]
    assert re.match(r"\d+\.\d+", str(entry["version"]))
    assert entry["exit_code"] is None or isinstance(entry["exit_code"], int)


@pytest.mark.parametrize("name", recordings.names())
def test_no_trace_of_the_machine_that_recorded(name: str) -> None:
    text = recordings.read(name)
    assert not re.search(r"/tmp/|/root/|runback-record|127\.0\.0\.1:\d|localhost:", text)  # noqa: S108


@pytest.mark.parametrize("name", ["../index", "index.yml", "no-such", "", "Pytest-failed"])
def test_strange_names_are_refused(name: str) -> None:
    with pytest.raises(LabError, match="no recording"):
        recordings.read(name)


def test_what_the_scenarios_take_from_the_recordings() -> None:
    """The lines that pages and behaviours build on are the programs' own."""
    for name, line in {
        "git-secrets-hit": "scripts/export-datafiles.sh:4:export AWS_ACCESS_KEY_ID=AKIARUNBACKLAB000001",
        "pytest-failed": "FAILED tests/test_views.py::test_period_names_the_due_date - AssertionError: ...",
        "gunicorn-missing-variable": "KeyError: 'JWT_KEY'",
        "gunicorn-missing-binding": "KeyError: 'aws-rds'",
        "gunicorn-missing-module": "ModuleNotFoundError: No module named 'structlog'",
        "pip-no-matching-distribution": "ERROR: No matching distribution found for redis==5.2.99",
    }.items():
        assert line in recordings.read(name).splitlines()
