"""A process that mends a lab of its parent, and kills itself at one write of its journal.

    killable.py SETTINGS.json fix|rollback|rebuild before|after|never N
    killable.py SETTINGS.json rebuild line N        when the deploy script prints its line N
    killable.py SETTINGS.json rebuild snapshot N    before the snapshot N is on disk

Its waiting is a step of the lab's clock.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from runback import app
from runback.lab.remote import Remote
from runback.state import ProjectState


def main(settings: str, what: str, when: str, number: int) -> int:
    given = json.loads(Path(settings).read_text())
    _kill_at(when, number)
    now = datetime.fromisoformat(given["now"])
    place = app.Place(
        Path(given["checkout"]),
        given["environ"],
        lambda: now,
        Remote(given["programs"]).wait,
        known=given["values"].get,
        say=_Lines(number if when == "line" else 0).heard,
        passphrase=lambda: "of a test",
        programs=lambda: given["programs"],
    )
    journal = app.unfinished(place)
    if journal is not None:
        outcome = app.resume(journal, place, given["values"])
    else:
        request = app.Request(app=given["app"], environment=given["environment"])
        if what == "rollback":
            proposal = app.propose_rollback(request, place)
        elif what == "rebuild":
            proposal = app.propose_rebuild(request, place, {}, {})
        else:
            proposal = app.propose(request, place)
        outcome = app.carry_out(proposal, place, f"runback {what}", given["values"])
    print(json.dumps([[one.result, *one.because] for one in outcome.remedies]))
    return 0 if outcome.well else 1


class _Lines:
    """Counts what the script prints, and dies at one line."""

    def __init__(self, last: int) -> None:
        self.left = last

    def heard(self, _line: str) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _kill_at(when: str, number: int) -> None:
    """SIGKILL before or after the write of this number: what a power cut does."""
    write, writes = ProjectState.write_journal, [0]

    def counted(self: ProjectState, data: bytes) -> None:
        writes[0] += 1
        if when == "before" and writes[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        write(self, data)
        if when == "after" and writes[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    ProjectState.write_journal = counted  # type: ignore[method-assign]  # the process is the test's own
    keep, snapshots = ProjectState.write_snapshot, [0]

    def kept(self: ProjectState, name: str, data: bytes) -> None:
        snapshots[0] += 1
        if when == "snapshot" and snapshots[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        keep(self, name, data)

    ProjectState.write_snapshot = kept  # type: ignore[method-assign]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
