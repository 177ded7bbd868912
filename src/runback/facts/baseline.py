"""Each failed step beside the same step of its last green run: new lines, what changed, what got slow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from runback.facts import views
from runback.facts.pipeline import FAILED, newest_jobs, step_log
from runback.logs import novelty
from runback.logs.chunks import chunks
from runback.logs.clean import cleaner
from runback.model import (
    Between,
    Cell,
    Evidence,
    Gap,
    Job,
    Log,
    Novel,
    Pipeline,
    Repository,
    Row,
    Step,
    Tables,
)

SLOWER = 3.0  # times as long as in the green run …
LEAST = 60.0  # … and by so many seconds at least
LISTED = 3  # things that one text names
NOT_KEPT = 1_000_000  # novel lines of one step that are looked at


class Beside(NamedTuple):
    """A failed job, and the green run of it in an older pipeline or on another branch."""

    pipeline: Pipeline
    job: Job
    green_pipeline: Pipeline
    green: Job


def besides(evidence: Evidence) -> tuple[Beside, ...]:
    """Each failed job of the newest pipeline that has one."""
    found, jobs = views.pipelines(evidence), newest_jobs(evidence)
    if isinstance(found, Gap) or isinstance(jobs, Gap):
        return ()
    known = {job.id: (pipeline, job) for pipeline in found for _, job in _pairs(pipeline)}
    return tuple(
        Beside(pipeline, job, *known[job.baseline])
        for pipeline, _, job in jobs
        if job.baseline is not None and job.baseline in known
    )


def _pairs(pipeline: Pipeline) -> tuple[tuple[object, Job], ...]:
    flows = () if isinstance(pipeline.workflows, Gap) else pipeline.workflows
    return tuple((flow, job) for flow in flows if not isinstance(flow.jobs, Gap) for job in flow.jobs)


def failed_steps(job: Job) -> tuple[Step, ...]:
    steps = () if isinstance(job.steps, Gap) else job.steps
    return tuple(step for step in steps if step.status in FAILED and not step.background)


def same_steps(green: Job, step: Step) -> tuple[Step, ...]:
    """The step in the green run: of all its parallel runs, since the parts of a split change."""
    steps = () if isinstance(green.steps, Gap) else green.steps
    return tuple(one for one in steps if one.name == step.name)


def known_lines(evidence: Evidence, beside: Beside, step: Step) -> novelty.Known | None:
    """What the step printed when it was green; `None` where that could not be read."""
    known: novelty.Known | None = None
    for one in same_steps(beside.green, step):
        log = step_log(evidence, one)
        if log is not None:
            known = known or novelty.Known()
            with log.text.open() as stream:
                known.learn(chunks(stream, cleaner))
    return known


def novel_blocks(log: Log, known: novelty.Known) -> tuple[Novel, ...]:
    """The lines of the log that never occur among the known ones, the most telling first."""
    novel: list[tuple[int, bytes]] = []
    lines = 0
    with log.text.open() as stream:
        for chunk in chunks(stream, cleaner):
            lines += chunk.newlines
            if len(novel) < NOT_KEPT:
                novel.extend(known.novel(chunk))
    return tuple(novelty.scored(novel, lines))


def between(evidence: Evidence, beside: Beside) -> Between | Gap:
    """What lies between the green commit and the failed one."""
    repository = evidence.repository
    found = repository.between if isinstance(repository, Repository) else ()
    pair = (beside.green_pipeline.sha, beside.pipeline.sha)
    if pair[0] == pair[1]:
        return Between(base=str(pair[0]), head=str(pair[1]), missing=(), files=())
    known = next((one for one in found if (one.base, one.head) == pair), None)
    if known is not None:
        return known
    reason = repository.reason if isinstance(repository, Gap) else "the checkout was not asked"
    return Gap(what="the changes since then", reason=reason)


def slower(beside: Beside) -> Iterator[tuple[Step, float, float]]:
    """The steps that took much longer than when they were green: seconds now, and then."""
    steps = () if isinstance(beside.job.steps, Gap) else beside.job.steps
    for step in steps:
        before = [seconds for one in same_steps(beside.green, step) if (seconds := took(one)) is not None]
        now = took(step)
        if now is None or not before or step.background:
            continue
        usual = max(before)
        if now >= SLOWER * usual and now - usual >= LEAST:
            yield step, now, usual


def took(step: Step) -> float | None:
    if step.started_at is None or step.ended_at is None:
        return None
    return (step.ended_at - step.started_at).total_seconds()


def baseline(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    """The table `ci.baseline`: failed steps, and steps that became slow."""
    jobs = newest_jobs(evidence)
    if isinstance(jobs, Gap):
        return jobs
    return tuple(row for beside in besides(evidence) for row in _rows(evidence, beside))


def _rows(evidence: Evidence, beside: Beside) -> Iterator[Row]:
    slow = {(step.number, step.run): usual for step, _, usual in slower(beside)}
    steps = () if isinstance(beside.job.steps, Gap) else beside.job.steps
    failed = {(step.number, step.run) for step in failed_steps(beside.job)}
    for step in steps:
        key = (step.number, step.run)
        if key not in failed and key not in slow:
            continue
        seconds = took(step)
        usual = slow.get(key) or max(
            (one for one in map(took, same_steps(beside.green, step)) if one is not None), default=None
        )
        cells: dict[str, Cell] = {
            "pipeline": beside.pipeline.number,
            "job": beside.job.name,
            "step": step.name,
            "status": step.status,
            "failed": key in failed,
            "green_pipeline": beside.green_pipeline.number,
            "green_branch": beside.green_pipeline.branch,
            "seconds": None if seconds is None else int(seconds),
            "usual": None if usual is None else int(usual),
            "slower": key in slow,
        }
        where = views.resource(
            f"{beside.green.name} of pipeline {beside.green_pipeline.number}", "green", beside.green.url
        )
        yield Row(cells=cells, at=step.started_at, until=step.ended_at, where=(where,))
