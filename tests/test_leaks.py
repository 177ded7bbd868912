"""No secret leaves a run: planted by the thousand wherever the lab has a place, looked for in all output.

What people need stays readable: ports, hosts, the names of apps.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

import planted
from runback import lab
from runback.cli import main
from runback.lab.circleci import state as ci
from runback.lab.running import RunningLab
from runback.lab.server import Response
from runback.lab.server.faults import Fault

SCENARIO = "policy-missing"
APPS = ("tdp-backend-raft", "tdp-frontend-raft", "tdp-celery-raft", "tdp-clamav-nginx-dev", "clamav-rest")
READABLE = (
    b"8080",
    b"9000",
    b"tanf-prod-clamav-rest.apps.internal",
    b"tdp-clamav-nginx-dev",
)
PLAIN = "listening on 8080; db.lab.example:5432/x, https://api.lab.example:8443/v1, tdp-clamav-nginx-dev"
LINES = 300  # secrets, so that no app's 1,000 lines in log-cache begin in the middle of one


@pytest.mark.parametrize("count", [420, pytest.param(10_000, marks=pytest.mark.long)])
def test_no_planted_secret_is_left_in_anything_that_is_written(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = planted.secrets(count)
    with prepared(tmp_path, monkeypatch) as running:
        plant(running, secrets)
        written = run_everything(running, tmp_path)
        assert running.violations == []
    assert leaks(written) == {}
    everything = b"\n".join(written.values())
    # Most were really met on the way: some lie in pipelines of other branches, which are not read.
    assert everything.count(b"[secret:") > count // 2
    for text in READABLE:
        assert text in everything
    assert PLAIN.encode() in written["bundle a.runback"]


def test_errors_and_tracebacks_keep_what_a_server_says_to_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = planted.secrets(40)
    with prepared(tmp_path, monkeypatch) as running:
        plant(running, secrets)
        said = {}
        for listener in ("api", "uaa", "log-cache", "circleci", "artifacts"):
            status = 403 if listener == "uaa" else 422
            running.faults.clear()
            running.faults.add(
                Fault(listener=listener, path=_later(listener), response=refusal(status, secrets))
            )
            said[listener] = call("diagnose", "--show", "all", "--debug", *about(running))
        written = said | files("state", tmp_path / "state")
    assert any(b"secret:" in text for text in said.values())
    assert leaks(written) == {}


def test_what_cannot_be_learned_makes_the_patterns_stricter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environments answer 403: random text is taken for a secret wherever it stands, and that is said."""
    secrets = [one for one in planted.secrets(70) if "TOKEN" in one.name or "SETTING" in one.name]
    with prepared(tmp_path, monkeypatch) as running:
        plant(running, secrets, spelled=False)
        denied = Response.json({"errors": [{"detail": "You are not authorized"}]}, 403)
        running.faults.add(Fault(listener="api", path="/v3/apps/*/env", response=denied))
        written = run_everything(running, tmp_path)
    assert leaks(written) == {}
    assert b"environment of tdp-backend-raft" in written["bundle audit"]
    assert b"random" in written["bundle audit"]
    for text in (b"8080", b"9000", b"tdp-backend-raft"):
        assert text in written["bundle a.runback"]


# --- the world ------------------------------------------------------------------------------------


@contextmanager
def prepared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningLab]:
    """A lab, and a person's shell in its checkout."""
    with lab.start(SCENARIO) as running:
        for name, value in running.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        monkeypatch.chdir(running.checkout)
        yield running


