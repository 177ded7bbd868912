"""Where something is to be changed: a checkout with a login, and how time passes there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runback.app.request import Now, Progress, Request, silent, utc_now

if TYPE_CHECKING:
    from runback.lab.running import RunningLab


@dataclass(frozen=True)
class Place:
    """Where a person stands, how time passes there, and which values of variables they have at hand."""

    start: Path
    environ: Mapping[str, str] = field(repr=False)
    now: Now = utc_now
    sleep: Callable[[float], None] = time.sleep
    progress: Progress = silent
    known: Callable[[str], str | None] = field(default=lambda _name: None, repr=False)
    say: Progress = silent  # each line that a script prints
    passphrase: Callable[[], str | None] = field(default=lambda: None, repr=False)  # of snapshots
    own_keyring: bool = False  # whether the system's keyring may hold their key
    programs: Callable[[], Mapping[str, str]] = dict  # what scripts need to find theirs, beside `environ`

    @classmethod
    def in_lab(cls, running: RunningLab, progress: Progress = silent) -> Place:
        """In the checkout of a lab, with its login and its clock, which moves by waiting."""
        return cls(
            running.checkout,
            running.environ,
            running.now,
            running.wait,
            progress,
            known=running.remembered,
            passphrase=lambda: "the lab's snapshots are nobody's secret",
            programs=running.programs,
        )


@contextmanager
def place(scenario: str | None, environ: Mapping[str, str]) -> Iterator[tuple[Place, Request]]:
    """Where the process stands, or a lab with a scenario, and what to look at if nothing else is said."""
    if scenario is None:
        yield Place(Path.cwd(), environ, known=environ.get, own_keyring=True), Request()
        return
    from runback import lab

    with lab.start(scenario) as running:
        yield Place.in_lab(running), Request(app=running.app, environment=running.environment)
