"""Runs one job: its steps in order, checks as they were recorded, everything else performed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from runback.lab.circleci import builtin
from runback.lab.circleci.checks import Played
from runback.lab.circleci.plans import JobPlan, StepPlan
from runback.lab.circleci.state import Action, Job, Message, Pipeline, Project, Workflow
from runback.lab.project import Commit

FIRST_STEP = 101  # what CircleCI numbers the first step of a configuration
# Too long with no output: the agent's own words.
TOO_LONG = "Too long with no output (exceeded 10m0s): context deadline exceeded"
# What the docker executor's resource classes give a job.
MEMORY_MB = {"small": 2048, "medium": 4096, "medium+": 6144, "large": 8192}
KILLED = 137  # 128 and SIGKILL
BUILT_IN_SECONDS = {"checkout": 1.4, "restore_cache": 2.1, "save_cache": 1.2, "setup_remote_docker": 6.3}


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
    """Carries out a command that nobody recorded."""

    def perform(self, run: Run, step: StepPlan, environment: Mapping[str, str]) -> Performed: ...


class JobRunner:
    def __init__(self, project: Project, checks: Checks, scripts: Scripts) -> None:
        self._project = project
        self._checks = checks
        self._scripts = scripts

    def run(self, run: Run) -> None:
        """Runs the job from `run.at` on and leaves its actions, status and times in it."""
        job = run.job
        job.status, job.started = "running", run.at
        settings = self.settings(run.plan)
        if not self._hindered(run):
            self._bring_up(run, settings)
            for number, step in enumerate(run.plan.steps, FIRST_STEP):
                if (step.when == "on_success" and run.failed) or (step.when == "on_fail" and not run.failed):
                    continue
                self._step(run, number, step, settings)
            self._close_containers(run)
        job.status = run.outcome
        job.stopped = run.at

    def _hindered(self, run: Run) -> bool:
        """Whether the job ends before its first step: no machine for it, or no such image."""
        if run.job.name in self._project.outages:
            self._project.outages.discard(run.job.name)
            run.outcome = "infrastructure_fail"
            self._add(run, "Spin up environment", 0, 31.0, builtin.NO_MACHINE, run.outcome)
            return True
        known = self._project.images
        missing = next((image for image in run.plan.images if known and image not in known), None)
        if missing is not None:
            run.outcome = "failed"
            self._add(run, "Spin up environment", 0, 2.2, builtin.no_image(missing), run.outcome)
        return missing is not None

    def settings(self, plan: JobPlan) -> dict[str, str]:
        """What the project's settings and the job's contexts give it."""
        found = dict(self._project.variables)
        for context in plan.contexts:
            found |= self._project.contexts.get(context, {})
        return found

    def _bring_up(self, run: Run, settings: dict[str, str]) -> None:
        plan = run.plan
        self._add(run, "Spin up environment", 0, 3.6, builtin.spin_up(plan))
        for number, image in enumerate(plan.images[1:], 1):
            name = f"Container {image}"
            for index in range(plan.parallelism):
                action = Action(name=name, step=number, index=index, started=run.at, background=True)
                run.job.actions.append(action)
        text = builtin.preparing(self._build_variables(run), settings)
        self._add(run, "Preparing environment variables", 99, 0.012, text)

    def _add(
        self, run: Run, name: str, number: int, seconds: float, text: str, status: str = "success"
    ) -> None:
        start = run.at
        run.at += timedelta(seconds=seconds)
        for index in range(run.plan.parallelism):
            action = Action(name=name, step=number, index=index, status=status, started=start, ended=run.at)
            action.output = [Message(text, run.at)] if text else []
            run.job.actions.append(action)

    def _close_containers(self, run: Run) -> None:
        """Service containers are stopped at the end: CircleCI shows them as canceled, even in green jobs."""
        for action in run.job.actions:
            if action.status == "running":
                action.status, action.ended = "canceled", run.at
                action.output = [Message("ready to accept connections\r\n\n\nBuild was canceled", run.at)]

    def _step(self, run: Run, number: int, step: StepPlan, settings: dict[str, str]) -> None:
        commit = run.commit
        if step.command is None:
            text = builtin.others(step.kind)
            if step.kind == "checkout":
                text = builtin.checkout(self._project.repository, commit.branch, commit.sha, commit.subject)
            self._add(run, step.name, number, BUILT_IN_SECONDS.get(step.kind, 0.6), text)
            return
        for index in range(run.plan.parallelism):
            action = Action(name=step.name, step=number, index=index, started=run.at)
            action.command = f"#!/bin/bash -eo pipefail\n{step.command}"
            action.background = step.background
            run.job.actions.append(action)
        mine = run.job.actions[-run.plan.parallelism :]
        if (played := self._checks.play(step.command, commit)) is not None:
            if played.memory_mb > MEMORY_MB.get(run.plan.resource_class, played.memory_mb):
                played = _killed(played, step.command)
            ended = run.at + timedelta(seconds=played.seconds)
            # Of parallel runs one meets the failure; the others get their share of the green output.
            for action in mine[:-1]:
                self._finish(action, 0, [Message(played.green, ended)], ended, settings)
            self._finish(mine[-1], played.exit_code, [Message(played.text, ended)], ended, settings)
            run.job.tests += played.tests
        else:
            self._script(run, step, mine, settings)
        run.at = max(action.ended or run.at for action in mine)
        worst = next((action.status for action in mine if action.status in ("failed", "timedout")), None)
        run.outcome = worst or run.outcome

    def _script(self, run: Run, step: StepPlan, actions: list[Action], settings: dict[str, str]) -> None:
        environment = {
            **self._build_variables(run),
            **settings,
            **run.plan.environment,
            **step.environment,
        }
        for action in actions:
            done = self._scripts.perform(run, step, environment)
            action.started = done.started
            self._finish(action, done.exit_code, done.output, done.ended, settings)

    def _finish(
        self, action: Action, code: int | None, output: list[Message], at: datetime, settings: dict[str, str]
    ) -> None:
        action.ended, action.exit_code = at, code
        action.status = "success" if code == 0 else "timedout" if code is None else "failed"
        mask = masking(settings)
        # A job's terminal ends lines with a carriage return too.
        action.output = [
            Message(mask(one.text).replace("\n", "\r\n"), one.at, one.type) for one in output if one.text
        ]
        if code is None:
            action.output.append(Message(f"\n{TOO_LONG}\n", at, "err"))
        elif code != 0:
            action.output.append(Message(f"\nExited with code exit status {code}\n", at, "err"))

    def _build_variables(self, run: Run) -> dict[str, str]:
        pipeline, job = run.pipeline, run.job
        return {
            "CI": "true",
            "CIRCLECI": "true",
            "CIRCLE_BRANCH": pipeline.branch,
            "CIRCLE_BUILD_NUM": str(job.number),
            "CIRCLE_BUILD_URL": f"https://circleci.com/{self._project.slug}/{job.number}",
            "CIRCLE_JOB": job.name,
            "CIRCLE_NODE_INDEX": "0",
            "CIRCLE_NODE_TOTAL": str(run.plan.parallelism),
            "CIRCLE_PIPELINE_ID": pipeline.id,
            "CIRCLE_PROJECT_REPONAME": self._project.name,
            "CIRCLE_PROJECT_USERNAME": self._project.organization,
            "CIRCLE_REPOSITORY_URL": self._project.repository,
            "CIRCLE_SHA1": pipeline.sha,
            "CIRCLE_WORKFLOW_ID": run.workflow.id,
            "CIRCLE_WORKFLOW_JOB_ID": job.id,
        }


def _killed(played: Played, command: str) -> Played:
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
