"""`runback live`: what runs where, since when, by whom, and where one's own commit is."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from runback.cli import main


def live(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["live", *arguments])
    return code, capsys.readouterr().out


def document(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text)
    schema = json.loads((files("runback") / "schemas" / "live-1.schema.json").read_text())
    jsonschema.validate(loaded, schema, cls=jsonschema.Draft202012Validator)
    return loaded


def test_a_merge_that_is_on_staging_and_waits_before_production(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = live(capsys, "--lab", "ci-staging-not-prod", "--sha", "origin/main")
    assert code == 0
    first = text.splitlines()[0]
    assert "“Link the help pages” is in staging, not in prod: deployment waits for the approval of" in first
    assert "approve-prod since 14:20 UTC" in first
    assert "✓ staging: " in text
    assert "✗ prod: " in text


def test_another_branch_deployed_over_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = live(capsys, "--lab", "ci-overwritten", "--env", "raft", "--json")
    said = document(text)
    assert code == 0
    for app in said["apps"]:
        assert (app["overwritten"], app["by"], app["by_branch"]) == (
            True,
            "Jan Lindqvist",
            "feature/receipts-page",
        )
    ((place, reason),) = said["yours"]["absent"]
    assert place == "raft"
    assert reason.endswith("of Jan Lindqvist (feature/receipts-page) deployed over it")


def test_one_app_that_runs_the_head(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = live(capsys, "tdp-backend-raft", "--lab", "healthy", "--json")
    (app,) = document(text)["apps"]
    assert code == 0
    assert (app["app"], app["stale"], app["between"], app["confidence"]) == (
        "tdp-backend-raft",
        False,
        [],
        "high",
    )
    assert app["since"] is not None


def test_a_commit_that_the_checkout_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "--lab", "healthy", "--sha", "deadbeef"]) == 2
    assert "the checkout has no commit 'deadbeef'" in capsys.readouterr().err
