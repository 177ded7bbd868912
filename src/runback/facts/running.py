"""Which commit an app runs, how that is known, and which pipeline brought it.

What a label says is believed unless something shows that its push never came to run: then, and where there
is no label, the deploy job in whose time the running droplet was made tells the commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from runback.facts import views
from runback.facts.pipeline import group_of
from runback.model import (
    App,
    Build,
    Commit,
    Confidence,
    Deployment,
    Droplet,
    Evidence,
    Gap,
    Job,
    Pipeline,
    Repository,
    Table,
    Where,
)

SLACK = timedelta(minutes=2)  # between the clocks of CI and platform


class Running(NamedTuple):
    """The commit that an app runs, how that is known, and the pipeline that brought it."""

    commit: str
    source: str
    confidence: Confidence
    where: Where
    pipeline: Pipeline | None = None
    doubt: str = ""  # why another claim was not believed


class Made(NamedTuple):
    """The droplet that serves: during a deployment that does not come up, the one before."""

    guid: str
    at: datetime


def running_commit(
    evidence: Evidence, app: App, found: tuple[Pipeline, ...] | Gap, calls: Table | Gap
) -> Running | Gap:
    """The commit that the app runs, or why that cannot be told."""
    made = serving(app)
    if made is None and app.commit is None:
        what = f"the commit that {app.name} runs"
        return app.droplet if isinstance(app.droplet, Gap) else Gap(what=what, reason="it has no droplet")
    pipelines = () if isinstance(found, Gap) else found
    failed = _failed_pushes(calls, app.name)
    claimed, doubt = _claim(app), ""
    if claimed is not None:
        doubt = _doubt(evidence, app, claimed[0], made, pipelines, failed)
        if not doubt:
            return _by_claim(evidence, app, *claimed, made, pipelines)
    if isinstance(found, Gap):
        return found
    if made is not None and (guess := _by_time(evidence, app, made, pipelines, failed)) is not None:
        return guess._replace(doubt=doubt)
    return Gap(what=f"the commit that {app.name} runs", reason=doubt or _nobody(app, made, pipelines))


def serving(app: App) -> Made | None:
    """The droplet whose instances answer."""
    if not isinstance(app.droplet, Droplet):
        return None
    newest = newest_deployment(app)
    under_way = newest is not None and newest.status == "ACTIVE" and newest.last_healthcheck is None
    if newest is not None and under_way and newest.previous_droplet not in (None, app.droplet.guid):
        before = _build_of(app, newest.previous_droplet)
        if before is not None:
            return Made(str(newest.previous_droplet), before.created_at)
    return Made(app.droplet.guid, app.droplet.created_at)


def newest_deployment(app: App) -> Deployment | None:
    found = () if isinstance(app.deployments, Gap) else app.deployments
    return max(found, key=lambda one: one.created_at, default=None)


def deploy_job(evidence: Evidence, pipeline: Pipeline) -> Job | None:
    """The job of the pipeline that deploys the environment, where it ran."""
    pairs = views.jobs(pipeline)
    found = [] if isinstance(pairs, Gap) else [job for _, job in pairs if views.deploys(evidence, job)]
    return next((job for job in found if job.started_at is not None), None)


def same(sha: str | None, commit: str) -> bool:
    """Whether a label, which may be shortened, names this commit."""
    return bool(sha) and (str(sha).startswith(commit) or commit.startswith(str(sha)))


# --- what is claimed ------------------------------------------------------------------------------


def _claim(app: App) -> tuple[str, str] | None:
    """The claimed commit and where it is claimed; a droplet's own label cannot outlive its droplet."""
    if isinstance(app.droplet, Droplet) and app.droplet.commit:
        return app.droplet.commit, "label of the droplet"
    return (app.commit, app.commit_source or "label") if app.commit else None


def _doubt(
    evidence: Evidence,
    app: App,
    commit: str,
    made: Made | None,
    pipelines: tuple[Pipeline, ...],
    failed: set[int],
) -> str:
    """Why the claim cannot be true; '' where nothing speaks against it."""
    named = f"it is labelled {commit[:8]}"
    for number in sorted(failed):
        if any(one.number == number and same(one.sha, commit) for one in pipelines):
            return f"{named}, but the push of pipeline {number} failed"
    if made is None:
        return ""
    if isinstance(app.droplet, Droplet) and made.guid != app.droplet.guid:
        return f"{named}, but no instance of its deployment has come up yet"
    if isinstance(app.droplet, Droplet) and app.droplet.commit:
        return ""
    known = _commit(evidence, commit)
    if known is not None:
        younger = known.at > made.at + SLACK
        said = "which is younger than its droplet: the push that set the label did not get through"
        return f"{named}, {said}" if younger else ""
    brought = [one.created_at for one in pipelines if same(one.sha, commit)]
    if brought and min(brought) > made.at + SLACK:
        return f"{named}, whose first pipeline is younger than its droplet: that push did not get through"
    return ""


