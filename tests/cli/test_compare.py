"""compare and revisions as people get them: their whole output on the lab, bad input, and never a value.

`make snapshots` writes the kept output again; then look at the difference before you commit it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

import planted
from runback import lab
from runback.cli import main
from runback.lab.running import RunningLab
from runback.lab.server import Response
from runback.lab.server.faults import Fault

SNAPSHOTS = Path(__file__).parent / "snapshots"
BACKEND = "tdp-backend-raft"
SHOWN = {
    "compare-healthy": (0, ["compare", BACKEND, "--show", "all", "--lab", "healthy"]),
    "compare-variable-emptied": (1, ["compare", BACKEND, "--lab", "variable-emptied"]),
    "compare-service-not-bound": (1, ["compare", BACKEND, "--lab", "service-not-bound"]),
    "compare-scan-address-of-production": (1, ["compare", BACKEND, "--lab", "scan-address-of-production"]),
    "compare-route-nobody-expects": (1, ["compare", BACKEND, "--lab", "route-nobody-expects"]),
    "compare-scaled-to-zero": (1, ["compare", BACKEND, "--lab", "scaled-to-zero"]),
    "compare-public-route-gone": (1, ["compare", "tdp-frontend-raft", "--lab", "public-route-gone"]),
    "compare-one-peer": (0, ["compare", BACKEND, "tdp-backend-qasp", "--lab", "healthy"]),
    "revisions-variable-emptied": (0, ["revisions", BACKEND, "--lab", "variable-emptied"]),
    "revisions-crashes": (0, ["revisions", "tdp-backend-staging", "--lab", "new-revision-crashes"]),
    "revisions-service-not-bound": (0, ["revisions", BACKEND, "--lab", "service-not-bound"]),
    "revisions-two": (0, ["revisions", BACKEND, "3", "5", "--lab", "variable-emptied"]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_output_is_as_it_was_last_looked_at(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, arguments = SHOWN[name]
    assert main(arguments) == code
    shown, kept = capsys.readouterr().out, SNAPSHOTS / f"{name}.txt"
    if os.environ.get("RUNBACK_SNAPSHOTS") == "write":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(shown, encoding="utf-8")
    assert shown == kept.read_text(encoding="utf-8"), "run 'make snapshots' and look at the difference"
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        ("compare-1", ["compare", BACKEND, "--lab", "variable-emptied"]),
        ("revisions-1", ["revisions", BACKEND, "--lab", "variable-emptied"]),
        ("diagnosis-1", ["diagnose", "--lab", "variable-emptied"]),
    ],
)
def test_the_json_is_what_its_schema_says(
    schema: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main([*arguments, "--json"])
    given = json.loads(capsys.readouterr().out)
    described = json.loads((files("runback") / f"schemas/{schema}.schema.json").read_text("utf-8"))
    jsonschema.validate(given, described)


@contextmanager
def shell(scenario: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningLab]:
    """A lab, and a person's shell in its checkout."""
    with lab.start(scenario) as running:
        for name, value in running.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        monkeypatch.chdir(running.checkout)
        yield running


