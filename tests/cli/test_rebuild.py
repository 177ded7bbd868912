"""`runback rebuild`, as a person or a script calls it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runback import lab
from runback.lab.running import RunningLab
from runback.state import State


def runback(
    *arguments: str, running: RunningLab | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **({**running.environ, **running.programs()} if running else {}), **more}
    return subprocess.run(
        [sys.executable, "-m", "runback", *arguments], capture_output=True, text=True, check=False,
        timeout=120, stdin=subprocess.DEVNULL, env=environ, cwd=running.checkout if running else None,
    )  # fmt: skip


def test_the_plan_says_where_each_variable_comes_from_and_changes_nothing() -> None:
    answer = runback("rebuild", "--lab", "healthy")
    assert answer.returncode == 0, answer.stderr
    said = answer.stdout
    assert "$ bash scripts/deploy-backend.sh rebuild tdp-frontend-raft tdp-backend-raft tanf-dev" in said
    assert "Arguments as the job deploy-dev gives them: strategy rebuild, frontend tdp-frontend-raft" in said
    assert "Variables from your environment: ACFTITAN_HOST" in said
    assert "Variables from the script itself: AV_SCAN_URL" in said
    assert "[interrupts service]" in said
    assert said.endswith("This is a plan: nothing was changed. --apply carries it out.\n")


@pytest.mark.long
def test_it_runs_with_live_output_and_ends_verified() -> None:
    answer = runback("rebuild", "tdp-frontend-raft", "--lab", "healthy", "--apply", "--yes")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Pushing app tdp-frontend-raft" in answer.stderr
    assert "✓ verified: Rebuild tdp-frontend-raft" in answer.stdout


def test_without_a_key_for_the_snapshot_nothing_begins() -> None:
    with lab.start("healthy") as running:
        answer = runback("rebuild", running.app, "--apply", "--yes", running=running, RUNBACK_PASSPHRASE="")
        assert answer.returncode == 2, answer.stdout + answer.stderr
        assert "the snapshot has no key" in answer.stderr
        assert "RUNBACK_PASSPHRASE" in answer.stderr
        assert {one.method for one in running.requests()} == {"GET"}


def test_values_come_from_a_file_and_a_placeholder_in_it_is_refused(tmp_path: Path) -> None:
    values = tmp_path / "values.env"
    values.write_text("# of the password store\nexport JWT_KEY='a-real-one'\nSLACK_HOOK=<your hook>\n")
    with lab.start("healthy") as running:
        answer = runback("rebuild", running.app, "--values", str(values), running=running)
    assert answer.returncode == 0, answer.stderr
    assert f"Variables from {values}: JWT_KEY" in answer.stdout
    assert f"blocked: SLACK_HOOK is still a placeholder in {values}: give it its value" in answer.stdout
    assert "a-real-one" not in answer.stdout + answer.stderr
    values.write_text("JWT_KEY\n")
    answer = runback("rebuild", "--lab", "healthy", "--values", str(values))
    assert answer.returncode == 2
    assert "line 1: this is not NAME=VALUE" in answer.stderr


def test_an_app_that_no_script_deletes_cannot_be_rebuilt() -> None:
    answer = runback("rebuild", "tdp-clamav-nginx-dev", "--lab", "healthy")
    assert answer.returncode == 2
    assert "no script of the repository deletes tdp-clamav-nginx-dev" in answer.stderr


@pytest.mark.long
def test_ctrl_c_ends_the_script_and_the_same_command_gives_it_back() -> None:
    """As a person with `runback lab serve` has it: time passes by itself."""
    with lab.start("healthy", real_time=True, speed=20) as running:
        environ = {**os.environ, **running.environ, **running.programs(), "RUNBACK_PASSPHRASE": "of a test"}
        command = [sys.executable, "-m", "runback", "rebuild", running.app]
        process = subprocess.Popen(
            [*command, "--apply", "--yes"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=environ, cwd=running.checkout,
        )  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if "Deleting app tdp-celery-raft" in line:
                process.send_signal(signal.SIGINT)
                break
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "--apply' goes on where it stands, --undo takes it back." in said
        time.sleep(1.0)  # the script's own children, if it had left any
        before = len(running.requests())
        time.sleep(0.5)
        assert len(running.requests()) == before
        answer = runback("fix", "--apply", "--yes", running=running)
        assert answer.returncode == 2
        assert "'runback rebuild tdp-backend-raft' of" in answer.stderr  # nothing else begins meanwhile
        answer = runback("rebuild", running.app, "--undo", running=running, RUNBACK_PASSPHRASE="another")
        assert answer.returncode != 0
        assert "does not open with this key" in answer.stdout + answer.stderr
        answer = runback("rebuild", running.app, "--undo", running=running, RUNBACK_PASSPHRASE="of a test")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "gave tdp-backend-raft its old code back" in answer.stdout
        audited = State.of(running.environ).audited()
        phases = [one["phase"] for one in audited if one["action"] == "script"]
        assert phases == ["before", "undo", "not undone", "undo", "undone"]
