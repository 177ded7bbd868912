"""kill -9 at each write of the journal, then the same command again: the deployment ends mended."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runback import app, lab
from runback.lab.running import RunningLab

CHILD = Path(__file__).parent / "killable.py"
STEP = 5.0  # seconds of the lab's time for each moment of ours


@contextmanager
def time_passes(running: RunningLab) -> Iterator[None]:
    """The lab's clock moves while another process looks on."""
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(0.05):
            running.wait(STEP)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def child(folder: Path, running: RunningLab, what: str, when: str, number: int) -> tuple[int, str]:
    settings = folder / "settings.json"
    settings.write_text(
        json.dumps(
            {
                "checkout": str(running.checkout),
                "environ": running.environ,
                "app": running.app,
                "environment": running.environment,
                "now": running.now().isoformat(),
                "values": {"JWT_KEY": running.remembered("JWT_KEY")},
            }
        )
    )
    command = [sys.executable, str(CHILD), str(settings), what, when, str(number)]
    with time_passes(running):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def killed_and_again(folder: Path, scenario: str, what: str, when: str, number: int) -> bool:
    """Whether the first run lived long enough to be killed; the second must end well, with no journal."""
    with lab.start(scenario) as running:
        code, said = child(folder, running, what, when, number)
        if code >= 0:
            assert code == 0, said
            return False
        code, said = child(folder, running, what, "never", 0)
        assert code == 0, said
        assert app.unfinished(app.Place.in_lab(running)) is None
        assert app.diagnose_running(running).verdict == "healthy"
        deployments = [
            one.path for one in running.requests() if one.path == "/v3/deployments" and one.method == "POST"
        ]
        if what == "rollback":
            assert len(deployments) == 2  # the backend's and the worker's, each asked for once
        return True


@pytest.mark.parametrize(("when", "number"), [("after", 2), ("before", 3), ("after", 3)])
def test_a_policy_is_added_though_the_run_was_killed(tmp_path: Path, when: str, number: int) -> None:
    assert killed_and_again(tmp_path, "policy-missing", "fix", when, number)


def test_a_rollback_that_was_killed_after_its_request_is_followed_and_not_repeated(tmp_path: Path) -> None:
    assert killed_and_again(tmp_path, "new-revision-crashes", "rollback", "before", 3)


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("scenario", "what"),
    [
        ("new-revision-crashes", "rollback"),
        ("variable-emptied", "fix"),
        ("service-not-bound", "fix"),
        ("out-of-memory", "fix"),
    ],
)
def test_killed_at_every_write(tmp_path: Path, scenario: str, what: str, when: str) -> None:
    number = 1
    while killed_and_again(tmp_path, scenario, what, when, number):
        number += 1
    assert number > 4
