"""The commands as a person runs them, against a lab over HTTP, and what they answer to bad input."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from runback import lab
from runback.cli import main
from runback.lab.running import RunningLab
from runback.lab.server import Fault, Response


class Said(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture(scope="module")
def healthy() -> Iterator[RunningLab]:
    with lab.start("healthy", real_time=True) as running:
        yield running


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls a command and gives what it said; an exit of the argument parser counts as its code."""

    def call(*arguments: str) -> Said:
        try:
            code = main(list(arguments))
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def at_home(healthy: RunningLab, monkeypatch: pytest.MonkeyPatch) -> RunningLab:
    """The lab's exports are set and its checkout is the current folder, as `lab serve` says."""
    use(healthy.environ, healthy.checkout, monkeypatch)
    return healthy


def use(environ: Mapping[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is no checkout, and a person without any login."""
    for name in ("CIRCLE_TOKEN", "CIRCLE_HOST", "CF_HOME", "CF_API", "CF_USERNAME", "CF_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plain(said: Said, code: int) -> str:
    """The error: one or two plain lines on standard error, nothing else."""
    assert said.code == code, said
    assert 1 <= len(said.err.splitlines()) <= 2, said.err
    assert "Traceback" not in said.err
    return said.err


def valid(text: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    schema = json.loads((files("runback") / "schemas" / f"{name}.schema.json").read_text())
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    return document


# --- against a lab that serves, as against a real API --------------------------------------------


@pytest.mark.usefixtures("at_home")
def test_a_healthy_deployment_is_healthy(run: Run) -> None:
    said = run("diagnose", "--env", "raft", "--json")
    document = valid(said.out, "diagnosis-1")
    assert said.code == 0
    assert document["verdict"] == "healthy"
    assert document["causes"] == []


@pytest.mark.usefixtures("at_home")
def test_peers_stand_in_the_report_where_they_are_asked_for(run: Run, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    for more, says in (([], "peers were not read"), (["--peers"], "beside tdp-backend-qasp")):
        run("diagnose", "tdp-backend-raft", "--html", str(report), *more)
        assert says in report.read_text()


@pytest.mark.usefixtures("at_home")
def test_check_finds_everything_in_place(run: Run) -> None:
    said = run("check")
    assert said.code == 0, said.out
    assert "✗" not in said.out


@pytest.mark.usefixtures("at_home")
def test_live_names_the_commit_of_each_app(run: Run, at_home: RunningLab) -> None:
    said = run("live", "--env", "raft", "--json")
    apps = {item["app"]: item for item in json.loads(said.out)["apps"]}
    assert said.code == 0
    assert {"tdp-backend-raft", "tdp-frontend-raft", "tdp-celery-raft"} <= set(apps)
    assert len(apps["tdp-backend-raft"]["commit"]) == 40


def test_init_writes_a_configuration_that_works(
    run: Run, at_home: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = shutil.copytree(at_home.checkout, tmp_path / "portal")
    (checkout / "runback.toml").unlink()
    monkeypatch.chdir(checkout)
    assert run("init").code == 0
    assert run("check").code == 0
    assert run("diagnose", "--env", "raft").code == 0
    assert "already" in plain(run("init"), 2)
    assert run("init", "--force").code == 0


def test_a_lab_that_is_broken_on_purpose_is_diagnosed_over_http(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lab.start("scanner-stopped", real_time=True) as running:
        use(running.environ, running.checkout, monkeypatch)
        said = run("diagnose", running.app, "--json")
    document = valid(said.out, "diagnosis-1")
    assert said.code == 1
    assert [cause["page"] for cause in document["causes"]] == ["app-stopped"]


# --- bad input -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["diagnose", "tdp-backend-rat"], "tdp-backend-raft"),
        (["diagnose", "--env", "raf"], "raft"),
        (["diagnose", "--env", "raft", "--branch", "rafft"], "raft"),
        (["diagnose", "--env", "raft", "--pipeline", "99999"], "nearest"),
        (["diagnose", "--env", "raft", "--pipeline", "x"], "--pipeline 1234"),
        (["diagnose", "--lab", "polcy-missing"], "policy-missing"),
        (["demo", "nosuch"], "no scenario 'nosuch'"),
        (["lab", "score", "nosuch"], "no scenario 'nosuch'"),
        (["lab", "serve", "--scenario", "nosuch"], "no scenario 'nosuch'"),
        (["explain", "polcy-missing"], "policy-missing"),
        (["explain", "zzz"], "runbook list"),
        (["runbook", "list", "--stage", "zzz"], "commit, ci"),
    ],
)
def test_a_name_that_is_not_there_is_met_with_those_that_are(
    run: Run, arguments: list[str], says: str
) -> None:
    assert says in plain(run(*arguments), 2)


@pytest.mark.usefixtures("nowhere")
def test_nothing_to_look_at_says_what_to_do(run: Run) -> None:
    assert "runback init" in plain(run("diagnose"), 2)


@pytest.mark.usefixtures("nowhere")
def test_without_any_login_it_says_so(run: Run) -> None:
    assert "runback check" in plain(run("diagnose", "some-app"), 3)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[environments.x]\nspce = 'a'\n", 2, "'space'"),
        ("[environments.x]\nspace = 3\n", 2, "text"),
        ("[environments.x\n", 1, "TOML"),
    ],
)
def test_a_malformed_configuration_names_the_line_and_what_is_allowed(
    run: Run, nowhere: Path, text: str, line: int, says: str
) -> None:
    (nowhere / "runback.toml").write_text(text)
    error = plain(run("diagnose"), 2)
    assert f"runback.toml:{line}:" in error
    assert says in error


@pytest.mark.usefixtures("at_home")
def test_an_app_that_nobody_sees_is_met_with_near_names(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "tdp-backend-raft" in plain(run("diagnose", "tdp-backend-raf"), 2)


def test_a_wrong_circleci_token_is_named_and_the_rest_goes_on(
    run: Run, at_home: RunningLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCLE_TOKEN", "wrong")
    said = run("diagnose", "--env", "raft", "--json")
    assert said.code in (0, 3)
    assert any("token" in item["reason"] for item in json.loads(said.out)["unknown"])


def test_an_unreachable_platform_is_named_and_ci_goes_on(
    run: Run, at_home: RunningLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = json.loads((Path(at_home.environ["CF_HOME"]) / ".cf" / "config.json").read_text())
    dead = dict.fromkeys(("Target", "UaaEndpoint", "LogCacheEndPoint"), "http://127.0.0.1:9")
    (tmp_path / ".cf").mkdir()
    (tmp_path / ".cf" / "config.json").write_text(json.dumps(login | dead))
    monkeypatch.setenv("CF_HOME", str(tmp_path))
    said = run("diagnose", "--env", "raft", "--json")
    assert said.code == 3
    assert any("127.0.0.1:9" in item["reason"] for item in json.loads(said.out)["unknown"])


@pytest.mark.parametrize(("status", "path"), [(401, "/v3/*"), (403, "/v3/*"), (404, "/api/v1/read/*")])
def test_a_refusal_is_an_unknown_with_its_status(
    run: Run, at_home: RunningLab, status: int, path: str
) -> None:
    at_home.faults.add(Fault(path=path, response=Response.text("no", status=status)))
    try:
        said = run("diagnose", "--env", "raft", "--json")
    finally:
        at_home.faults.clear()
    reasons = [item["reason"] for item in json.loads(said.out)["unknown"]] if said.out else [said.err]
    assert any(str(status) in reason or "login" in reason for reason in reasons), (said, reasons)


# --- logs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "empty"), (bytes(range(256)) * 40, "not text")], ids=["empty", "binary"]
)
def test_a_log_that_is_none_is_said_to_be_none(run: Run, tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "job.log"
    file.write_bytes(content)
    assert says in plain(run("scan", str(file)), 3)


def test_a_missing_log_and_a_folder(run: Run, tmp_path: Path) -> None:
    assert "No such file" in plain(run("scan", str(tmp_path / "none.log")), 3)
    assert "folder" in plain(run("scan", str(tmp_path)), 3)


def test_a_failed_log_is_scanned_to_its_cause(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "job.log"
    file.write_text("ok\nModuleNotFoundError: No module named 'boto3'\nExited with code exit status 1\n")
    said = run("scan", str(file), "--json")
    document = valid(said.out, "scan-1")
    assert said.code == 1
    assert document["causes"][0]["where"][0]["line"] == 2
    assert document["lines"] == 3


# --- the lab's own commands ------------------------------------------------------------------------


def test_lab_list_names_the_core_scenarios(run: Run) -> None:
    listed = json.loads(run("lab", "list", "--json").out)["scenarios"]
    core = [item for item in listed if item["healthy"] is not None and item["line"]]
    assert len(core) >= 12
    assert sum(item["healthy"] for item in listed) >= 1


def test_runbook_list_is_what_the_contract_says(run: Run) -> None:
    pages = json.loads(run("runbook", "list", "--json").out)["pages"]
    assert all(set(page) == {"id", "title", "stage", "severity", "tier"} for page in pages)
    assert len({page["id"] for page in pages}) == len(pages) > 30


def test_explain_shows_the_page(run: Run) -> None:
    said = run("explain", "policy-missing")
    assert said.code == 0
    assert "Mitigation" in said.out
