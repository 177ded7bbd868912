"""kill -9 at each write of the journal, then the same command again: the deployment ends mended."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from runback import app, lab
from runback.lab import cf
from runback.lab.running import RunningLab

CHILD = Path(__file__).parent / "killable.py"


def values_for(running: RunningLab, what: str) -> dict[str, str | None]:
    """What the person has at hand from the beginning: a deleted app remembers nothing."""
    names: tuple[str, ...] = ("JWT_KEY",)
    if what == "rebuild":
        request = app.Request(app=running.app, environment=running.environment)
        names = app.propose_rebuild(request, app.Place.in_lab(running), {}, {}).asks_for
    return {name: running.remembered(name) for name in names}


def child(
    folder: Path, running: RunningLab, what: str, when: str, number: int, values: dict[str, str | None]
) -> tuple[int, str]:
    settings = folder / "settings.json"
    settings.write_text(
        json.dumps(
            {
                "checkout": str(running.checkout),
                "environ": running.environ,
                "app": running.app,
                "environment": running.environment,
                "now": running.now().isoformat(),
                "values": values,
                "programs": running.programs(),
            }
        )
    )
    command = [sys.executable, str(CHILD), str(settings), what, when, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def set_by_hand(running: RunningLab) -> None:
    for words in (
        ["set-env", running.app, "SET_BY_HAND", "by-a-person"],
        ["map-route", running.app, "app.cloud.gov", "--hostname", "by-hand"],
        ["add-network-policy", "tdp-clamav-nginx-dev", running.app, "--protocol", "tcp", "--port", "8081"],
    ):
        running.cf(words)


def asked_for_by_hand(running: RunningLab) -> bool:
    """Whether cf shows all of it."""
    shown = io.StringIO()
    for words in (["env", running.app], ["app", running.app], ["network-policies"], ["apps"]):
        cf.main(words, running.environ, running.checkout, shown, shown)
    text = shown.getvalue()
    wanted = ("by-a-person", "by-hand.app.cloud.gov", "8081")
    return all(one in text for one in wanted) and "before-rebuild" not in text


def killed_and_again(folder: Path, scenario: str, what: str, when: str, number: int) -> bool:
    """Whether the first run lived long enough to be killed; the second must end well, with no journal."""
    with lab.start(scenario) as running:
        if what == "rebuild":
            set_by_hand(running)
        values = values_for(running, what)
        code, said = child(folder, running, what, when, number, values)
        if code >= 0:
            assert code == 0, said
            return False
        code, said = child(folder, running, what, "never", 0, values)
        assert code == 0, said
        assert app.unfinished(app.Place.in_lab(running)) is None
        assert app.diagnose_running(running).verdict == "healthy"
        deployments = [
            one.path for one in running.requests() if one.path == "/v3/deployments" and one.method == "POST"
        ]
        if what == "rebuild":
            assert asked_for_by_hand(running)
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


@pytest.mark.long
@pytest.mark.parametrize(
    ("when", "number"),
    [
        ("snapshot", 1),
        ("snapshot", 2),
        ("line", 1),
        ("line", 20),
        ("line", 150),
        ("line", 320),
        ("line", 400),
    ],
)
def test_a_rebuild_that_was_killed_with_its_script_at_work_ends_well(
    tmp_path: Path, when: str, number: int
) -> None:
    """The script that is left behind is ended; the apps are whole, with what a person had set by hand."""
    assert killed_and_again(tmp_path, "healthy", "rebuild", when, number)


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_rebuild_killed_at_every_write(tmp_path: Path, when: str) -> None:
    number = 1
    while killed_and_again(tmp_path, "healthy", "rebuild", when, number):
        number += 1
    assert number > 8