def _by_claim(
    evidence: Evidence,
    app: App,
    commit: str,
    source: str,
    made: Made | None,
    pipelines: tuple[Pipeline, ...],
) -> Running:
    whole = next((str(one.sha) for one in pipelines if same(one.sha, commit)), None)
    whole = whole or next((one.sha for one in _commits(evidence) if same(one.sha, commit)), commit)
    of_it = [one for one in pipelines if same(one.sha, commit)]
    pipeline = next((one for one in of_it if made and _made_by(evidence, one, made.at)), None)
    if pipeline is None:
        pipeline = next((one for one in of_it if _deployed(evidence, one)), None)
    what = "droplet" if "droplet" in source else source.split(" ")[0]
    where = views.resource(f"{what} of {app.name}", f"commit {commit[:12]}")
    return Running(whole, source, "high", where, pipeline)


# --- what the times say ---------------------------------------------------------------------------


def _by_time(
    evidence: Evidence, app: App, made: Made, pipelines: tuple[Pipeline, ...], failed: set[int]
) -> Running | None:
    for pipeline in pipelines:
        job = deploy_job(evidence, pipeline)
        if job is None or pipeline.sha is None or pipeline.number in failed:
            continue
        # A restage by a job whose push failed makes a new droplet of the old code.
        restaged = failed and _ended_well(job) and job.started_at and job.started_at < made.at
        if within(job, made.at) or restaged:
            return _by_job(evidence, app, made, pipeline, job, pipelines)
    return None


def _by_job(
    evidence: Evidence,
    app: App,
    made: Made,
    pipeline: Pipeline,
    job: Job,
    pipelines: tuple[Pipeline, ...],
) -> Running:
    """By time alone it is a guess; by time and by CI's own user it is a good one."""
    build = _build_of(app, made.guid)
    who = build.actor if build else ""
    others = set(_ci_users(evidence, app, pipelines))
    source, confidence = "the deploy job that made the droplet", "medium"
    if who and others and who not in others:
        source, confidence = f"the time of a deploy job, though {who} pushed", "low"
    where = views.resource(
        f"{job.name} of pipeline {pipeline.number}", f"made the droplet of {app.name}", job.url
    )
    return Running(str(pipeline.sha), source, "low" if confidence == "low" else "medium", where, pipeline)


def _ci_users(evidence: Evidence, app: App, pipelines: tuple[Pipeline, ...]) -> Iterator[str]:
    """Who made droplets in the time of deploy jobs, the running one apart."""
    running = serving(app)
    for build in () if isinstance(app.builds, Gap) else app.builds:
        other = running is None or build.droplet != running.guid
        if other and build.actor and any(_made_by(evidence, one, build.created_at) for one in pipelines):
            yield build.actor


def _nobody(app: App, made: Made | None, pipelines: tuple[Pipeline, ...]) -> str:
    reason = f"none of the {len(pipelines)} pipelines read made its droplet"
    build = _build_of(app, made.guid) if made else None
    return f"{reason}; {build.actor} pushed it" if build and build.actor else reason


def _build_of(app: App, droplet: str | None) -> Build | None:
    found = () if isinstance(app.builds, Gap) else app.builds
    return next((one for one in found if droplet and one.droplet == droplet), None)


def _deployed(evidence: Evidence, pipeline: Pipeline) -> bool:
    job = deploy_job(evidence, pipeline)
    return job is not None and _ended_well(job)


def _made_by(evidence: Evidence, pipeline: Pipeline, at: datetime) -> bool:
    job = deploy_job(evidence, pipeline)
    return job is not None and within(job, at)


def _ended_well(job: Job) -> bool:
    return group_of(job.status) == "passed"


def within(job: Job, at: datetime) -> bool:
    """Whether the job ran at that time."""
    if job.started_at is None or at < job.started_at - SLACK:
        return False
    return job.stopped_at is None or at <= job.stopped_at + SLACK


def _failed_pushes(calls: Table | Gap, app: str) -> set[int]:
    """Numbers of the pipelines whose push of the app failed."""
    if isinstance(calls, Gap):
        return set()
    return {
        int(str(row.cells["pipeline"]))
        for row in calls.rows
        if row.cells["verb"] == "push"
        and row.cells["app"] == app
        and row.cells["result"] == "failed"
        and not row.cells["recovered"]
    }


def _commit(evidence: Evidence, sha: str) -> Commit | None:
    return next((one for one in _commits(evidence) if same(one.sha, sha)), None)


def _commits(evidence: Evidence) -> tuple[Commit, ...]:
    repository = evidence.repository
    commits = repository.commits if isinstance(repository, Repository) else ()
    return () if isinstance(commits, Gap) else commits
