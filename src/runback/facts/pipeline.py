"""What ran in CI: pipelines, the jobs of the newest one, and its failed steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from runback.facts import views
from runback.model import Evidence, Gap, Job, Log, Pipeline, Row, Step, Tables, Where, Workflow

_PIECE = 1 << 20  # bytes
FAILED = ("failed", "timedout", "infrastructure_fail")
GROUPS = {
    **dict.fromkeys((*FAILED, "error", "terminated-unknown"), "failed"),
    **dict.fromkeys(("on_hold",), "waiting"),
    **dict.fromkeys(("running", "queued", "not_running", "retried", "failing"), "running"),
    **dict.fromkeys(("success", "fixed", "no_tests"), "passed"),
    "canceled": "canceled",
    **dict.fromkeys(("not_run", "blocked", "unauthorized"), "not_run"),
}
# A pipeline is as bad as the worst of its workflows.
_WORST = (
    "failed",
    "error",
    "failing",
    "unauthorized",
    "canceled",
    "not_run",
    "on_hold",
    "running",
    "success",
)


def group_of(status: str) -> str:
    """The group of a job's status; a word that nobody knows yet counts as running, never as a failure."""
    return GROUPS.get(status, "running")


def outcome_of(pipeline: Pipeline) -> str | Gap:
    """How the pipeline ended, or that it still runs."""
    if pipeline.state == "errored":
        return "failed"
    workflows = views.latest_workflows(pipeline)
    if isinstance(workflows, Gap):
        return workflows
    if not workflows:
        return "running" if pipeline.state in ("pending", "setup", "setup-pending") else "none"
    words = [workflow.status for workflow in workflows]
    worst = next((word for word in _WORST if word in words), "running")
    return "failed" if worst in ("error", "failing") else worst


