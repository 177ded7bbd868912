"""Why nothing ran for the branch head, or not to its end, although no step is red."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from runback.facts import configfile, views
from runback.facts.live import head_of
from runback.facts.pipeline import FAILED, group_of
from runback.model import (
    Cell,
    Ci,
    Commit,
    Evidence,
    Gap,
    Job,
    Pipeline,
    Repository,
    Row,
    Tables,
    Where,
    Workflow,
)

# A webhook comes within seconds; a pipeline that has not begun after this will not.
PATIENCE = timedelta(minutes=5)
ERRORS = {
    "config": "config_error",
    "config-fetch": "config_error",
    "plan": "no_credits",
    "permission": "forbidden",
    "timeout": "timed_out",
}
# What CircleCI's checks print above the complaint itself.
_HEADING = re.compile(
    r"^ERROR IN CONFIG FILE|^Error calling (?:workflow|job|command)|schema violations? found"
    r"|subschemas? match|^Permitted keys"
)
_NUMBER = re.compile(r"^\d+\. ")
PLACES = 4  # lines of filters that are named
IN_SETUP = ("setup", "setup-pending", "pending")
RUNS = ("running", "queued", "not_running", "failing")


def halts(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    found = views.pipelines(evidence)
    if isinstance(found, Gap):
        return found
    if evidence.ci is None:
        return ()
    head = head_of(evidence)
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
        filters = _filters(evidence, pipeline) if kind == "filtered" else ()
        yield _row(
            evidence,
            kind,
            pipeline.created_at,
            where=(*where, *(place for _, place in filters[:PLACES])),
            pipeline=pipeline.number,
            sha=pipeline.sha,
            filter="; ".join(dict.fromkeys(said for said, _ in filters)) or None,
        )
    if kind is None and _ended_well(workflows):
        yield from _without_deploy(evidence, pipeline, workflows)
    newer = [one.number for one in found if one.branch == pipeline.branch and one.number > pipeline.number]
    for workflow in workflows:
        yield from _of_workflow(evidence, pipeline, workflow, min(newer, default=None))


def _ended_well(workflows: Iterable[Workflow]) -> bool:
    found = [workflow.status for workflow in workflows if workflow.tag != "setup"]
    return bool(found) and all(status == "success" for status in found)


def _without_deploy(evidence: Evidence, pipeline: Pipeline, workflows: Iterable[Workflow]) -> Iterator[Row]:
    """All is green, and the job that deploys the environment is not among what ran."""
    names = evidence.target.deploy_jobs
    lists = [one.jobs for one in workflows if not isinstance(one.jobs, Gap)]
    ran = {job.name for jobs in lists for job in jobs}
    if not names or not ran or ran & set(names):
        return
    filters = [
        (said, place)
        for entry, said, place in _refused(evidence, pipeline)
        if entry.name in names or entry.job in names
    ]
    known = {entry.name for entry in configfile.entries(evidence)}
    where = views.resource(f"pipeline {pipeline.number}", f"ran {', '.join(sorted(ran))}", pipeline.url)
    yield _row(
        evidence,
        "deploy_filtered",
        pipeline.created_at,
        where=(*(place for _, place in filters[:PLACES]), where),
        pipeline=pipeline.number,
        sha=pipeline.sha,
        job=views.comma(names),
        filter="; ".join(dict.fromkeys(said for said, _ in filters))
        or ("its workflow does not run it" if known & set(names) else "no workflow names it"),
    )


def _filters(evidence: Evidence, pipeline: Pipeline) -> tuple[tuple[str, Where], ...]:
    """The filters that leave the branch out, the first of each workflow, with their lines."""
    found: dict[str, tuple[str, Where]] = {}
    for entry, said, place in _refused(evidence, pipeline):
        if not entry.requires or entry.workflow not in found:
            found.setdefault(entry.workflow, (f"{entry.workflow}: {said}", place))
    return tuple(found.values())


def _refused(evidence: Evidence, pipeline: Pipeline) -> Iterator[tuple[configfile.Entry, str, Where]]:
    branch = pipeline.branch
    for entry in configfile.entries(evidence) if branch else ():
        said = configfile.refusal(entry, str(branch))
        place = configfile.at(evidence, entry.filter_line) if said else None
        if said and place:
            yield entry, f"{entry.name} {said}", place


def _of_errors(evidence: Evidence, pipeline: Pipeline) -> Iterator[Row]:
    """The first error of a pipeline that was made and never began."""
    for error in pipeline.errors[:1]:
        line = configfile.meant(evidence, error.message) if error.type == "config" else None
        yield _row(
            evidence,
            ERRORS.get(error.type, "errored"),
            pipeline.created_at,
            where=(
                *((line,) if line else ()),
                views.resource(f"pipeline {pipeline.number}", " ".join(error.message.split()), pipeline.url),
            ),
            pipeline=pipeline.number,
            sha=pipeline.sha,
            message=_first(error.message) + (f" ({line.source}:{line.line})" if line else ""),
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
    elif workflow.status in RUNS and not any(map(_has_failed, jobs)):
        hidden = workflow.status == "failing" and isinstance(workflow.jobs, Gap)  # one of them failed
        kind = None if hidden else "running"
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
        contexts=views.comma(job.contexts or _contexts_behind(evidence, workflow, job)) if job else None,
        where=(
            views.resource(f"workflow {workflow.name} of pipeline {pipeline.number}", workflow.status, url),
            *(_approval(evidence, workflow, job) if kind == "waiting" and job else ()),
        ),
    )


def _approval(evidence: Evidence, workflow: Workflow, job: Job) -> Iterator[Where]:
    """Who may let it go on: CircleCI names nobody, but it tells what they need."""
    project = evidence.ci.project if isinstance(evidence.ci, Ci) else "the project"
    contexts = views.comma(_contexts_behind(evidence, workflow, job))
    also = f" and use the context {contexts}" if contexts else ""
    yield views.resource(f"approval {job.name}", f"by whoever may write to {project}{also}", job.url)


def _has_failed(job: Job) -> bool:
    """Whether the job failed, or is about to: a step of it did."""
    steps = () if isinstance(job.steps, Gap) else job.steps
    return group_of(job.status) == "failed" or any(step.status in FAILED for step in steps)


def _contexts_behind(evidence: Evidence, workflow: Workflow, job: Job) -> Iterator[str]:
    """The contexts of what waits behind the job: they decide whose approval lets it run."""
    behind = {job.name}
    for entry in configfile.entries(evidence):
        if entry.workflow == workflow.name and behind & set(entry.requires):
            behind.add(entry.name)
            yield from entry.contexts


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
    """The line that says most, for a title: not the heading under which CircleCI puts every complaint."""
    lines = [line for one in text.splitlines() if (line := _NUMBER.sub("", one.strip(" #|")).strip(" |"))]
    return next((line for line in lines if not _HEADING.search(line)), lines[0] if lines else "")[:200]


def _row(
    evidence: Evidence, kind: Cell, at: datetime, *, where: tuple[Where, ...] = (), **cells: Cell
) -> Row:
    minutes = int((evidence.collected_at - at).total_seconds() // 60)
    columns = ("pipeline", "sha", "workflow", "job", "by", "message", "contexts", "filter")
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
