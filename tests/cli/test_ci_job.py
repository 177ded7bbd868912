"""docs/ci.md: its configurations are YAML, its commands exist, and a job without a token says what it can."""

from __future__ import annotations

import json
import re
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from runback.cli import main
from runback.cli.arguments import Parser

DOCUMENT = Path(__file__).parents[2] / "docs" / "ci.md"
RESULTS = '<testsuite><testcase classname="m" name="t"><failure message="1 != 2"/></testcase></testsuite>'
CONFIG = "jobs: {test: {docker: [{image: python}], steps: [{store_test_results: {path: reports}}]}}\n"


def blocks() -> list[Any]:
    return [yaml.safe_load(text) for text in re.findall(r"(?s)```yaml\n(.*?)```", DOCUMENT.read_text())]


def test_every_runback_command_of_the_document_is_taken() -> None:
    found = re.findall(r"(?m)^\s*(?:command: )?runback ([^|>&\n]+)", DOCUMENT.read_text())
    assert len(found) >= 4
    for line in found:
        name, *arguments = line.split()
        command = import_module(f"runback.cli.{name}")
        parser = Parser(prog="runback")
        command.configure(parser)
        parser.parse_args(arguments)


def test_the_step_runs_on_failure_and_the_job_after_failure_and_cancel() -> None:
    step, job, *_ = blocks()
    assert step["jobs"]["deploy-dev"]["steps"][-1]["run"]["when"] == "on_fail"
    requires = job["workflows"]["build"]["jobs"][1]["explain"]["requires"]
    assert requires == [{"deploy-dev": ["failed", "canceled"]}]


def test_a_job_without_token_and_login_names_its_failed_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = tmp_path / "portal"
    (checkout / ".circleci").mkdir(parents=True)
    (checkout / ".circleci" / "config.yml").write_text(CONFIG)
    (checkout / "reports").mkdir()
    (checkout / "reports" / "junit.xml").write_text(RESULTS)
    subprocess.run(["git", "init", "-q", "-b", "main", str(checkout)], check=True)
    for name in ("CIRCLE_TOKEN", "CIRCLE_CLI_TOKEN", "CIRCLECI_CLI_TOKEN", "CIRCLECI_TOKEN", "CIRCLE_HOST"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "CF_HOME": str(tmp_path),
        "CIRCLE_JOB": "test",
        "CIRCLE_SHA1": "a" * 40,
        "CIRCLE_BRANCH": "main",
        "CIRCLE_PROJECT_USERNAME": "acme",
        "CIRCLE_PROJECT_REPONAME": "portal",
        "CIRCLE_REPOSITORY_URL": "git@github.com:acme/portal.git",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(checkout)
    code = main(["diagnose", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == 1
    assert [cause["page"] for cause in said["causes"]] == ["stored-test-failed"]
    assert said["causes"][0]["values"]["test"] == "m::t"
    assert any("CIRCLE_TOKEN" in one["reason"] for one in said["unknown"])
