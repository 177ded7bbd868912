"""What a failed job is compared with: its last green run, and the runs that show its tests to be flaky."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runback.collect.circleci import choose
from runback.collect.circleci.api import Api
from runback.collect.circleci.bodies import PipelineBody
from runback.collect.circleci.choose import GREEN
from runback.collect.circleci.reading import Reading, jobs_of
from runback.collect.circleci.steps import Read, read_baseline, read_tests
from runback.collect.interface import had
from runback.http import Later, gather, later
from runback.model import FlakyTest, Gap, Job, Pipeline, Workflow

BASES = 3  # pipelines of other branches that are looked at for a green run
COMPARED = 6  # failed jobs that are compared
RERUN = 3  # older failed runs, made good on the same commit, whose tests are read


class Compared(msgspec.Struct, frozen=True):
    """The failed jobs, each with the id of what it is compared with, and what was read for that."""

    reads: tuple[Read, ...]  # the failed and other jobs, then the green ones
    more: tuple[Pipeline, ...] = ()  # of other branches: they hold some of the green runs
    flaky: tuple[FlakyTest, ...] | Gap | None = None


def compare(
    reading: Reading,
    reads: dict[str, Later[Read]],
    failed: Sequence[Job],
    older: Sequence[Pipeline],
    others: Sequence[PipelineBody],
) -> Compared:
    """Waits for `reads` (by the ids of their jobs) and for the green runs of those that `failed`.

    `older` pipelines of the branch come first; those of `others` are asked only where they have no green run.
    """
    failed = failed[:COMPARED]
    api = reading.api
    flaky = later(had, "the flaky tests", lambda: _flaky(api)) if failed else None
    rerun = [later(read_tests, api, job) for job in _made_good(failed, older)]
    green = {job.id: choose.baseline(job, older) for job in failed}
    more: list[Pipeline] = []
    if any(base is None for base in green.values()):
        more = reading.deep(others[:BASES])
        green = {job.id: green[job.id] or choose.baseline(job, more) for job in failed}
    bases = {base.id: base for base in green.values() if base is not None and base.id not in reads}
    wanted = {base.id: job_id for job_id, base in reversed(green.items()) if base is not None}
    compared = gather(
        *((lambda b=base: read_baseline(api, b, reads[wanted[b.id]])) for base in bases.values())
    )
    found = [_with_base(one.result(), green, bases) for one in reads.values()]
    again = [one.result() for one in rerun]
    return Compared((*found, *compared, *again), tuple(more), flaky.result() if flaky else None)


def _with_base(read: Read, green: dict[str, Job | None], bases: dict[str, Job]) -> Read:
    base = green.get(read.job.id)
    if base is None or base.id not in bases:
        return read
    return Read(msgspec.structs.replace(read.job, baseline=base.id), read.logs)


def _made_good(failed: Sequence[Job], older: Sequence[Pipeline]) -> list[Job]:
    """Older failed runs of these jobs that a rerun on the same commit made good."""
    names = {job.name for job in failed}
    found = []
    for pipeline in older:
        runs = [job for job in jobs_of(pipeline) if job.name in names]
        good = {job.name for job in runs if job.status in GREEN}
        found += [
            job for job in runs if job.status == "failed" and job.name in good and job.number is not None
        ]
    return found[:RERUN]


def _flaky(api: Api) -> tuple[FlakyTest, ...]:
    return tuple(
        FlakyTest(
            name=one.test_name or "",
            classname=one.classname or "",
            file=one.file,
            job=one.job_name or "",
            times=one.times_flaked or 1,
        )
        for one in api.flaky()
    )


def failed_jobs(pipelines: Sequence[Pipeline]) -> list[Job]:
    """The jobs that failed in the last run of their workflow, or that run and may have a failed step."""
    flows: list[Workflow] = [flow for one in pipelines for flow in choose.latest(one)]
    return [
        job
        for flow in flows
        if not isinstance(flow.jobs, Gap)
        for job in flow.jobs
        if choose.ran(job) and job.status not in (*GREEN, "canceled", "retried")
    ]
