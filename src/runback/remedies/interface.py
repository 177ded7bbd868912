"""What a remedy is: a plan from the evidence and the values of a finding. Nothing here changes anything.

A remedy is a function `plan(asked) -> Plan`. Carrying out (`apply`) and proving (`verify`) work on the typed
`action` and `parameters` of the plan's steps, never on their commands, which are for people.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from runback.facts.pipeline import newest_jobs
from runback.model import (
    App,
    Evidence,
    Finding,
    Gap,
    Job,
    Pipeline,
    Plan,
    PlanStep,
    Platform,
    Scalar,
    Step,
    Tables,
)

DEVELOPER = "role: space developer"


class Blocked(Exception):
    """The remedy cannot be planned from this evidence; the text says why, for a person."""


class Asked(NamedTuple):
    """What a page asks of a remedy: its parameters with their values, and where these come from."""

    remedy: str
    parameters: Mapping[str, str]
    finding: Finding
    evidence: Evidence
    tables: Tables
    advice: str = ""  # what the page says to do, for remedies that are instructions

    def app(self, parameter: str = "app") -> App:
        """The app that the parameter names. A name that the evidence does not hold goes no further."""
        name = self.parameters.get(parameter) or (self.finding.app if parameter == "app" else None)
        world = self.evidence.platform
        if name is None:
            raise Blocked(f"the finding names no {parameter}")
        if not isinstance(world, Platform) or isinstance(world.apps, Gap):
            raise Blocked("the apps of the platform could not be read")
        found = next((app for app in world.apps if app.name == name), None)
        if found is None:
            raise Blocked(f"no app that was looked at is called {name!r}")
        return found

    def fired_in(self) -> Iterator[tuple[Pipeline, Job, Step]]:
        """The steps of CircleCI in whose output the page fired."""
        logs = {where.log for where in self.finding.where if where.log}
        jobs = newest_jobs(self.evidence)
        for pipeline, _, job in () if isinstance(jobs, Gap) else jobs:
            for step in () if isinstance(job.steps, Gap) else job.steps:
                if step.log in logs:
                    yield pipeline, job, step

    def integer(self, parameter: str, least: int, most: int) -> int:
        text = self.parameters.get(parameter, "")
        if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
            raise Blocked(f"the {parameter} is not known")
        return int(text)

    def word(self, parameter: str, allowed: str = r"[A-Za-z_]\w*") -> str:
        text = self.parameters.get(parameter, "")
        if not re.fullmatch(allowed, text):
            raise Blocked(f"the {parameter} is not known")
        return text


Planner: TypeAlias = Callable[[Asked], Plan]


def command(*words: str) -> str:
    """A command that can be pasted into a shell, on one line whatever the words are."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """Control characters as bash and zsh escape them: bare, they would end the line or drive the terminal."""
    if word.isprintable():
        return shlex.quote(word)
    shown = word.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(one if one.isprintable() else _escaped(one) for one in shown) + "'"


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


def circleci(method: str, path: str) -> str:
    """A request to CircleCI's API, or to a server of one's own: a token goes only to who issued it."""
    return f'curl -X {method} "${{CIRCLE_HOST:-https://circleci.com}}"{command(f"/api/v2{path}")}'


def go_to_space(asked: Asked, app: App) -> tuple[PlanStep, ...]:
    """A first step where the app is not in the space that the person works in."""
    target = asked.evidence.target
    if target.space == app.space and target.org in (None, app.org):
        return ()
    return (
        PlanStep(
            sentence=f"Work in the space {app.space}, where {app.name} is.",
            command=command("cf", "target", "-o", app.org, "-s", app.space),
        ),
    )


def restoring_step(
    sentence: str,
    command: str,
    action: str,
    app_name: str,
    given: Mapping[str, Scalar],
    needs: str = DEVELOPER,
) -> PlanStep:
    """One that gives an app back what its snapshot has.

    `restores` tells an undo that the snapshot, and not this step, is what it goes back to.
    """
    return PlanStep(
        sentence=sentence,
        command=command,
        changes="as the snapshot says",
        needs=needs,
        action=action,
        parameters={**given, "app_name": app_name, "restores": True},
    )
