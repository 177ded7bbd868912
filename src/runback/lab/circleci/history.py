"""The past of the project: commits and pipelines that were there before a scenario begins.

`history.yml` of a world has one row for each. Jobs, their order and the names of their steps come from the
project's own configuration; the steps of an old job are only filled in when somebody looks at it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import yaml

from runback.lab.circleci.checks import Checks, Played
from runback.lab.circleci.config import LOADER, plan
from runback.lab.circleci.jobs import JobRunner
from runback.lab.circleci.obstacles import Obstacles
from runback.lab.circleci.plans import JobPlan, WorkflowPlan
from runback.lab.circleci.runs import Run
from runback.lab.circleci.scripts import RememberedScripts
from runback.lab.circleci.state import Job, Pipeline, Project, Workflow
from runback.lab.project import Commit, Draft, File, Tree

CHANGES = "docs/changes.md"
CONFIG = ".circleci/config.yml"


@dataclass(frozen=True)
class Row:
    at: datetime
    branch: str
    author: str
    subject: str
    result: str  # success | failed | canceled | on_hold
    job: str  # the one that failed or was canceled
    parameters: dict[str, object]


@dataclass(frozen=True)
class History:
    rows: tuple[Row, ...]  # oldest first
    durations: dict[str, int]  # job → seconds that it took


def read(folder: Path, shift: timedelta = timedelta(0)) -> History:
    """A world's `history.yml`, all of it moved by `shift`."""
    loaded = yaml.load((folder / "history.yml").read_text(encoding="utf-8"), LOADER)  # noqa: S506 - safe
    people = loaded["people"]
    rows = []
    for one in loaded["pipelines"]:
        result, _, job = str(one.get("result", "success")).partition(" ")
        at = datetime.fromisoformat(str(one["at"])).replace(tzinfo=UTC) + shift
        rows.append(
            Row(
                at=at,
                branch=one["branch"],
                author=people[one["by"]],
                subject=one["subject"],
                result=result,
                job=job,
                parameters=one.get("parameters", {}),
            )
        )
    return History(tuple(rows), loaded.get("durations", {}))


def drafts(rows: tuple[Row, ...], tree: Tree, default_branch: str) -> list[Draft]:
    """The commits of the rows: the first brings the whole project, each later one a line of its log."""
    first = rows[0]
    begun = Draft(default_branch, "The project", first.author, first.at - timedelta(days=30), dict(tree))
    found = [begun]
    lines: list[str] = []
    for row in rows:
        lines.append(f"- {row.at:%Y-%m-%d} {row.subject}\n")
        log = File(("# Changes\n\n" + "".join(lines)).encode())
        changes = {CHANGES: log}
        found.append(Draft(row.branch, row.subject, row.author, row.at, changes, onto=default_branch))
    return found


