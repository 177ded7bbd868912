"""From what CircleCI answers to the records of the evidence."""

from __future__ import annotations

from runback.collect.circleci.bodies import JobBody, PipelineBody, WorkflowBody, when
from runback.collect.circleci.choose import NEVER_RAN
from runback.collect.circleci.steps import messages
from runback.collect.circleci.words import earliest
from runback.model import Gap, Job, Pipeline, Workflow

UNASKED = "not asked for: it does not bear on the newest run"


def pipeline(body: PipelineBody, web: str, flows: tuple[Workflow, ...] | Gap) -> Pipeline:
    """`web`: where a browser shows the project's pipelines."""
    trigger, vcs = body.trigger, body.vcs
    parameters = body.trigger_parameters or {}
    return Pipeline(
        id=body.id,
        number=body.number,
        state=body.state or "unknown",
        branch=body.branch,
        sha=body.sha,
        created_at=when(body.created_at) or earliest(),
        url=f"{web}/{body.number}",
        subject=(vcs.commit.subject if vcs and vcs.commit else None) or "",
        trigger=(trigger.type if trigger else None) or "",
        actor=(trigger.actor.login if trigger and trigger.actor else None) or "",
        parameters={
            name: str(value) for name, value in parameters.items() if isinstance(value, (str, int, float))
        },
        errors=messages(body.errors),
        workflows=flows,
    )


def unread(number: int) -> Gap:
    """In place of the workflows of a pipeline that was only listed."""
    return Gap(what=f"the workflows of pipeline {number}", reason=UNASKED)


def workflow(body: WorkflowBody, number: int, url: str | None, jobs: list[JobBody] | Gap) -> Workflow:
    """`number` is the pipeline's."""
    name = body.name or "unnamed"
    return Workflow(
        id=body.id or f"expired:{number}/{name}",
        name=name,
        status=body.status or "unknown",
        tag=body.tag,
        url=url,
        created_at=when(body.created_at),
        stopped_at=when(body.stopped_at),
        jobs=jobs if isinstance(jobs, Gap) else _jobs(jobs, url),
    )


def _jobs(bodies: list[JobBody], url: str | None) -> tuple[Job, ...]:
    named = {body.id: body.name or "unnamed" for body in bodies if body.id}
    return tuple(
        Job(
            id=body.id or f"{url}/{index}",
            name=body.name or "unnamed",
            status=body.status or "unknown",
            type=body.type or "build",
            number=body.job_number,
            url=f"{url}/jobs/{body.job_number}" if body.job_number is not None else url,
            started_at=when(body.started_at),
            stopped_at=when(body.stopped_at),
            requires=tuple(named[one] for one in body.dependencies or () if one in named),
            approval_request_id=body.approval_request_id,
            steps=()
            if body.job_number is None or body.status in NEVER_RAN
            else Gap(what=f"the steps of job {body.job_number} ({body.name})", reason=UNASKED),
        )
        for index, body in enumerate(bodies)
    )
