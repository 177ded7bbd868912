"""Runs workflows: the order of jobs, approvals, what may start after what, and how a workflow ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from runback.lab.circleci import builtin
from runback.lab.circleci.jobs import JobRunner
from runback.lab.circleci.plans import JobPlan, WorkflowPlan
from runback.lab.circleci.runs import Run
from runback.lab.circleci.scripts import Time
from runback.lab.circleci.state import Job, Pipeline, Project, Workflow
from runback.lab.project import Commit

QUEUE = timedelta(seconds=2)
FAILED = ("failed", "timedout", "infrastructure_fail")
UNDER_WAY = ("running", "queued")


@dataclass
class Flow:
    """A workflow with what it takes to run it."""

    pipeline: Pipeline
    workflow: Workflow
    plans: dict[str, JobPlan]  # by the id of the job
    commit: Commit
    until: datetime | None = None  # what is later has not happened: somebody cancels it, or looks at it
    canceled: bool = False  # … cancels it
    again: bool = False  # a rerun, which is never canceled for a newer push


class Flows:
    """The workflows of a project. `time` is the lab's clock, which follows them."""

    def __init__(self, project: Project, runner: JobRunner, time: Time) -> None:
        self._project = project
        self._runner = runner
        self._time = time
        self.known: dict[str, Flow] = {}  # by the id of the workflow

    def begin(self, pipeline: Pipeline, of: WorkflowPlan, commit: Commit) -> Flow:
        """A new workflow, of which nothing has run yet."""
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
                    executor=one.executor,
                    parallelism=one.parallelism,
                    created=workflow.created,
                )
            )
        pipeline.workflows.append(workflow)
        flow = Flow(pipeline, workflow, {ids[one.name]: one for one in of.jobs}, commit)
        self.known[workflow.id] = flow
        return flow

    def go_on(self, flow: Flow) -> None:
        """Runs every job that can run, the one that is ready first before the others."""
        jobs = {job.id: job for job in flow.workflow.jobs}
        while ready := [
            one for one in jobs.values() if one.status == "blocked" and _may_run(flow, one, jobs)
        ]:
            job = min(ready, key=lambda one: _ready_at(one, jobs, flow.workflow))
            at = _ready_at(job, jobs, flow.workflow)
            if flow.until is not None and at >= flow.until:
                if not flow.canceled:
                    break  # not yet
                job.status, job.stopped = "canceled", flow.until
            else:
                self._start(flow, job, at)
        _leave_out(flow, jobs)
        self._end(flow)

    def _start(self, flow: Flow, job: Job, at: datetime) -> None:
        obstacles = self._project.obstacles
        if job.type == "approval":
            job.status = "on_hold"
            job.approval_request_id = self._project.new_id("approval", job.id)
            return
        if obstacles.restrict.intersection(job.contexts):
            job.status, job.stopped = "unauthorized", at
            return
        job.number = self._project.new_job_number()
        job.created = at
        if obstacles.unregistered:
            job.status, job.stopped = "unauthorized", at
            job.messages.append({"type": "error", "message": builtin.UNREGISTERED, "reason": "unauthorized"})
            return
        if job.name in obstacles.queue:
            job.status = "queued"
            return
        self._runner.run(Run(flow.pipeline, flow.workflow, job, flow.plans[job.id], flow.commit, at + QUEUE))
        if flow.until is not None and job.stopped is not None and job.stopped > flow.until:
            cut(job, flow.until, "canceled" if flow.canceled else "running")

    def _end(self, flow: Flow) -> None:
        workflow = flow.workflow
        workflow.status = _status(workflow.jobs)
        if workflow.status in ("on_hold", "running", "failing"):
            if flow.until is not None:
                self._reach(flow.until)
            return
        workflow.stopped = max(
            (job.stopped for job in workflow.jobs if job.stopped), default=workflow.created
        )
        self._reach(workflow.stopped)

    def _reach(self, at: datetime) -> None:
        wait = (at - self._time.now()).total_seconds()
        if wait > 0:
            self._time.advance(wait)


def cut(job: Job, until: datetime, status: str) -> None:
    """Shows a job as it is in the middle of a step: under way, or canceled there."""
    ended = None if status == "running" else until
    job.status, job.stopped, job.tests, job.artifacts = status, ended, [], {}
    job.actions = [action for action in job.actions if action.started < until]
    for action in job.actions:
        if action.ended is None or action.ended > until:
            action.status, action.exit_code, action.ended = status, None, ended
            action.output = [one for one in action.output if one.at <= until]


def _may_run(flow: Flow, job: Job, jobs: Mapping[str, Job]) -> bool:
    return all(_is_met(flow, job, jobs[need]) for need in job.requires)


def _is_met(flow: Flow, job: Job, need: Job) -> bool:
    """Whether a job ended in one of the ways that another waits for."""
    wanted = flow.plans[job.id].outcomes.get(need.name, ("success",))
    if "terminal" in wanted:
        return need.stopped is not None or need.status == "not_run"
    status = "failed" if need.status in FAILED else need.status
    return status in wanted


def _leave_out(flow: Flow, jobs: Mapping[str, Job]) -> None:
    """Jobs that wait for a failure that did not come, and what waits for those, are not run."""
    changed = True
    while changed:
        changed = False
        for job in jobs.values():
            needs = [jobs[need] for need in job.requires]
            in_vain = any(
                need.status in ("success", "not_run") and not _is_met(flow, job, need) for need in needs
            )
            if job.status == "blocked" and in_vain:
                job.status, changed = "not_run", True


def _status(jobs: list[Job]) -> str:
    states = {job.status for job in jobs}
    failed = bool(states.intersection(FAILED))
    if states.intersection(UNDER_WAY):
        return "failing" if failed else "running"
    if failed:
        return "failed"
    return next((one for one in ("unauthorized", "canceled", "on_hold") if one in states), "success")


def _ready_at(job: Job, jobs: Mapping[str, Job], workflow: Workflow) -> datetime:
    stopped = [jobs[need].stopped for need in job.requires]
    # A rerun keeps jobs that ended long before it began.
    return max((workflow.created, *(at for at in stopped if at)))
