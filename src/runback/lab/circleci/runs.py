"""A job under way, and who carries out its commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from runback.lab.circleci.checks import Played
from runback.lab.circleci.plans import JobPlan, StepPlan
from runback.lab.circleci.state import Job, Message, Pipeline, Workflow
from runback.lab.project import Commit

# What the docker executor's resource classes give a job.
MEMORY_MB = {"small": 2048, "medium": 4096, "medium+": 6144, "large": 8192}
KILLED = 137  # 128 and SIGKILL


@dataclass
class Run:
    """A job under way."""

    pipeline: Pipeline
    workflow: Workflow
    job: Job
    plan: JobPlan
    commit: Commit
    at: datetime  # the job's own time; the lab's clock follows when a script runs
    outcome: str = "success"  # or how the job will end: failed, timedout, infrastructure_fail

    @property
    def failed(self) -> bool:
        return self.outcome != "success"


@dataclass(frozen=True)
class Performed:
    exit_code: int | None  # None: it was silent for too long
    output: list[Message]
    started: datetime
    ended: datetime


class Checks(Protocol):
    """What a check prints over a commit; None for a command that is no recorded check."""

    def play(self, command: str, commit: Commit) -> Played | None: ...


class Scripts(Protocol):
    """Carries out a command that nobody recorded, and knows what files it left."""

    def perform(self, run: Run, step: StepPlan, environment: Mapping[str, str]) -> Performed: ...

    def files(self, run: Run, path: str) -> dict[str, bytes]: ...


def killed(played: Played, command: str) -> Played:
    """What is seen of a command that the kernel killed for memory: the first of its lines, and bash's own."""
    lines = command.strip().splitlines()
    begun = "".join(played.green.splitlines(keepends=True)[:6])
    text = f"{begun}/bin/bash: line {len(lines)}:   118 Killed                  {lines[-1].strip()}\n"
    return Played(text, text, KILLED, played.seconds / 2)


def masking(settings: Mapping[str, str]) -> Callable[[str], str]:
    """What hides the values of settings in output: those of four characters and more, booleans aside."""
    values = sorted(
        {one for one in settings.values() if len(one) >= 4 and one.lower() not in ("true", "false")}
    )
    if not values:
        return lambda text: text
    found = re.compile("|".join(re.escape(one) for one in sorted(values, key=len, reverse=True)))
    return lambda text: found.sub("****", text)


def span(seconds: float) -> str:
    """A duration as Go prints it: 10m0s, 1h0m0s."""
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{left}s"
