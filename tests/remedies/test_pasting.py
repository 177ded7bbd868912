"""A command of a plan, pasted into a shell, says the words that were meant, and runs nothing else."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from runback import app, lab
from runback.remedies.interface import command

NAMES = (
    "plain",
    "two words",
    'it\'s "quoted" `id` $(id) ${HOME} !! \\ # & ; | *',
    "a\nb",
    "tab\tand \x1b[31mred\x1b[0m 'q' \\n",
    "ünïcode\u202e\u2028x",
    "",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_sees_the_very_words(name: str) -> None:
    line = command("printf", "%s|", name, "end")
    assert line.isprintable()  # one line, that does nothing to a terminal
    said = subprocess.run(["/bin/bash", "-c", line], capture_output=True, check=True)
    assert said.stdout.decode() == f"{name}|end|"


def test_a_request_to_circleci_goes_to_the_host_of_the_token() -> None:
    with lab.start("rolling-push-failed") as running:
        request = app.Request(app=running.app, environment=running.environment)
        (one,) = app.propose_rerun(request, app.Place.in_lab(running)).chosen
        assert one.plan is not None
        (step,) = one.plan.steps
        said = subprocess.run(
            ["/bin/bash", "-c", step.command],
            capture_output=True,
            check=True,
            env={**os.environ, **running.environ},
        )
        assert json.loads(said.stdout)["workflow_id"]
        assert any(seen.path.endswith("/rerun") for seen in running.requests())
