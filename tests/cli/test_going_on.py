"""A change that was interrupted: which commands go on with it, and which say that it is not theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from runback import app, lab
from runback.app.keeping import memory
from runback.lab.running import RunningLab
from runback.lab.server import Fault


@pytest.fixture(scope="module")
def running() -> Iterator[RunningLab]:
    """A lab in whose checkout `runback fix policy-missing --env raft` lost the network."""
    with lab.start("policy-missing", real_time=True, speed=20) as world:
        world.faults.add(Fault(path="*/external/policies", method="POST", times=1, drop=True))
        answer = runback(world, "fix", "policy-missing", "--env", "raft", "--apply", "--yes")
        assert answer.returncode == 1, answer.stdout + answer.stderr
        yield world


def runback(running: RunningLab, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runback", *words],
        cwd=running.checkout,
        env={**os.environ, **running.environ},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        ("fix", "policy-missing-elsewhere"),
        ("fix", "policy-missing", "--env", "qasp"),
        ("rollback", "tdp-backend-raft"),
        ("rerun",),
    ],
)
def test_another_command_does_not_go_on_with_it(running: RunningLab, words: tuple[str, ...]) -> None:
    answer = runback(running, *words, "--apply", "--yes")
    assert answer.returncode == 2
    assert "'runback fix policy-missing --apply' goes on with it" in answer.stderr


def test_while_it_is_at_work_it_is_not_called_interrupted(running: RunningLab) -> None:
    place = app.Place.in_lab(running)
    journal = app.unfinished(place)
    assert journal is not None
    with memory(journal.target, running.environ).lock("runback fix policy-missing"):
        for more in ((), ("--apply", "--yes"), ("--undo",)):
            answer = runback(running, "fix", "policy-missing", *more)
            assert answer.returncode == 2
            assert "another run is at work on this project: runback fix policy-missing" in answer.stderr
            assert "interrupted" not in answer.stderr


def test_the_same_command_goes_on(running: RunningLab) -> None:
    answer = runback(running, "fix", "policy-missing", "--env", "raft", "--apply", "--yes")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "it goes on where it stands" in answer.stderr
    # No terminal: a log says each step, and CI does not take the wait for a standstill.
    assert "\nAllow tdp-clamav-nginx-dev to reach clamav-rest on tcp port 9000.\n" in answer.stderr
    assert "\nlooking again, to prove it\n" in answer.stderr
    assert "✓ verified" in answer.stdout
