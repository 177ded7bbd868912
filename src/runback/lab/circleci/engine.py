"""Turns pushes and triggers into pipelines: configuration, continuation, reruns, cancels, approvals."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from runback.lab.circleci.compiled import compiled
from runback.lab.circleci.config import is_setup, plan, process
from runback.lab.circleci.flows import UNDER_WAY, Flows, cut
from runback.lab.circleci.jobs import JobRunner
from runback.lab.circleci.plans import ConfigProblem, WorkflowPlan
from runback.lab.circleci.scripts import Time
from runback.lab.circleci.state import Continuation, Job, Pipeline, Project, Workflow
from runback.lab.project import Commit, Repository

CONFIG = ".circleci/config.yml"
SKIP = ("[skip ci]", "[ci skip]")


class Rejected(Exception):
    """The service refuses what was asked; the text is its own."""


@dataclass(frozen=True)
class Meanwhile:
    """What happens to the workflows of a push while they run: after so many seconds they are canceled, or
    they are looked at and go no further."""

    seconds: float
    canceled: bool


class Engine:
    """`actor` is who triggers a pipeline by the API."""

    def __init__(self, project: Project, repository: Repository, runner: JobRunner, time: Time) -> None:
        self._project = project
        self._repository = repository
        self._flows = Flows(project, runner, time)
        self._time = time
        self._lock = threading.RLock()  # one pipeline at a time

    def push(
        self,
        commit: Commit,
        parameters: Mapping[str, Any] | None = None,
        meanwhile: Meanwhile | None = None,
    ) -> Pipeline | None:
        """The pipeline that a push makes, run to its end; None where the message says to skip, or where
        CircleCI does not hear of the push."""
        message = f"{commit.subject}\n\n{commit.body}"[:250]
        if any(word in message for word in SKIP) or not self._project.obstacles.webhook:
            return None
        with self._lock:
            return self._start(commit, "webhook", commit.author_name, parameters or {}, meanwhile)

    def trigger(self, branch: str, parameters: Mapping[str, Any], actor: str = "lab") -> Pipeline:
        """A pipeline asked for by the API, on the tip of a branch."""
        commit = self._repository.tips.get(branch)
        if commit is None:
            raise Rejected("Branch not found")
        with self._lock:
            return self._start(commit, "api", actor, parameters)

    def rerun(
        self, pipeline: Pipeline, workflow: Workflow, from_failed: bool, jobs: Sequence[str]
    ) -> Workflow:
        """A new workflow of the same jobs; those that succeeded are kept with `from_failed`."""
        flow = self._flows.known.get(workflow.id)
        if flow is None or workflow.status in ("running", "failing"):
            raise Rejected("Workflow can not be rerun.")
        plans = WorkflowPlan(workflow.name, tuple(flow.plans.values()))
        kept = {one.name: one for one in workflow.jobs if one.status == "success" and one.id not in jobs}
        with self._lock:
            again = self._flows.begin(pipeline, plans, flow.commit)
            again.again = True
            if from_failed or jobs:
                made = again.workflow.jobs
                again.workflow.jobs = [
                    _kept(kept[one.name], one) if one.name in kept else one for one in made
                ]
            self._flows.go_on(again)
        return again.workflow

    def cancel(self, workflow: Workflow) -> None:
        """Ends a workflow where it is."""
        now = self._time.now()
        for job in workflow.jobs:
            if job.status == "running":
                cut(job, now, "canceled")
            elif job.status in ("blocked", "on_hold", "queued"):
                job.status, job.stopped = "canceled", now
        if workflow.status in ("running", "on_hold", "failing"):
            workflow.status, workflow.stopped = "canceled", now

    def cancel_job(self, workflow: Workflow, job: Job) -> None:
        """Ends one job; what requires it does not run."""
        if job.status not in UNDER_WAY:
            raise Rejected("Job is not running.")
        cut(job, self._time.now(), "canceled")
        self._flows.go_on(self._flows.known[workflow.id])

    def approve(self, pipeline: Pipeline, workflow: Workflow, job: Job) -> None:
        """Lets the jobs behind an approval run."""
        if job.status != "on_hold":
            raise Rejected("Job is not on hold.")
        with self._lock:
            job.status, job.approved_by, job.stopped = "success", "lab", self._time.now()
            self._flows.go_on(self._flows.known[workflow.id])

    def go_on(self, pipeline: Pipeline, given: Continuation) -> None:
        """Continues a pipeline with the configuration that its setup workflow made."""
        if pipeline.state != "setup" or pipeline.continuation is not None:
            raise Rejected("The pipeline is not waiting to be continued.")
        pipeline.continuation = given
        if all(one.status != "running" for one in pipeline.workflows):
            with self._lock:
                self._continued(pipeline, self._repository.commits[pipeline.sha])

    def _start(
        self,
        commit: Commit,
        trigger: str,
        actor: str,
        parameters: Mapping[str, Any],
        meanwhile: Meanwhile | None = None,
    ) -> Pipeline:
        number = self._project.pipelines[-1].number + 1 if self._project.pipelines else 1
        pipeline = Pipeline(
            id=self._project.new_id("pipeline", number),
            number=number,
            branch=commit.branch,
            sha=commit.sha,
            subject=commit.subject,
            body=commit.body,
            created=self._time.now(),
            trigger=trigger,
            actor=actor,
            parameters=dict(parameters),
        )
        if self._project.obstacles.auto_cancel:
            self._cancel_older(commit.branch)
        self._project.pipelines.append(pipeline)
        for workflow in self._plans(pipeline, commit):
            flow = self._flows.begin(pipeline, workflow, commit)
            if meanwhile is not None:
                flow.until = flow.workflow.created + timedelta(seconds=meanwhile.seconds)
                flow.canceled = meanwhile.canceled
            self._flows.go_on(flow)
        if pipeline.continuation is not None:
            self._continued(pipeline, commit)
        return pipeline

    def _cancel_older(self, branch: str) -> None:
        """'Auto-cancel redundant workflows': never on the default branch, and never a rerun."""
        if branch == self._project.default_branch:
            return
        for flow in self._flows.known.values():
            workflow = flow.workflow
            if (
                flow.pipeline.branch == branch
                and not flow.again
                and workflow.status in ("running", "failing")
            ):
                self.cancel(workflow)

    def _plans(self, pipeline: Pipeline, commit: Commit) -> tuple[WorkflowPlan, ...]:
        file = commit.files.get(CONFIG)
        if file is None:
            return _errored(pipeline, "config-fetch", "Failed to fetch config.yml file.")
        pipeline.source = file.content.decode()
        if not self._project.obstacles.credits:
            return _errored(pipeline, "plan", "Your organization is out of credits.")
        try:
            if is_setup(pipeline.source):
                pipeline.state = "setup"  # until the setup workflow continues it with another configuration
            return self._planned(pipeline, commit)
        except ConfigProblem as problem:
            return _errored(pipeline, "config", str(problem))

    def _planned(self, pipeline: Pipeline, commit: Commit) -> tuple[WorkflowPlan, ...]:
        """What runs of the pipeline's configuration. Raises ConfigProblem."""
        values = {"number": pipeline.number, "id": pipeline.id, "git.revision": commit.sha}
        given = (pipeline.source, pipeline.branch, pipeline.parameters, values, self._project.orbs)
        pipeline.compiled = compiled(process(*given))
        return plan(*given)

    def _continued(self, pipeline: Pipeline, commit: Commit) -> None:
        """The second half of a pipeline of dynamic configuration."""
        assert pipeline.continuation is not None  # noqa: S101 - asked by both callers
        pipeline.setup_source, pipeline.setup_compiled = pipeline.source, pipeline.compiled
        pipeline.source = pipeline.continuation.configuration
        pipeline.parameters = dict(pipeline.continuation.parameters)
        pipeline.state = "created"
        try:
            found = self._planned(pipeline, commit)
        except ConfigProblem as problem:
            found = _errored(pipeline, "config", str(problem))
        for workflow in found:
            self._flows.go_on(self._flows.begin(pipeline, workflow, commit))


def _errored(pipeline: Pipeline, kind: str, message: str) -> tuple[WorkflowPlan, ...]:
    pipeline.state = "errored"
    pipeline.errors.append({"type": kind, "message": message})
    return ()


def _kept(old: Job, new: Job) -> Job:
    """A job that a rerun takes over: it keeps number, times and steps, under the id of the new workflow."""
    new.number, new.status, new.actions = old.number, old.status, old.actions
    new.created, new.started, new.stopped = old.created, old.started, old.stopped
    new.tests, new.artifacts, new.approved_by = old.tests, old.artifacts, old.approved_by
    return new
