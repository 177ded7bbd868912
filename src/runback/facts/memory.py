"""How much memory a job used of what it may, where a process of it was killed and CircleCI tells."""

from __future__ import annotations

from runback.facts import views
from runback.facts.pipeline import newest_jobs
from runback.model import Cell, Evidence, Gap, Job, Pipeline, Row, Tables

KILLED = 137  # 128 + SIGKILL
FULL = 0.95  # of the limit: samples are seconds apart, so the very peak is missed


def memory(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    """The table `ci.memory`: a row for each step of the newest pipeline that was killed."""
    jobs = newest_jobs(evidence)
    if isinstance(jobs, Gap):
        return jobs
    return tuple(row for pipeline, _, job in jobs for row in _rows(pipeline, job))


def _rows(pipeline: Pipeline, job: Job) -> list[Row]:
    steps = () if isinstance(job.steps, Gap) else job.steps
    use = job.memory
    unasked = Gap(what=f"the memory of {job.name}", reason="it was not asked for")
    unknown = use if isinstance(use, Gap) else unasked
    rows = []
    for step in steps:
        if step.exit_code != KILLED or step.background:
            continue
        cells: dict[str, Cell] = {
            "pipeline": pipeline.number,
            "job": job.name,
            "step": step.name,
            "resource_class": job.resource_class,
            "peak_mb": unknown,
            "limit_mb": unknown,
            "full": unknown,
        }
        where = views.resource(f"{job.name} of pipeline {pipeline.number}", job.status, job.url)
        if use is not None and not isinstance(use, Gap):
            cells |= {
                "peak_mb": use.peak >> 20,
                "limit_mb": use.limit >> 20,
                "full": use.peak >= FULL * use.limit,
            }
            said = f"{use.peak >> 20} of {use.limit >> 20} MB used"
            where = views.resource(f"memory of {job.name}", said, job.url)
        log = step.log if isinstance(step.log, str) else None
        rows.append(Row(cells={**cells, "log": log}, at=step.started_at, until=step.ended_at, where=(where,)))
    return rows
