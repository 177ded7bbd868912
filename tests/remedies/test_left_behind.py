"""What a rebuild that was killed leaves behind: a script that still runs, and its copy of a login."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from runback import app, lab
from runback.app.keeping import memory

# Like the deploy script: it holds the lock, and would go on for long.
SCRIPT = """
import fcntl, os, sys, time
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(handle, fcntl.LOCK_EX)
os.ftruncate(handle, 0)
os.pwrite(handle, str(os.getpid()).encode(), 0)
print("runs", flush=True)
time.sleep(600)
"""


def test_undo_ends_the_script_first_and_removes_its_login() -> None:
    with lab.start("healthy") as running:
        place = app.Place.in_lab(running)
        request = app.Request(app=running.app, environment=running.environment)
        proposal = app.propose_rebuild(request, place, {}, {})
        values = {name: running.remembered(name) or "" for name in proposal.asks_for}

        def interrupt(_line: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            app.carry_out(proposal, replace(place, say=interrupt), "runback rebuild", values)
        folder = memory(proposal.target, running.environ).folder
        assert not (folder / "script-home").exists()  # after Ctrl-C nothing is left
        (folder / "script-home" / ".cf").mkdir(parents=True)
        (folder / "script-home" / ".cf" / "config.json").write_text("{}")
        with subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder / "script.lock")],
            stdout=subprocess.PIPE,
            start_new_session=True,
            env=dict(os.environ),
        ) as left:
            assert left.stdout is not None
            assert left.stdout.readline() == b"runs\n"
            journal = app.unfinished(place) or pytest.fail("no journal")
            app.undo(journal, place)
            assert left.wait(10) == -15
        assert not (folder / "script-home").exists()
        assert app.unfinished(place) is None
