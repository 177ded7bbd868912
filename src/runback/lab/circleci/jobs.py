"""Runs one job: its steps in order, checks as they were recorded, everything else performed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from runback.lab.circleci import builtin
from runback.lab.circleci.obstacles import Obstacles
from runback.lab.circleci.output import LARGEST
from runback.lab.circleci.plans import JobPlan, StepPlan
from runback.lab.circleci.runs import MEMORY_MB, Checks, Run, Scripts, killed, masking, span
from runback.lab.circleci.state import Action, Message, Project

FIRST_STEP = 101  # what CircleCI numbers the first step of a configuration
SILENCE = 600.0  # seconds: the service's no_output_timeout where a step has none of its own
# The agent's own words where a step is silent for too long, and where the job has had its time.
TOO_LONG = "Too long with no output (exceeded {span}): context deadline exceeded"
OVER = "context deadline exceeded"
BUILT_IN_SECONDS = {"checkout": 1.4, "restore_cache": 2.1, "save_cache": 1.2, "setup_remote_docker": 6.3}
STORING = ("store_test_results", "store_artifacts")  # run after a failure too


class JobRunner:
    """`obstacles` are the project's where nothing is given."""

    def __init__(
        self, project: Project, checks: Checks, scripts: Scripts, obstacles: Obstacles | None = None
    ) -> None:
        self._project = project
        self._checks = checks
        self._scripts = scripts
        self._obstacles = project.obstacles if obstacles is None else obstacles

    def run(self, run: Run) -> None:
        """Runs the job from `run.at` on and leaves its actions, status and times in it."""
        job = run.job
        job.status, job.started = "running", run.at
        settings = self.settings(run.plan)
        ends = run.at + self._obstacles.longest
        if not self._hindered(run):
            self._bring_up(run, settings)
            for number, step in enumerate(run.plan.steps, FIRST_STEP):
                always = step.when == "always" or step.kind in STORING
                if not always and run.failed != (step.when == "on_fail"):
                    continue
                self._step(run, number, step, settings)
                if run.at > ends:
                    self._end(run, ends)
                    break
            self._close_containers(run)
        if not any(step.kind == "store_test_results" for step in run.plan.steps):
            job.tests = []
        job.status = run.outcome
        job.stopped = run.at

    def _hindered(self, run: Run) -> bool:
        """Whether the job ends before its first step: no machine for it, no such image, none to be had."""
        plan, obstacles = run.plan, self._obstacles
        if run.job.name in obstacles.outage:
            obstacles.outage.discard(run.job.name)
            run.outcome = "infrastructure_fail"
            self._add(run, "Spin up environment", 0, 31.0, builtin.NO_MACHINE, run.outcome)
            return True
        known = self._project.images
        missing = next((image for image in plan.images if known and image not in known), None)
        if plan.resource_class in obstacles.classes:
            text = builtin.no_class(plan.executor, plan.resource_class)
            run.job.messages.append({"type": "error", "message": text, "reason": "invalid-resource-class"})
        elif obstacles.pull_limit and plan.images:
            self._add(run, "Spin up environment", 0, 2.2, builtin.pull_limit(plan.images[0]), "failed")
        elif missing is not None:
            self._add(run, "Spin up environment", 0, 2.2, builtin.no_image(missing), "failed")
        else:
            return False
        run.outcome = "failed"
        return True

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

    def _end(self, run: Run, at: datetime) -> None:
        """The plan gives a job only so much time."""
        for action in run.job.actions:
            if action.ended is not None and action.ended > at and not action.background:
                action.status, action.exit_code, action.ended = "timedout", None, at
                action.output = [one for one in action.output if one.at <= at]
                action.output.append(Message(f"\n{OVER}\n", at, "err"))
        run.at, run.outcome = at, "timedout"

    def _close_containers(self, run: Run) -> None:
        """Service containers are stopped at the end: CircleCI shows them as canceled, even in green jobs."""
        for action in run.job.actions:
            if action.status == "running":
                action.status, action.ended = "canceled", run.at
                action.output = [Message("ready to accept connections\r\n\n\nBuild was canceled", run.at)]

    def _step(self, run: Run, number: int, step: StepPlan, settings: dict[str, str]) -> None:
        commit = run.commit
        if step.command is None:
            self._built_in(run, number, step)
            return
        for index in range(run.plan.parallelism):
            action = Action(name=step.name, step=number, index=index, started=run.at)
            action.command = f"#!/bin/bash -eo pipefail\n{step.command}"
            action.background = step.background
            run.job.actions.append(action)
        mine = run.job.actions[-run.plan.parallelism :]
        if (played := self._checks.play(step.command, commit)) is not None:
            if played.memory_mb > MEMORY_MB.get(run.plan.resource_class, played.memory_mb):
                played = killed(played, step.command)
            ended = run.at + timedelta(seconds=played.seconds)
            # Of parallel runs one meets the failure; the others get their share of the green output.
            for action in mine[:-1]:
                self._finish(action, 0, [Message(played.green, ended)], settings)
            self._finish(mine[-1], played.exit_code, [Message(played.text, ended)], settings)
            for action in mine:
                action.ended = ended
            run.job.tests += played.tests
        else:
            self._script(run, step, mine, settings)
        run.at = max(action.ended or run.at for action in mine)
        worst = next((action.status for action in mine if action.status in ("failed", "timedout")), None)
        run.outcome = worst or run.outcome

    def _built_in(self, run: Run, number: int, step: StepPlan) -> None:
        """A step that CircleCI brings itself."""
        seconds, commit = BUILT_IN_SECONDS.get(step.kind, 0.6), run.commit
        if step.kind in self._obstacles.broken:
            text = builtin.failing(step.kind, self._project.repository, run.workflow.id, run.job.id)
            if text is not None:
                self._add(run, step.name, number, seconds, text, "failed")
                run.outcome = "failed"
                return
        text = builtin.others(step.kind)
        if step.kind == "checkout":
            text = builtin.checkout(self._project.repository, commit.branch, commit.sha, commit.subject)
        elif step.kind == "store_artifacts":
            path = str(step.options.get("path", "."))
            found = self._scripts.files(run, path)
            text += "".join(f"  * {name}\n" for name in found)
            run.job.artifacts |= found
        self._add(run, step.name, number, seconds, text)

    def _script(self, run: Run, step: StepPlan, actions: list[Action], settings: dict[str, str]) -> None:
        environment = {
            **self._build_variables(run),
            **settings,
            **run.plan.environment,
            **step.environment,
        }
        for action in actions:
            done = self._scripts.perform(run, step, {**environment, "CIRCLE_NODE_INDEX": str(action.index)})
            action.started, action.ended = done.started, done.ended
            self._finish(action, done.exit_code, done.output, settings, step.silence or SILENCE)

    def _finish(
        self,
        action: Action,
        code: int | None,
        output: list[Message],
        settings: dict[str, str],
        silence: float = SILENCE,
    ) -> None:
        action.exit_code = code
        action.status = "success" if code == 0 else "timedout" if code is None else "failed"
        mask = masking(settings)
        # A job's terminal ends lines with a carriage return too.
        action.output = [
            Message(mask(one.text).replace("\n", "\r\n"), one.at, one.type) for one in output if one.text
        ]
        action.truncated = sum(len(one.text) for one in output) > LARGEST
        at = action.ended or (output[-1].at if output else action.started)
        if code is None:
            action.output.append(Message(f"\n{TOO_LONG.format(span=span(silence))}\n", at, "err"))
        elif code != 0:
            action.output.append(Message(f"\nExited with code exit status {code}\n", at, "err"))

    def _build_variables(self, run: Run) -> Mapping[str, str]:
        pipeline, job = run.pipeline, run.job
        found = {
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
        if run.workflow.tag == "setup":
            found["CIRCLE_CONTINUATION_KEY"] = self._project.continuation_key(pipeline)
        return found
