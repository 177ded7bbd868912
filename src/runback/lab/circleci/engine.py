"""Turns pushes and triggers into pipelines and runs them: order of jobs, approvals, reruns, cancels."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from runback.lab.circleci.config import is_setup, plan
from runback.lab.circleci.jobs import JobRunner, Run
from runback.lab.circleci.plans import ConfigProblem, JobPlan, WorkflowPlan
from runback.lab.circleci.scripts import Time
from runback.lab.circleci.state import Job, Pipeline, Project, Workflow
from runback.lab.project import Commit, Repository

CONFIG = ".circleci/config.yml"
SKIP = ("[skip ci]", "[ci skip]")
QUEUE = timedelta(seconds=2)


class Rejected(Exception):
    """The service refuses what was asked; the text is its own."""


@dataclass
class _Flow:
    pipeline: Pipeline
    workflow: Workflow
    plans: dict[str, JobPlan]  # by the id of the job
    commit: Commit
    until: datetime | None = None  # when somebody cancels it


class Engine:
    """`actor` is who triggers a pipeline by the API."""

    def __init__(self, project: Project, repository: Repository, runner: JobRunner, time: Time) -> None:
        self._project = project
        self._repository = repository
        self._runner = runner
        self._time = time
        self._flows: dict[str, _Flow] = {}  # by the id of the workflow
        self._lock = threading.RLock()  # one pipeline at a time

    def push(
        self,
        commit: Commit,
        parameters: Mapping[str, Any] | None = None,
        canceled_after: float | None = None,
    ) -> Pipeline | None:
        """The pipeline that a push makes, run to its end; None where the message says to skip.

        `canceled_after` so many seconds somebody cancels its workflows.
        """
        message = f"{commit.subject}\n\n{commit.body}"[:250]
        if any(word in message for word in SKIP):
            return None
        with self._lock:
            until = None
            if canceled_after is not None:
                until = self._time.now() + timedelta(seconds=canceled_after)
            return self._start(commit, "webhook", commit.author_name, parameters or {}, until)

    def trigger(self, branch: str, parameters: Mapping[str, Any]) -> Pipeline:
        """A pipeline asked for by the API, on the tip of a branch."""
        commit = self._repository.tips.get(branch)
        if commit is None:
            raise Rejected("Branch not found")
        with self._lock:
            return self._start(commit, "api", "lab", parameters)

    def rerun(
        self, pipeline: Pipeline, workflow: Workflow, from_failed: bool, jobs: Sequence[str]
    ) -> Workflow:
        """A new workflow of the same jobs; those that succeeded are kept with `from_failed`."""
        flow = self._flows.get(workflow.id)
        if flow is None or workflow.status == "running":
            raise Rejected("Workflow can not be rerun.")
        plans = WorkflowPlan(workflow.name, tuple(flow.plans.values()))
        kept = {one.name: one for one in workflow.jobs if one.status == "success" and one.id not in jobs}
        with self._lock:
            again = self._workflow(pipeline, plans, flow.commit)
            if from_failed or jobs:
                again.jobs = [_kept(kept[one.name], one) if one.name in kept else one for one in again.jobs]
            self._continue(self._flows[again.id])
        return again

    def cancel(self, workflow: Workflow) -> None:
        for job in workflow.jobs:
            if job.status in ("running", "blocked", "on_hold", "queued"):
                job.status, job.stopped = "canceled", self._time.now()
        if workflow.status in ("running", "on_hold", "failing"):
            workflow.status, workflow.stopped = "canceled", self._time.now()

    def approve(self, pipeline: Pipeline, workflow: Workflow, job: Job) -> None:
        """Lets the jobs behind an approval run."""
        if job.status != "on_hold":
            raise Rejected("Job is not on hold.")
        with self._lock:
            job.status, job.approved_by, job.stopped = "success", "lab", self._time.now()
            self._continue(self._flows[workflow.id])

    def _start(
        self,
        commit: Commit,
        trigger: str,
        actor: str,
        parameters: Mapping[str, Any],
        until: datetime | None = None,
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
        self._project.pipelines.append(pipeline)
        for workflow in self._plans(pipeline, commit):
            flow = self._flows[self._workflow(pipeline, workflow, commit).id]
            flow.until = until
            self._continue(flow)
        return pipeline

    def _plans(self, pipeline: Pipeline, commit: Commit) -> tuple[WorkflowPlan, ...]:
        file = commit.files.get(CONFIG)
        if file is None:
            pipeline.state = "errored"
            pipeline.errors.append({"type": "config-fetch", "message": "Failed to fetch config.yml file."})
            return ()
        pipeline.source = file.content.decode()
        if not self._project.credits_left:
            pipeline.state = "errored"
            pipeline.errors.append({"type": "plan", "message": "Your organization is out of credits."})
            return ()
        values = {"number": pipeline.number, "id": pipeline.id, "git.revision": commit.sha}
        try:
            if is_setup(pipeline.source):
                pipeline.state = "setup"  # until the setup workflow continues it with another configuration
            return plan(pipeline.source, pipeline.branch, pipeline.parameters, values)
        except ConfigProblem as problem:
            pipeline.state = "errored"
            pipeline.errors.append({"type": "config", "message": str(problem)})
            return ()

    def _workflow(self, pipeline: Pipeline, of: WorkflowPlan, commit: Commit) -> Workflow:
        count = len(pipeline.workflows)
        workflow = Workflow(
            id=self._project.new_id("workflow", pipeline.number, count, of.name),
            name=of.name,
            tag="setup" if pipeline.state == "setup" else None,
            created=self._time.now(),
        )
        ids = {one.name: self._project.new_id("job", workflow.id, one.name) for one in of.jobs}
        for one in of.jobs:
            workflow.jobs.append(
                Job(
                    id=ids[one.name],
                    name=one.name,
                    type="approval" if one.approval else "build",
                    requires=tuple(ids[need] for need in one.requires),
                    contexts=one.contexts,
                    image=one.images[0] if one.images else None,
                    resource_class=one.resource_class,
                    parallelism=one.parallelism,
                    created=workflow.created,
                )
            )
        pipeline.workflows.append(workflow)
        flow = _Flow(pipeline, workflow, {ids[one.name]: one for one in of.jobs}, commit)
        self._flows[workflow.id] = flow
        return workflow

    def _continue(self, flow: _Flow) -> None:
        """Runs every job that can run, the one that is ready first before the others."""
        jobs = {job.id: job for job in flow.workflow.jobs}
        while ready := [job for job in jobs.values() if job.status == "blocked" and _may_run(job, jobs)]:
            job = min(ready, key=lambda one: _ready_at(one, jobs, flow.workflow))
            at = _ready_at(job, jobs, flow.workflow)
            if flow.until is not None and at >= flow.until:
                job.status, job.stopped = "canceled", flow.until
                continue
            if job.type == "approval":
                job.status = "on_hold"
                job.approval_request_id = self._project.new_id("approval", job.id)
                continue
            if self._project.restricted.intersection(job.contexts):
                job.status, job.stopped = "unauthorized", at
                continue
            job.number = self._project.new_job_number()
            job.created = at
            self._runner.run(
                Run(flow.pipeline, flow.workflow, job, flow.plans[job.id], flow.commit, at + QUEUE)
            )
            if flow.until is not None and job.stopped is not None and job.stopped > flow.until:
                _cut(job, flow.until)
        self._end(flow.workflow)

    def _end(self, workflow: Workflow) -> None:
        states = {job.status for job in workflow.jobs}
        if states.intersection(("failed", "timedout", "infrastructure_fail")):
            workflow.status = "failed"
        elif "unauthorized" in states:
            workflow.status = "unauthorized"
        elif "canceled" in states:
            workflow.status = "canceled"
        elif "on_hold" in states:
            workflow.status = "on_hold"
            return
        else:
            workflow.status = "success"
        workflow.stopped = max(
            (job.stopped for job in workflow.jobs if job.stopped), default=workflow.created
        )
        wait = (workflow.stopped - self._time.now()).total_seconds()
        if wait > 0:
            self._time.advance(wait)


def _may_run(job: Job, jobs: Mapping[str, Job]) -> bool:
    return all(jobs[need].status == "success" for need in job.requires)


def _ready_at(job: Job, jobs: Mapping[str, Job], workflow: Workflow) -> Any:
    stopped = [jobs[need].stopped for need in job.requires]
    return max((at for at in stopped if at), default=workflow.created)


def _cut(job: Job, until: datetime) -> None:
    """Ends a job in the middle of a step, as a cancel does."""
    job.status, job.stopped, job.tests = "canceled", until, []
    job.actions = [action for action in job.actions if action.started < until]
    for action in job.actions:
        if action.ended is None or action.ended > until:
            action.status, action.exit_code, action.ended = "canceled", None, until
            action.output = [one for one in action.output if one.at <= until]


def _kept(old: Job, new: Job) -> Job:
    """A job that a rerun takes over: it keeps number, times and steps, under the id of the new workflow."""
    new.number, new.status, new.actions = old.number, old.status, old.actions
    new.created, new.started, new.stopped = old.created, old.started, old.stopped
    new.tests, new.artifacts, new.approved_by = old.tests, old.artifacts, old.approved_by
    return new
