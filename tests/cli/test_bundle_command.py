"""`runback bundle` and the options of `diagnose` that save and read bundles, as a person calls them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from runback.cli import main


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundles") / "policy.runback"
    assert main(["diagnose", "--lab", "policy-missing", "--save-bundle", str(path)]) == 1
    return path


def printed(capsys: pytest.CaptureFixture[str], name: str) -> Any:
    """The document on standard output, valid against the published schema."""
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((files("runback") / "schemas" / f"{name}-1.schema.json").read_text())
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    return document


def test_diagnose_from_a_file_prints_the_same(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "--lab", "policy-missing", "--json"]) == 1
    live = json.loads(capsys.readouterr().out)
    assert main(["diagnose", "--bundle", str(saved), "--json"]) == 1
    said = capsys.readouterr()
    offline = json.loads(said.out)
    assert "collected 2026-03-03 15:00 UTC" in said.err
    del live["timings"], offline["timings"]
    assert offline == live


def test_a_bundle_of_another_project_says_so(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    toml = tmp_path / "runback.toml"
    toml.write_text('project = "gh/acme/portal"\n[environments.staging]\norg = "acme"\n')
    assert main(["diagnose", "--bundle", str(saved)]) == 1
    assert "This checkout is of gh/acme/portal: the report is about" in capsys.readouterr().err
    toml.write_text("this is not TOML")
    assert main(["diagnose", "--bundle", str(saved)]) == 1
    assert "This checkout" not in capsys.readouterr().err


@pytest.mark.parametrize("more", [["tdp-backend-raft"], ["--env", "raft"], ["--lab", "healthy"]])
def test_a_bundle_says_itself_what_it_is_about(
    saved: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagnose", "--bundle", str(saved), *more]) == 2
    assert "a bundle says itself what it is about" in capsys.readouterr().err


def test_show(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bundle", "show", str(saved)]) == 0
    shown = capsys.readouterr().out
    assert "apps: tdp-frontend-raft" in shown
    assert "No network policy lets tdp-clamav-nginx-dev reach clamav-rest" in shown
    assert main(["bundle", "show", str(saved), "--json"]) == 0
    document = printed(capsys, "bundle-show")
    assert document["causes"] == ["policy-missing"]
    assert document["manifest"]["schema"] == "runback.bundle/1"


def test_diff(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    healthy = tmp_path / "healthy"
    assert main(["diagnose", "--lab", "healthy", "--save-bundle", str(healthy)]) == 0
    capsys.readouterr()
    assert main(["bundle", "diff", str(healthy), str(saved)]) == 0
    said = capsys.readouterr().out
    assert "+ cause: No network policy lets tdp-clamav-nginx-dev reach clamav-rest" in said
    assert "- policy tdp-clamav-nginx-dev → clamav-rest tcp/9000: allowed" in said
    assert main(["bundle", "diff", str(healthy), str(saved), "--json"]) == 0
    document = printed(capsys, "bundle-diff")
    assert document["causes"]["second"] != []
    assert ("allowed", "") in [(one["first"], one["second"]) for one in document["differences"]]
    assert main(["bundle", "diff", str(saved), str(saved)]) == 0
    assert "No difference." in capsys.readouterr().out


def test_audit(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bundle", "audit", str(saved)]) == 0
    assert "Nothing in it looks like a secret." in capsys.readouterr().out
    assert main(["bundle", "audit", str(saved), "--json"]) == 0
    assert printed(capsys, "bundle-audit")["clean"] is True


def test_what_is_no_bundle_is_one_plain_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_bytes(b"not a bundle")
    for arguments in (["diagnose", "--bundle"], ["bundle", "show"], ["bundle", "audit"]):
        assert main([*arguments, str(tmp_path / "x")]) == 3
        assert capsys.readouterr().err.startswith("runback: ")


def test_a_traceback_keeps_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
    assert main(["bundle", "show", str(path), "--debug"]) == 3
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "InputError" in said
    assert "ghp_" not in said
