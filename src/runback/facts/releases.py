"""Which commit made a droplet or a revision, where no label tells: the deploy job that ran at that time."""

from __future__ import annotations

from datetime import datetime

from runback.facts.running import SLACK, deploy_job
from runback.facts.views import pipelines
from runback.model import Evidence, Gap, Revision


def commit_of(evidence: Evidence, revision: Revision) -> str | None:
    """The commit whose deploy job made the revision; None where no job that was read ran at that time."""
    made_by = job_at(evidence, revision.created_at)
    return made_by[0] if made_by else None


def job_at(evidence: Evidence, at: datetime) -> tuple[str, datetime] | None:
    """The commit of the deploy job that ran at this time, and when the job began."""
    found = pipelines(evidence)
    for pipeline in () if isinstance(found, Gap) else found:
        job = deploy_job(evidence, pipeline)
        if job is None or job.started_at is None or pipeline.sha is None:
            continue
        ended = job.stopped_at or evidence.collected_at
        if job.started_at - SLACK <= at <= ended + SLACK:
            return pipeline.sha, job.started_at
    return None
