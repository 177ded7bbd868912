"""Failed tests that are known to fail and pass without a change: by CircleCI's insights, and by reruns."""

from __future__ import annotations

from collections.abc import Iterator

from runback.facts import views
from runback.facts.pipeline import FAILED as STEP_FAILED
from runback.facts.pipeline import group_of, newest_jobs, step_log
from runback.logs.sift import sifted
from runback.model import Ci, Evidence, FlakyTest, Gap, Job, Pipeline, Row, Tables, TestCase, Where, Workflow

FAILED = ("failure", "failed", "error")


def flaky(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    """The table `ci.flaky`: a row for each failed test of the newest pipeline that is known to be flaky."""
    jobs = newest_jobs(evidence)
    if isinstance(jobs, Gap):
        return jobs
    ci = evidence.ci
    if not isinstance(ci, Ci):
        return ()
    failed = [(pipeline, job) for pipeline, _, job in jobs if group_of(job.status) == "failed"]
    rows = [row for pipeline, job in failed for row in _of_job(evidence, ci, pipeline, job)]
    if not rows and failed and isinstance(ci.flaky, Gap):
        return ci.flaky
    return tuple(rows)


def _of_job(evidence: Evidence, ci: Ci, pipeline: Pipeline, job: Job) -> Iterator[Row]:
    tests = () if isinstance(job.tests, Gap) else job.tests
    failing = [test for test in tests if test.result in FAILED]
    known = () if ci.flaky is None or isinstance(ci.flaky, Gap) else ci.flaky
    runs, made_good = _history(ci, job.name)
    found = []
    for test in failing:
        insight = next((one for one in known if _is(one, test, job)), None)
        times = sum(any(_same(one, test) for one in _failed_tests(run)) for run in made_good)
        if insight or times:
            found.append((test, insight, times))
    known_all = len(found) == len(failing)
    for test, insight, times in found:
        yield _row(evidence, pipeline, job, test, insight, times, runs, all_of_them=known_all)


def _place(evidence: Evidence, pipeline: Pipeline, job: Job, test: TestCase) -> Where:
    """Where the output names the test; else the job."""
    for step in () if isinstance(job.steps, Gap) else job.steps:
        log = step_log(evidence, step) if step.status in STEP_FAILED else None
        for number, line in sifted(log.text, (test.name.encode(),)) if log and test.name else ():
            if log and test.name in line:
                return views.at_line(log, number, line)
    return views.resource(f"{job.name} of pipeline {pipeline.number}", test.message.strip()[:300], job.url)


def _row(
    evidence: Evidence,
    pipeline: Pipeline,
    job: Job,
    test: TestCase,
    insight: FlakyTest | None,
    times: int,
    runs: int,
    *,
    all_of_them: bool,
) -> Row:
    seen = f"in {times} of the last {runs} runs of {job.name}" if times else ""
    insights = f"{insight.times} times in two weeks by CircleCI's insights" if insight else ""
    return Row(
        cells={
            "pipeline": pipeline.number,
            "job": job.name,
            "test": f"{test.classname}::{test.name}" if test.classname else test.name,
            "file": test.file,
            "times": insight.times if insight else times,
            "runs": runs or None,
            "rate": " and ".join(one for one in (insights, seen) if one),
            "source": "insights" if insight else "reruns",
            "only": all_of_them,
        },
        at=job.started_at,
        until=job.stopped_at,
        where=(_place(evidence, pipeline, job, test),),
    )


def _history(ci: Ci, name: str) -> tuple[int, list[Job]]:
    """How many runs of the job older pipelines had, and those that a rerun on the same commit made good."""
    pipelines = () if isinstance(ci.pipelines, Gap) else ci.pipelines[1:]
    count, found = 0, []
    for pipeline in pipelines:
        ended = [job for job in _jobs(pipeline) if group_of(job.status) in ("passed", "failed")]
        runs = [job for job in ended if job.name == name]
        count += len(runs)
        if any(group_of(job.status) == "passed" for job in runs):
            found += [job for job in runs if group_of(job.status) == "failed"]
    return count, found


def _jobs(pipeline: Pipeline) -> list[Job]:
    """Of all runs of its workflows."""
    flows: tuple[Workflow, ...] = () if isinstance(pipeline.workflows, Gap) else pipeline.workflows
    return [job for flow in flows if not isinstance(flow.jobs, Gap) for job in flow.jobs]


def _failed_tests(job: Job) -> list[TestCase]:
    return [] if isinstance(job.tests, Gap) else [test for test in job.tests if test.result in FAILED]


def _same(one: TestCase, other: TestCase) -> bool:
    return (one.classname, one.name) == (other.classname, other.name)


def _is(known: FlakyTest, test: TestCase, job: Job) -> bool:
    return (
        known.name == test.name
        and (not known.classname or not test.classname or known.classname == test.classname)
        and known.job in ("", job.name)
    )