def plant(running: RunningLab, secrets: Iterable[planted.Planted], *, spelled: bool = True) -> None:
    """Variables of now and of the revision before, bindings, keys; then everywhere that a program prints."""
    state = running._world.state
    apps = [app for app in state.apps.values() if app.name in APPS]
    printed = []
    for n, secret in enumerate(secrets):
        app = apps[n % len(apps)]
        bindings = running._world.services.of(app)
        if n % 3 == 0 and bindings:
            bindings[n % len(bindings)].credentials[secret.name.lower()] = secret.value
        else:
            app.environment[secret.name] = secret.value
        text = planted.lines(secret, n // 14) if spelled else f"using {secret.shown} now"
        printed.append((app.guid, text))
    for key in state.bindings.values():
        if key.type == "key":
            key.credentials["password"] = "Lk99999Zq-never-read"
    with running._world.entered():
        running._world.logs.write(apps[0].guid, "APP/PROC/WEB", "0", PLAIN)
    print_in_ci(running, [text for _, text in printed])
    for guid, text in printed[:LINES]:
        with running._world.entered():
            running._world.logs.write(guid, "APP/PROC/WEB", "0", text)


def print_in_ci(running: RunningLab, texts: list[str]) -> None:
    """In step output, a job's messages and test results, and a pipeline's parameters."""
    now = running.now() - timedelta(minutes=20)
    for pipeline in [one for one in running.pipelines() if one.branch == running.environment][-1:]:
        for workflow in pipeline.workflows:
            for job in workflow.jobs:
                if job.recall is not None:
                    job.recall()
                    job.recall = None
                for action in job.actions:
                    action.output += [ci.Message(text + "\n", now) for text in texts]
                job.messages.append({"type": "error", "message": texts[0], "reason": texts[-1]})
                job.tests.append(failed_test(texts[0]))


def failed_test(message: str) -> ci.TestResult:
    return ci.TestResult(name="t", classname="c", file=None, result="failure", message=message, run_time=1.0)


def refusal(status: int, secrets: Iterable[planted.Planted]) -> Response:
    """An error that repeats in its body and its headers what it should have kept."""
    shown = " ".join(one.shown.split("\n")[1 if "\n" in one.shown else 0] for one in list(secrets)[:5])
    body = {
        "errors": [{"detail": f"not with {shown}", "title": "x"}],
        "message": shown,
        "error_description": shown,
    }
    header = ("WWW-Authenticate", "Bearer " + shown.split()[1].encode("ascii", "ignore").decode())
    return Response.json(body, status, (header,))


def _later(listener: str) -> str:
    """Which requests fail: those after the environments have been read, where that is possible."""
    return {"api": "*/revisions*", "uaa": "*", "circleci": "*/pipeline*"}.get(listener, "*")


# --- runs -----------------------------------------------------------------------------------------


def about(running: RunningLab) -> list[str]:
    return [running.app, "--env", running.environment]


def run_everything(running: RunningLab, folder: Path) -> dict[str, bytes]:
    """Everything that the commands write: to the terminal, to files, to the state folder."""
    target = about(running)
    bundle, page = str(folder / "a.runback"), str(folder / "a.html")
    written = {
        "json": call("diagnose", "--json", *target, "--save-bundle", bundle, "--html", page),
        "markdown": call("diagnose", "--bundle", bundle, "--markdown"),
        "check": call("check", "--debug"),
        "bundle show": call("bundle", "show", bundle, "--json"),
        "bundle audit": call("bundle", "audit", bundle),
        "bundle diff": call("bundle", "diff", bundle, bundle, "--json"),
        "offline": call("diagnose", "--bundle", bundle, "--show", "all"),
        "html": Path(page).read_bytes(),
        "terminal": call("diagnose", "--show", "all", *target),
        "debug": call("diagnose", "--debug", *target),
        "live": call("live", "--debug"),
        "compare": call("compare", target[0], "--json"),
        "path": call("path", "tdp-clamav-nginx-dev", "clamav-rest:9000", "--env", running.environment),
        "revisions": call("revisions", target[0], "--json"),
        "fix": call("fix"),
    }
    return written | {"bundle a.runback": unpacked(bundle)} | files("state", folder / "state")


def unpacked(path: str) -> bytes:
    with zstandard.open(path) as stream:
        return bytes(stream.read())


def call(*arguments: str) -> bytes:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        main(list(arguments))
    return (out.getvalue() + err.getvalue()).encode(errors="surrogateescape")


def files(name: str, folder: Path) -> dict[str, bytes]:
    return {f"{name} {path.name}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leaks(written: dict[str, bytes]) -> dict[str, list[bytes]]:
    """Where marks are left, with some of them."""
    found: dict[str, Any] = {name: sorted(planted.marks(text))[:10] for name, text in written.items()}
    return {name: left for name, left in found.items() if left}
