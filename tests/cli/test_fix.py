"""The commands that change something, as a person or a script calls them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from runback import lab
from runback.lab.running import RunningLab


def runback(
    *arguments: str, running: RunningLab | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runback", *arguments]
    environ = {**os.environ, **(running.environ if running else {}), **more}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
        env=environ, cwd=running.checkout if running else None,
    )  # fmt: skip


def test_a_plan_is_printed_and_exits_0() -> None:
    answer = runback("fix", "--lab", "policy-missing")
    assert answer.returncode == 0, answer.stderr
    assert (
        "$ cf add-network-policy tdp-clamav-nginx-dev clamav-rest --protocol tcp --port 9000 -s tanf-prod"
        in answer.stdout
    )
    assert "back: cf remove-network-policy" in answer.stdout
    assert answer.stdout.endswith("This is a plan: nothing was changed. --apply carries it out.\n")


def test_it_is_applied_and_proven_and_exits_0() -> None:
    answer = runback("fix", "policy-missing", "--lab", "policy-missing", "--apply", "--yes", "--json")
    assert answer.returncode == 0, answer.stderr
    document = json.loads(answer.stdout)
    schema = json.loads((files("runback") / "schemas" / "fix-1.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert document["applied"] is True
    assert document["verdict"] == "healthy"
    assert [(one["page"], one["result"]) for one in document["remedies"]] == [("policy-missing", "verified")]


def test_what_only_a_person_can_do_exits_1_with_the_instructions() -> None:
    answer = runback("fix", "--lab", "backend-test-failed", "--apply", "--yes")
    assert answer.returncode == 1
    assert "only a person can do this" in answer.stdout


def test_nothing_to_fix_exits_0() -> None:
    answer = runback("fix", "--lab", "healthy", "--apply", "--yes")
    assert answer.returncode == 0
    assert "There is nothing to fix." in answer.stdout


def test_without_a_terminal_nobody_agrees() -> None:
    answer = runback("fix", "--lab", "policy-missing", "--apply")
    assert answer.returncode == 2
    assert "nobody is there to agree to the plan" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_protected_app_asks_for_its_name_even_with_yes() -> None:
    with lab.start("policy-missing") as running:
        (Path(running.environ["XDG_CONFIG_HOME"]) / "runback" / "config.toml").unlink()
        answer = runback("fix", "--app", running.app, "--apply", "--yes", running=running)
        assert answer.returncode == 2
        assert "tdp-clamav-nginx-dev is protected: a person must type its name" in answer.stderr
        assert {one.method for one in running.requests()} == {"GET"}


def test_a_wrong_name_changes_nothing() -> None:
    with lab.start("policy-missing") as running:
        (Path(running.environ["XDG_CONFIG_HOME"]) / "runback" / "config.toml").unlink()
        theirs, ours = pty.openpty()
        command = [sys.executable, "-m", "runback", "fix", "--app", running.app, "--apply", "--yes"]
        process = subprocess.Popen(
            command, stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **running.environ}, cwd=running.checkout,
        )  # fmt: skip
        os.write(theirs, b"some-other-app\n")
        _, said = process.communicate(timeout=60)
        os.close(theirs)
        os.close(ours)
        assert process.returncode == 1
        assert "Nothing was changed." in said
        assert {one.method for one in running.requests()} == {"GET"}


def test_one_question_is_asked_behind_the_plan() -> None:
    theirs, ours = pty.openpty()
    command = [sys.executable, "-m", "runback", "fix", "--lab", "policy-missing", "--apply"]
    process = subprocess.Popen(command, stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.write(theirs, b"y\n")
    said, asked = process.communicate(timeout=120)
    os.close(theirs)
    os.close(ours)
    assert asked.count("Carry this out? [y/N]") == 1
    assert "$ cf add-network-policy" in said
    assert process.returncode == 0, said + asked
    assert "✓ verified" in said


def test_a_value_from_a_file_and_one_from_nowhere(tmp_path: Path) -> None:
    with lab.start("variable-emptied") as running:
        answer = runback("fix", "--app", running.app, "--apply", "--yes", running=running)
        assert answer.returncode == 2
        assert "there is no value for JWT_KEY" in answer.stderr
        assert {one.method for one in running.requests()} == {"GET"}
    secret = tmp_path / "jwt"
    secret.write_text("fake-jwt-key-dev-2b6e80f94d5c\n")
    answer = runback(
        "fix", "--lab", "variable-emptied", "--apply", "--yes", "--value", f"JWT_KEY=file:{secret}"
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "left for you: Give JWT_KEY its value in CircleCI again" in answer.stdout
    assert "fake-jwt-key" not in answer.stdout + answer.stderr


@pytest.mark.parametrize("source", ["JWT_KEY", "JWT_KEY=", "JWT_KEY=env:", "=env:X", "JWT_KEY=plain-value"])
def test_a_value_on_the_command_line_is_refused(source: str) -> None:
    answer = runback("fix", "--value", source)
    assert answer.returncode == 2
    assert "NAME=SOURCE" in answer.stderr


def test_rollback_and_rerun_print_their_plans() -> None:
    answer = runback("rollback", "tdp-backend-staging", "--lab", "new-revision-crashes")
    assert answer.returncode == 0, answer.stderr
    assert "$ cf rollback tdp-backend-staging --version 3 -f" in answer.stdout
    assert "$ cf rollback tdp-celery-staging --version 3 -f" in answer.stdout
    assert "not bindings, routes, network policies, scale or the database" in answer.stdout
    answer = runback("rerun", "--lab", "rolling-push-failed")
    assert answer.returncode == 0, answer.stderr
    assert "Run the failed jobs of build-and-test" in answer.stdout


def test_undo_without_anything_to_undo() -> None:
    answer = runback("fix", "--undo", "--lab", "healthy")
    assert answer.returncode == 2
    assert "no change was interrupted here" in answer.stderr


def test_a_job_runs_again_without_any_login_to_cloud_foundry(tmp_path: Path) -> None:
    """A person who has a token of CircleCI, and nothing else."""
    with lab.start("ci-no-machine") as running:
        kept = {name: value for name, value in running.environ.items() if name != "CF_HOME"}
        answer = subprocess.run(
            [sys.executable, "-m", "runback", "rerun", "--apply", "--yes", "--json"],
            capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], **kept, "HOME": str(tmp_path)}, cwd=running.checkout,
        )  # fmt: skip
        document = json.loads(answer.stdout)
        assert [(one["result"], one["because"]) for one in document["remedies"]] == [("verified", [])]
        assert answer.returncode == 0, answer.stderr
        assert {one.listener for one in running.requests()} <= {"circleci", "artifacts"}
        assert [one.method for one in running.requests() if one.path.endswith("/rerun")] == ["POST"]
