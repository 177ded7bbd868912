"""Each failed step of the newest pipeline: how to run it at home, what differs from its last green run."""

from __future__ import annotations

from runback.facts import baseline, reproduction, views
from runback.facts.pipeline import group_of, newest_jobs, step_log
from runback.facts.versions import versions
from runback.model import Evidence, Gap, Job, Novel, Pipeline, Since, Step, StepSeen

MOST = 20  # steps
FILES = 40


def steps(evidence: Evidence) -> tuple[StepSeen, ...]:
    """In the order of the jobs; those that fail alike stand once for each parallel run and job."""
    jobs = newest_jobs(evidence)
    beside = {one.job.id: one for one in baseline.besides(evidence)}
    found: list[StepSeen] = []
    for pipeline, _, job in () if isinstance(jobs, Gap) else jobs:
        if group_of(job.status) != "failed" and not baseline.failed_steps(job):
            continue
        for step in baseline.failed_steps(job):
            if len(found) < MOST:
                found.append(_seen(evidence, pipeline, job, step, beside.get(job.id)))
    return tuple(found)


def _seen(
    evidence: Evidence, pipeline: Pipeline, job: Job, step: Step, beside: baseline.Beside | None
) -> StepSeen:
    return StepSeen(
        log=step.log if isinstance(step.log, str) else None,
        job=job.name,
        step=step.name,
        run=step.run,
        image=job.image,
        directory=reproduction.directory(job),
        command=reproduction.command(step),
        paste=reproduction.paste(pipeline, job, step),
        needs=reproduction.needs(job, deploys=views.deploys(evidence, job)),
        since=_since(evidence, beside) if beside else None,
        novel=_novel(evidence, beside, step) if beside else (),
    )


def _novel(evidence: Evidence, beside: baseline.Beside, step: Step) -> tuple[Novel, ...]:
    log, known = step_log(evidence, step), baseline.known_lines(evidence, beside, step)
    return baseline.novel_blocks(log, known) if log is not None and known is not None else ()


def _since(evidence: Evidence, beside: baseline.Beside) -> Since:
    between = baseline.between(evidence, beside)
    missing = () if isinstance(between, Gap) or isinstance(between.missing, Gap) else between.missing
    files = () if isinstance(between, Gap) or isinstance(between.files, Gap) else between.files or ()
    gaps = [between] if isinstance(between, Gap) else [between.missing, between.files]
    return Since(
        pipeline=beside.green_pipeline.number,
        branch=beside.green_pipeline.branch,
        sha=beside.green_pipeline.sha,
        at=beside.green.stopped_at or beside.green.started_at,
        url=beside.green.url,
        commits=tuple(
            f"{one.sha[:8]} {one.subject}" + (f" ({one.author})" if one.author else "") for one in missing
        ),
        files=tuple(f"{one.kind} {one.path}" for one in files[:FILES]),
        versions=tuple(versions(files)),
        slower=tuple(
            f"step '{step.name}' took {now:.0f} s instead of {usual:.0f} s"
            for step, now, usual in baseline.slower(beside)
        ),
        unknown=next((gap.reason for gap in gaps if isinstance(gap, Gap)), ""),
    )
