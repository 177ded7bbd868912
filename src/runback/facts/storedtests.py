"""Failed tests as the job's stored results name them."""

from __future__ import annotations

from runback.facts import views
from runback.facts.pipeline import group_of, newest_jobs
from runback.model import Evidence, Gap, Job, Row, Tables, TestCase, Where

SHOWN = 5  # tests that are named
BAD = ("failure", "failed", "error")


def tests(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    """The table `ci.tests`: a row for each job of the newest pipeline whose results hold a failed test."""
    jobs = newest_jobs(evidence)
    if isinstance(jobs, Gap):
        return jobs
    rows = []
    for pipeline, _, job in jobs:
        known = () if isinstance(job.tests, Gap) else job.tests
        bad = [test for test in known if test.result in BAD]
        if not bad or group_of(job.status) == "passed":
            continue
        first = bad[0]
        name = f"{first.classname}::{first.name}" if first.classname else first.name
        said = next((line.strip() for line in first.message.splitlines() if line.strip()), "")
        rows.append(
            Row(
                cells={
                    "pipeline": pipeline.number,
                    "job": job.name,
                    "failed": len(bad),
                    "total": len(known),
                    "test": name,
                    "file": first.file,
                    "message": said[:300] or None,
                },
                at=job.started_at,
                until=job.stopped_at,
                where=tuple(_place(job, test) for test in bad[:SHOWN]),
            )
        )
    return tuple(rows)


def _place(job: Job, test: TestCase) -> Where:
    said = f"{test.classname} {test.name}: {test.message[:200]}".strip()
    return views.resource(f"test results of {job.name}", said, job.url)
