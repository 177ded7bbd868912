"""Carries out the scripts of jobs: live with the real bash, for old jobs from what such a run printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from runback.lab.circleci.plans import StepPlan
from runback.lab.circleci.runs import Performed, Run
from runback.lab.circleci.shell import SILENCE, Shell
from runback.lab.circleci.state import Message
from runback.lab.project import write_tree

LARGEST = 1_000_000  # bytes of an artifact


class Time(Protocol):
    """The lab's clock, as far as CircleCI needs it."""

    def now(self) -> datetime: ...

    def advance(self, seconds: float) -> None: ...


class LiveScripts:
    """Runs a script for what it does to the lab's platform, in a checkout of the job's commit."""

    def __init__(self, shell: Shell, time: Time, folder: Path, url: Callable[[], str] = lambda: "") -> None:
        self._url = url  # of the service, known once it listens
        self._shell = shell
        self._time = time
        self._folder = folder

    def perform(self, run: Run, step: StepPlan, environment: Mapping[str, str]) -> Performed:
        wait = (run.at - self._time.now()).total_seconds()
        if wait > 0:
            self._time.advance(wait)
        started = self._time.now()
        home = self._folder / "jobs" / run.job.id
        tree = home / "project"
        if not tree.exists():
            write_tree(run.commit.files, tree)
        directory = tree / (step.directory or ".").removeprefix("~/project").lstrip("/")
        own = {"HOME": str(home), "CF_HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        if run.workflow.tag == "setup":
            own["LAB_CIRCLECI_URL"] = self._url()
        silence = SILENCE if step.silence is None else timedelta(seconds=step.silence)
        code, output = self._shell.run(
            step.command or "", {**environment, **own}, directory, home / "profile.sh", silence
        )
        for message in output:  # where a job of the real service has its files
            message.text = message.text.replace(str(home), "/home/circleci")
        self._time.advance(0.4)
        return Performed(code, output, started, self._time.now())

    def files(self, run: Run, path: str) -> dict[str, bytes]:
        """What the job left at a path of its checkout or of its home: path → content."""
        home = self._folder / "jobs" / run.job.id
        in_home = path.replace("~", "/home/circleci", 1) if path.startswith("~") else path
        inside = in_home.removeprefix("/home/circleci/")
        place = home / (inside if inside != in_home else f"project/{path}")
        if not place.is_relative_to(home):
            return {}
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        return {
            str(one.relative_to(place.parent)): one.read_bytes()[:LARGEST] for one in found if one.is_file()
        }


def file_name(step: str) -> str:
    """Where the output of a step is kept, below the name of its job."""
    return step.lower().replace(" ", "-") + ".txt"


class RememberedScripts:
    """Prints for a step of an old job what a run of it printed (tools/print_deploys.py recorded it)."""

    def __init__(self, folder: Path, exit_code: int = 0) -> None:
        self._folder = folder
        self._exit_code = exit_code

    def perform(self, run: Run, step: StepPlan, environment: Mapping[str, str]) -> Performed:
        path = self._folder / run.plan.job / file_name(step.name)
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        ended = run.at + timedelta(seconds=text.count("\n") / 4)
        text = text.replace("{at}", f"{ended:%Y-%m-%dT%H:%M:%SZ}")
        text = text.replace("{day}", f"{ended:%a %d %b %H:%M:%S UTC %Y}")
        return Performed(self._exit_code, [Message(text, ended)], run.at, ended)

    def files(self, run: Run, path: str) -> dict[str, bytes]:
        """Artifacts are gone after thirty days, and an old job's are not kept here at all."""
        return {}