def test_no_value_of_a_variable_or_binding_is_in_any_output_or_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Marked secrets in every variable and binding of every app, and in every earlier revision."""
    written: dict[str, bytes] = {}
    with shell("variable-emptied", tmp_path, monkeypatch) as running:
        marks = plant(running)
        for name, arguments in {
            "compare": ["compare", BACKEND, "--show", "all"],
            "compare json": ["compare", BACKEND, "--json"],
            "revisions": ["revisions", BACKEND],
            "revisions json": ["revisions", BACKEND, "--json"],
            "two revisions": ["revisions", BACKEND, "2", "5", "--json"],
            "diagnose": ["diagnose", BACKEND, "--show", "all", "--html", str(tmp_path / "a.html")],
            "diagnose json": ["diagnose", BACKEND, "--json", "--save-bundle", str(tmp_path / "a.runback")],
        }.items():
            main(arguments)
            said = capsys.readouterr()
            written[name] = (said.out + said.err).encode(errors="surrogateescape")
        assert running.violations == []
    written |= {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(marks) > 300
    assert {
        name: sorted(planted.marks(data))[:3] for name, data in written.items() if planted.marks(data)
    } == {}
    assert b"PLANTED_7" in written["compare"]  # the names were there to be told


def plant(running: RunningLab) -> tuple[planted.Planted, ...]:
    state = running._world.state
    apps = sorted(state.apps.values(), key=lambda app: app.name)
    secrets = planted.secrets(20 * len(apps))
    for n, secret in enumerate(secrets):
        app = apps[n % len(apps)]
        app.environment[f"PLANTED_{n // len(apps)}"] = secret.value
        for binding in running._world.services.of(app):
            binding.credentials[f"planted_{n}"] = secret.value
    for n, revision in enumerate(state.revisions.values()):
        revision.environment[f"PLANTED_{n % 20}"] = secrets[n % len(secrets)].value + "x"
    return secrets


# --- bad input ------------------------------------------------------------------------------------


def test_who_may_not_read_variables_gets_the_rest_and_is_told_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = Response.json({"errors": [{"detail": "You are not authorized"}]}, 403)
    with shell("service-not-bound", tmp_path, monkeypatch) as running:
        running.faults.add(Fault(listener="api", path="/v3/apps/*/env", response=denied))
        running.faults.add(
            Fault(listener="api", path="/v3/revisions/*/environment_variables", response=denied)
        )
        assert main(["compare", BACKEND]) == 1
        said = capsys.readouterr().out
        assert "tdp-db-*" in said
        assert "Unknown: environment of tdp-backend-raft" in said
        assert main(["revisions", BACKEND]) == 0
        assert "The safe way back is revision" in capsys.readouterr().out


def test_an_auditor_is_told_once_what_no_app_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", BACKEND, "--lab", "auditor-looks"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("does not let this token read") == 1
    assert "environment of tdp-backend-raft, tdp-backend-qasp, " in said


def test_who_is_not_logged_in_is_told_to_log_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", BACKEND, "--lab", "token-expired"]) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(f"{BACKEND} cannot be compared")
    assert "`cf login` again" in said
    main(["live", "--lab", "token-expired"])
    said = capsys.readouterr().out
    assert "? raft, qasp, a11y, develop, staging, prod: unknown, because the Cloud Foundry login" in said
    assert said.count("`cf login` again") == 1
    assert "    ?" not in said


def test_an_app_that_runback_toml_does_not_name_is_looked_for_on_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell("scanner-stopped", tmp_path, monkeypatch):
        assert main(["diagnose", "clamav-rest", "--json"]) == 1
        found = json.loads(capsys.readouterr().out)
        assert found["target"]["app"] == "clamav-rest"
        assert [cause["page"] for cause in found["causes"]] == ["app-stopped"]
        assert main(["compare", "tdp-clamav-nginx-dev"]) in (0, 1)
        capsys.readouterr()
        assert main(["compare", "tdp-clamav-ngnix-dev"]) == 2
        said = capsys.readouterr().err
        assert "there is no app 'tdp-clamav-ngnix-dev'" in said
        assert "near names: tdp-clamav-nginx-dev" in said
        assert main(["compare", "tdp-backend-rafft"]) == 2
        said = capsys.readouterr().err
        assert "Did you mean 'tdp-backend-raft'?" in said
        assert "near names" not in said  # the same is not said twice
        assert main(["compare", BACKEND, "tdp-backend-qas"]) == 2
        assert (
            "no app 'tdp-backend-qas' to compare with. Did you mean 'tdp-backend-qasp'?"
            in capsys.readouterr().err
        )


@pytest.mark.parametrize("versions", [["3"], ["3", "3"], ["1", "2", "3"], ["3", "99"]])
def test_versions_that_cannot_be_compared(versions: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["revisions", BACKEND, *versions, "--lab", "healthy"]) == 2
    said = capsys.readouterr().err
    assert "two different revisions" in said or "there is no revision 99" in said


def test_reading_is_no_change_even_when_runback_looked_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with shell("service-not-bound", tmp_path, monkeypatch):
        for _ in range(3):
            main(["diagnose", BACKEND, "--json"])
            changes = json.loads(capsys.readouterr().out)["changes"]
            assert [(one["kind"], one["name"]) for one in changes[0]["changes"]] == [
                ("binding", "tdp-db-dev"), ("state", "restarted")
            ]  # fmt: skip
