"""Why nothing ran for the branch head, or not to its end, although no step is red."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from runback.facts import views
from runback.facts.live import head_of
from runback.model import Cell, Commit, Evidence, Gap, Job, Pipeline, Repository, Row, Tables, Where, Workflow

# A webhook comes within seconds; a pipeline that has not begun after this will not.
PATIENCE = timedelta(minutes=5)
ERRORS = {
    "config": "config_error",
    "config-fetch": "config_error",
    "plan": "no_credits",
    "permission": "forbidden",
    "timeout": "timed_out",
}
IN_SETUP = ("setup", "setup-pending", "pending")
RUNS = ("running", "queued", "not_running", "failing")


def halts(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    found = views.pipelines(evidence)
    if isinstance(found, Gap):
        return found
    if evidence.ci is None:
        return ()
    head = evidence.target.sha or head_of(evidence)
    if isinstance(head, str) and not any(pipeline.sha == head for pipeline in found):
        return tuple(_without_pipeline(evidence, head)) if _is_current(evidence) else ()
    return tuple(_of_pipeline(evidence, found[0], found)) if found else ()


def _is_current(evidence: Evidence) -> bool:
    """Whether the head is what was asked about, and not an older pipeline or job."""
    return evidence.target.pipeline is None and evidence.target.job is None


def _without_pipeline(evidence: Evidence, head: str) -> Iterator[Row]:
    commit = _commit(evidence, head)
    if commit is None or evidence.collected_at - commit.at < PATIENCE:
        return
    kind = "skipped" if commit.skips_ci else "no_pipeline"
    yield _row(
        evidence,
        kind,
        commit.at,
        message=commit.subject,
        sha=head,
        where=(views.resource(f"commit {head[:8]}", commit.subject),),
    )


def _commit(evidence: Evidence, sha: str) -> Commit | None:
    repository = evidence.repository
    commits = repository.commits if isinstance(repository, Repository) else ()
    return next((one for one in (() if isinstance(commits, Gap) else commits) if one.sha == sha), None)


def _of_pipeline(evidence: Evidence, pipeline: Pipeline, found: Iterable[Pipeline]) -> Iterator[Row]:
    if pipeline.state == "errored":
        yield from _of_errors(evidence, pipeline)
        return
    workflows = views.latest_workflows(pipeline)
    kind: Cell = None
    if isinstance(workflows, Gap):
        kind, workflows = workflows, ()
    elif not workflows and pipeline.state == "created":
        kind = "filtered"
    elif pipeline.state in IN_SETUP and _is_old(evidence, pipeline):
        ended = all(one.status == "success" for one in workflows)
        kind = "setup_not_continued" if ended else None
    if kind is not None:
        where = (views.resource(f"pipeline {pipeline.number}", f"state {pipeline.state}", pipeline.url),)
        yield _row(
            evidence, kind, pipeline.created_at, where=where, pipeline=pipeline.number, sha=pipeline.sha
        )
    newer = [one.number for one in found if one.branch == pipeline.branch and one.number > pipeline.number]
    for workflow in workflows:
        yield from _of_workflow(evidence, pipeline, workflow, min(newer, default=None))


def _of_errors(evidence: Evidence, pipeline: Pipeline) -> Iterator[Row]:
    """The first error of a pipeline that was made and never began."""
    for error in pipeline.errors[:1]:
        yield _row(
            evidence,
            ERRORS.get(error.type, "errored"),
            pipeline.created_at,
            where=(views.resource(f"pipeline {pipeline.number}", error.message, pipeline.url),),
            pipeline=pipeline.number,
            sha=pipeline.sha,
            message=_first(error.message),
        )


def _is_old(evidence: Evidence, pipeline: Pipeline) -> bool:
    return evidence.collected_at - pipeline.created_at > PATIENCE


def _of_workflow(
    evidence: Evidence, pipeline: Pipeline, workflow: Workflow, newer: int | None
) -> Iterator[Row]:
    jobs = () if isinstance(workflow.jobs, Gap) else workflow.jobs
    kind = {"on_hold": "waiting", "unauthorized": "unauthorized"}.get(workflow.status)
    if workflow.status == "canceled":
        kind = "canceled" if newer is None else "auto_canceled"
    elif workflow.status in RUNS:
        kind = "running"
    if kind is None:
        return
    job = _halted(kind, jobs)
    url = (job.url if job else None) or workflow.url
    yield _row(
        evidence,
        kind,
        workflow.stopped_at or workflow.created_at or pipeline.created_at,
        pipeline=pipeline.number,
        sha=pipeline.sha,
        workflow=workflow.name,
        job=job.name if job else None,
        by=f"pipeline {newer}" if kind == "auto_canceled" else None,
        message=views.comma(message.message for message in job.messages) if job else None,
        contexts=views.comma(job.contexts) if job else None,
        where=(
            views.resource(f"workflow {workflow.name} of pipeline {pipeline.number}", workflow.status, url),
        ),
    )


def _halted(kind: str, jobs: Iterable[Job]) -> Job | None:
    """The job at which the workflow stands."""
    return next((job for job in jobs if _stands(kind, job)), None)


def _stands(kind: str, job: Job) -> bool:
    if kind == "waiting":
        return job.type == "approval" and job.status == "on_hold"
    if kind == "running":
        return job.status in RUNS
    return job.status == ("unauthorized" if kind == "unauthorized" else "canceled")


def _first(text: str) -> str:
    """The first line that says something, for a title."""
    lines = [line.strip(" #") for line in text.splitlines()]
    return next((line for line in lines if line), "")[:200]


def _row(
    evidence: Evidence, kind: Cell, at: datetime, *, where: tuple[Where, ...] = (), **cells: Cell
) -> Row:
    minutes = int((evidence.collected_at - at).total_seconds() // 60)
    columns = ("pipeline", "sha", "workflow", "job", "by", "message", "contexts")
    return Row(
        cells={
            "kind": kind,
            "branch": evidence.target.branch,
            "minutes": minutes,
            "since": f"{at:%Y-%m-%d %H:%M} UTC",
            **{name: cells.get(name) for name in columns},
        },
        at=at,
        where=where,
    )
