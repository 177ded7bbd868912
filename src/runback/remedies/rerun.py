"""Runs the failed or the deploying job of the newest pipeline again, or approves what waits for a person."""

from __future__ import annotations

import json

from runback.facts.pipeline import group_of, newest_jobs
from runback.facts.views import deploys, latest_workflows, pipelines
from runback.model import Gap, Job, Pipeline, Plan, PlanStep, Scalar, Workflow
from runback.remedies.interface import Asked, Blocked, circleci, command

# The person's own token, by the name under which CircleCI's tools look for it.
_HEADER = '-H "Circle-Token: $CIRCLE_TOKEN"'
_NEEDS = "CircleCI: a personal token with access to the project"


def plan(asked: Asked) -> Plan:
    pipeline, workflow, job = _chosen(asked)
    if job.approval_request_id and job.status == "on_hold":
        return _approve(asked, workflow, job)
    failed = group_of(job.status) != "passed"
    step = again(pipeline, workflow, job, failed=failed)
    what = "the failed jobs" if failed else job.name
    return Plan(
        remedy=asked.remedy,
        sentence=f"When the reason is mended, run {what} again.",
        safe=False,
        steps=(step,),
    )


def again(pipeline: Pipeline, workflow: Workflow, job: Job, *, failed: bool) -> PlanStep:
    """All failed jobs of the workflow, or the one job, as a new run."""
    body: dict[str, object] = {"from_failed": True} if failed else {"jobs": [job.id]}
    parameters: dict[str, Scalar] = {"workflow": workflow.id, "from_failed": failed}
    if not failed:
        parameters["job"] = job.id
    what = "the failed jobs" if failed else job.name
    path = f"/workflow/{workflow.id}/rerun"
    return PlanStep(
        sentence=f"Run {what} of {workflow.name} in pipeline {pipeline.number} again.",
        command=f"{circleci('POST', path)} {_HEADER} "
        f"{command('-H', 'Content-Type: application/json', '-d', json.dumps(body))}",
        changes="a new run of the workflow, and what its jobs deploy",
        undo=f"cancel it: {circleci('POST', '/workflow/NEW-WORKFLOW/cancel')} {_HEADER}",
        needs=_NEEDS,
        action="POST /workflow/{workflow}/rerun",
        parameters=parameters,
    )


def cancel_and_rerun(asked: Asked) -> Plan:
    """For a workflow that is still at work and will not come to an end: ended, and all of it run again."""
    found = newest_jobs(asked.evidence)
    if isinstance(found, Gap):
        raise Blocked(f"the jobs could not be read: {found.reason}")
    name = asked.parameters.get("job")
    at_work = [
        one
        for one in found
        if group_of(one[2].status) in ("running", "waiting") and name in (None, one[2].name)
    ]
    if not at_work:
        raise Blocked("no job of the newest pipeline is at work")
    pipeline, workflow, job = at_work[0]
    cancel = PlanStep(
        sentence=f"Cancel {workflow.name} of pipeline {pipeline.number}: {job.name} is {job.status}.",
        command=f"{circleci('POST', f'/workflow/{workflow.id}/cancel')} {_HEADER}",
        changes="its jobs end where they are: what a deployment has done by then stays",
        needs=_NEEDS,
        action="POST /workflow/{workflow}/cancel",
        parameters={"workflow": workflow.id},
    )
    return Plan(
        remedy=asked.remedy,
        sentence=f"Cancel {workflow.name}, and run it again.",
        safe=False,
        steps=(cancel, again(pipeline, workflow, job, failed=True)),
    )


def _approve(asked: Asked, workflow: Workflow, job: Job) -> Plan:
    approval = str(job.approval_request_id)
    step = PlanStep(
        sentence=f"Approve {job.name} of {workflow.name}: the jobs behind it run.",
        command=f"{circleci('POST', f'/workflow/{workflow.id}/approve/{approval}')} {_HEADER}",
        changes="what the jobs behind the approval deploy",
        needs=_NEEDS,
        action="POST /workflow/{workflow}/approve/{approval}",
        parameters={"workflow": workflow.id, "approval": approval},
    )
    return Plan(remedy=asked.remedy, sentence=f"Approve {job.name}.", safe=False, steps=(step,))


def _chosen(asked: Asked) -> tuple[Pipeline, Workflow, Job]:
    if "workflow" in asked.parameters:
        return _named(asked)
    found = newest_jobs(asked.evidence)
    if isinstance(found, Gap):
        raise Blocked(f"the jobs could not be read: {found.reason}")
    name = asked.parameters.get("job")
    for pipeline, workflow, job in found:
        if job.name == name:
            return pipeline, workflow, job
    if asked.remedy == "rerun" and name is not None and asked.finding.page == "":
        raise Blocked(f"the newest pipeline has no job {name!r}")
    for pipeline, workflow, job in found:
        waits = job.status == "on_hold" and bool(job.approval_request_id)
        if group_of(job.status) == "failed" or waits or (name is None and deploys(asked.evidence, job)):
            return pipeline, workflow, job
    raise Blocked("no job that could run again is known")


def _named(asked: Asked) -> tuple[Pipeline, Workflow, Job]:
    """The workflow that the page names, though newer pipelines came after it."""
    number = asked.integer("pipeline", 1, 10**9)
    found = pipelines(asked.evidence)
    for pipeline in () if isinstance(found, Gap) else found:
        workflows = latest_workflows(pipeline) if pipeline.number == number else ()
        for workflow in () if isinstance(workflows, Gap) else workflows:
            jobs = () if isinstance(workflow.jobs, Gap) else workflow.jobs
            stopped = [job for job in jobs if group_of(job.status) != "passed"]
            if workflow.name == asked.parameters["workflow"] and stopped:
                return pipeline, workflow, stopped[0]
    raise Blocked(f"pipeline {number} has no workflow {asked.parameters['workflow']!r} to run again")