def pipelines(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    found = views.pipelines(evidence)
    if isinstance(found, Gap):
        return found
    return tuple(
        Row(
            cells={
                "pipeline": pipeline.number,
                "state": pipeline.state,
                "outcome": outcome_of(pipeline),
                "branch": pipeline.branch,
                "sha": pipeline.sha,
                "subject": pipeline.subject or None,
                "newest": index == 0,
            },
            at=pipeline.created_at,
            where=(views.resource(f"pipeline {pipeline.number}", pipeline.subject, pipeline.url),),
        )
        for index, pipeline in enumerate(found)
    )


def jobs(evidence: Evidence, tables: Tables) -> views.Read:
    found = newest_jobs(evidence)
    if isinstance(found, Gap):
        return found
    unsuccessful = {job.name: job for _, _, job in found if group_of(job.status) != "passed"}
    past = {job.name: _past(evidence, job) for _, _, job in found if group_of(job.status) == "failed"}
    rows = [
        Row(
            cells={
                "pipeline": pipeline.number,
                "workflow": workflow.name,
                "job": job.name,
                "status": job.status,
                "group": group_of(job.status),
                "deploys": views.deploys(evidence, job),
                "blocked_by": views.comma(_blockers(job, unsuccessful)),
                "message": views.comma(message.message for message in job.messages),
                "runs": past[job.name][0] if job.name in past else None,
                "made_good": past[job.name][1] if job.name in past else None,
            },
            at=job.started_at,
            where=(_job_where(pipeline, job),),
        )
        for pipeline, workflow, job in found
    ]
    return views.partly(rows, _unread(evidence))


def _unread(evidence: Evidence) -> dict[str, Gap]:
    """The workflows of the newest pipeline whose jobs are not known, and why."""
    found = views.pipelines(evidence)
    newest = () if isinstance(found, Gap) else found[:1]
    return {gap.what: gap for one in newest for gap in views.unread_jobs(one)}


def _past(evidence: Evidence, job: Job) -> tuple[int, int]:
    """How many runs of the job older pipelines had, and how many of these failed and then went well again
    on the same commit.
    """
    found = views.pipelines(evidence)
    runs = made_good = 0
    for pipeline in () if isinstance(found, Gap) else found[1:]:
        flows = () if isinstance(pipeline.workflows, Gap) else pipeline.workflows
        groups = [
            group_of(one.status)
            for flow in flows
            if not isinstance(flow.jobs, Gap)
            for one in flow.jobs
            if one.name == job.name
        ]
        runs += sum(group in ("passed", "failed") for group in groups)
        made_good += groups.count("failed") if "passed" in groups else 0
    return runs, made_good


def newest_jobs(evidence: Evidence) -> tuple[tuple[Pipeline, Workflow, Job], ...] | Gap:
    """The jobs of the newest pipeline, with the workflow they belong to."""
    found = views.pipelines(evidence)
    if isinstance(found, Gap) or not found:
        return found if isinstance(found, Gap) else ()
    pairs = views.jobs(found[0])
    if isinstance(pairs, Gap):
        return pairs
    return tuple((found[0], workflow, job) for workflow, job in pairs)


def _blockers(job: Job, unsuccessful: dict[str, Job]) -> Iterator[str]:
    """The jobs at the start of the chain that holds this one up: those that failed or wait themselves."""
    if group_of(job.status) != "not_run":
        return
    seen: set[str] = set()
    waiting = list(job.requires)
    while waiting:
        name = waiting.pop(0)
        before = unsuccessful.get(name)
        if before is None or name in seen:
            continue
        seen.add(name)
        if group_of(before.status) == "not_run":
            waiting += before.requires
        else:
            yield name


def steps(evidence: Evidence, tables: Tables) -> views.Read:
    found = newest_jobs(evidence)
    if isinstance(found, Gap):
        return found
    unseen = _unread(evidence)
    alike: dict[tuple[object, ...], list[_Failed]] = {}
    for pipeline, workflow, job in found:
        if isinstance(job.steps, Gap):
            unseen |= {job.name: job.steps} if group_of(job.status) == "failed" else {}
            continue
        for step in job.steps:
            if step.status in FAILED and not step.background:
                last = _last_line(evidence, step)
                key = (step.name, step.status, step.exit_code, last.text if last else job.name)
                alike.setdefault(key, []).append(_Failed(pipeline, workflow, job, step, last))
    return views.partly([_step_row(evidence, group) for group in alike.values()], unseen)


class _Failed(NamedTuple):
    pipeline: Pipeline
    workflow: Workflow
    job: Job
    step: Step
    last: Where | None


def _step_row(evidence: Evidence, group: list[_Failed]) -> Row:
    pipeline, workflow, job, step, last = group[0]
    proof = [one.last for one in group if one.last]
    return Row(
        cells={
            "pipeline": pipeline.number,
            "workflow": workflow.name,
            "job": views.comma(one.job.name for one in group),
            "step": step.name,
            "run": step.run,
            "status": step.status,
            "exit_code": step.exit_code,
            "command": step.command,
            "deploys": any(views.deploys(evidence, one.job) for one in group),
            "alike": len(group),
            "log": step.log,
            "last_line": last.text if last else None,
        },
        at=step.started_at or job.started_at,
        until=step.ended_at or job.stopped_at,
        where=(*proof, *(_job_where(one.pipeline, one.job) for one in group)),
    )


def step_log(evidence: Evidence, step: Step) -> Log | None:
    return views.log_by_id(evidence, step.log) if isinstance(step.log, str) else None


def _last_line(evidence: Evidence, step: Step) -> Where | None:
    """The last line that says something. Only the end is looked at: an output may hold gigabytes."""
    log = step_log(evidence, step)
    if log is None:
        return None
    newlines, end = 0, b""
    with log.text.open() as stream:
        while piece := stream.read(_PIECE):
            newlines += piece.count(b"\n")
            end = (end + piece)[-_PIECE:]
    lines = end.split(b"\n")
    for back, line in enumerate(reversed(lines)):
        if line.strip():
            return views.at_line(log, newlines - back + 1, line.decode("utf-8", "replace"))
    return None


def _job_where(pipeline: Pipeline, job: Job) -> Where:
    number = f" (job {job.number})" if job.number is not None else ""
    return views.resource(f"{job.name} of pipeline {pipeline.number}{number}", job.status, job.url)
