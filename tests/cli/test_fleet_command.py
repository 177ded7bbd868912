"""Sweeps over many apps on the lab: `runback fleet`, and `runback live` over all environments."""

from __future__ import annotations

import json

import pytest

from runback import app, lab
from runback.cli import main


def test_those_in_trouble_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "--lab", "variable-emptied"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✗ tanf-portal/tanf-dev/tdp-backend-raft")
    assert "none of 1 instances runs; 9 crashes in a day" in lines[0]
    assert lines[-1].startswith("22 apps: 2 down; ")


def test_one_space_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "--lab", "healthy", "--space", "tanf-prod", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "runback.fleet/1"
    assert {one["space"] for one in found["apps"]} == {"tanf-prod"}
    assert {one["health"] for one in found["apps"]} == {"good"}


def test_a_space_that_nobody_sees(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "--lab", "healthy", "--space", "nope"]) == 2
    assert "no app is visible in nope" in capsys.readouterr().err


def test_sweeps_read_no_environment_and_no_log() -> None:
    with lab.start("healthy") as running:
        place = app.Place.in_lab(running)
        app.fleet(place)
        few = len(running.requests())
        app.live(app.Request(), running.checkout, running.environ, now=running.now)
        paths = [one.path for one in running.requests()]
    assert few <= 6
    private = [
        path for path in paths if path.endswith(("/env", "/environment_variables")) or "/read/" in path
    ]
    assert private == []