class Past:
    """Makes the old pipelines of a project."""

    def __init__(self, project: Project, checks: Checks, folder: Path) -> None:
        self._project = project
        self._checks = checks
        self._folder = folder
        self._durations: dict[str, int] = {}

    def remember(self, history: History, commits: list[Commit], first_number: int = 1041) -> None:
        """Adds a pipeline for each row and its commit."""
        self._durations = history.durations
        for number, (row, commit) in enumerate(zip(history.rows, commits, strict=True), first_number):
            self._pipeline(number, row, commit)

    def _pipeline(self, number: int, row: Row, commit: Commit) -> None:
        pipeline = Pipeline(
            id=self._project.new_id("pipeline", number),
            number=number,
            branch=row.branch,
            sha=commit.sha,
            subject=row.subject,
            created=row.at + timedelta(seconds=4),
            trigger="api" if row.parameters else "webhook",
            actor=commit.author_name,
            parameters=dict(row.parameters),
            source=commit.files[CONFIG].content.decode(),
        )
        self._project.pipelines.append(pipeline)
        values = {"number": number, "id": pipeline.id, "git.revision": commit.sha}
        for count, workflow in enumerate(plan(pipeline.source, row.branch, row.parameters, values)):
            self._workflow(pipeline, count, workflow, row, commit)

    def _workflow(self, pipeline: Pipeline, count: int, of: WorkflowPlan, row: Row, commit: Commit) -> None:
        workflow = Workflow(
            id=self._project.new_id("workflow", pipeline.number, count, of.name),
            name=of.name,
            created=pipeline.created,
        )
        pipeline.workflows.append(workflow)
        jobs: dict[str, Job] = {}
        for one in of.jobs:
            jobs[one.name] = self._job(pipeline, workflow, one, jobs, row, commit)
            workflow.jobs.append(jobs[one.name])
        states = {job.status for job in workflow.jobs}
        workflow.status = next((one for one in ("failed", "canceled", "on_hold") if one in states), "success")
        if workflow.status != "on_hold":
            workflow.stopped = max(job.stopped for job in workflow.jobs if job.stopped)

    def _job(
        self,
        pipeline: Pipeline,
        workflow: Workflow,
        of: JobPlan,
        before: Mapping[str, Job],
        row: Row,
        commit: Commit,
    ) -> Job:
        needs = [before[name] for name in of.requires]
        job = Job(
            id=self._project.new_id("job", workflow.id, of.name),
            name=of.name,
            type="approval" if of.approval else "build",
            requires=tuple(need.id for need in needs),
            contexts=of.contexts,
            image=of.images[0] if of.images else None,
            resource_class=of.resource_class,
            parallelism=of.parallelism,
            created=max((need.stopped for need in needs if need.stopped), default=workflow.created),
        )
        if any(need.status != "success" for need in needs):
            return job
        if of.approval:
            job.status = "on_hold" if row.result == "on_hold" else "success"
            job.approval_request_id = self._project.new_id("approval", job.id)
            job.stopped = None if job.status == "on_hold" else job.created + timedelta(minutes=11)
            return job
        job.number = self._project.new_job_number()
        job.status = row.result if of.name == row.job else "success"
        job.started = job.created + timedelta(seconds=2)
        seconds = self._durations.get(of.job) or _seconds(job.id, of)
        job.stopped = job.started + timedelta(seconds=seconds)
        job.recall = partial(self._recall, pipeline, workflow, job, of, commit)
        return job

    def _recall(self, pipeline: Pipeline, workflow: Workflow, job: Job, of: JobPlan, commit: Commit) -> None:
        """Fills the steps of an old job, so that they fit its status and its times."""
        status, started, stopped = job.status, job.started, job.stopped
        checks = _PastChecks(self._checks.past(), of, status == "failed")
        scripts = RememberedScripts(self._folder, 1 if status == "failed" and not checks.culprit else 0)
        if started is not None:
            # What is in the way today was not then.
            runner = JobRunner(self._project, checks, scripts, Obstacles())
            runner.run(Run(pipeline, workflow, job, of, commit, started))
        if status == "canceled":
            last = job.actions[-1]
            last.status, last.exit_code = "canceled", None
        if started is not None and stopped is not None and job.stopped is not None:
            _stretch(job, started, (stopped - started) / (job.stopped - started))
        job.status, job.started, job.stopped = status, started, stopped


class _PastChecks:
    """The checks of an old job: in a failed one, the last that can find fault did."""

    def __init__(self, checks: Checks, of: JobPlan, failed: bool) -> None:
        self._checks = checks
        able = [step.command for step in of.steps if step.command and checks.failing(step.command)]
        self.culprit = able[-1] if failed and able else None

    def play(self, command: str, commit: Commit) -> Played | None:
        if command == self.culprit:
            return self._checks.failing(command)
        return self._checks.play(command, commit)


def _stretch(job: Job, start: datetime, factor: float) -> None:
    """Spreads the steps over the time that the job took."""
    for action in job.actions:
        action.started = start + (action.started - start) * factor
        if action.ended is not None:
            action.ended = start + (action.ended - start) * factor
        for message in action.output:
            message.at = start + (message.at - start) * factor


def _seconds(job_id: str, of: JobPlan) -> float:
    """How long an old job took: about twenty seconds a step, always the same for the same job."""
    jitter = int(hashlib.md5(job_id.encode(), usedforsecurity=False).hexdigest()[:4], 16) % 4000
    return 12 + 20 * len(of.steps) + jitter / 100
