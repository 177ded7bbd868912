"""Which commit each app runs, and what lies between it and the branch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from runback.facts import views
from runback.facts.pipeline import group_of, outcome_of
from runback.facts.revisions import rolled_back_to
from runback.model import (
    App,
    Cell,
    Confidence,
    Droplet,
    Evidence,
    Gap,
    Job,
    Pipeline,
    Repository,
    Row,
    Table,
    Tables,
    Where,
)

SLACK = timedelta(minutes=2)  # between the clocks of CI and platform
# Ended, or nothing of it will deploy before somebody acts.
ENDED = ("success", "failed", "canceled", "unauthorized", "not_run", "none", "on_hold")


class Running(NamedTuple):
    """The commit that an app runs, how that is known, and the pipeline that brought it."""

    commit: str
    source: str
    confidence: Confidence
    where: Where
    pipeline: int | None = None


def live(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    apps, found = views.apps(evidence), views.pipelines(evidence)
    if isinstance(apps, Gap):
        return apps
    own = [app for app in apps if views.belongs(evidence, app)]
    head = head_of(evidence)
    return tuple(_row(evidence, app, found, head, tables["deploy.calls"]) for app in own)


def head_of(evidence: Evidence) -> str | Gap:
    """The head of the target's branch: from the repository, else the commit of the newest pipeline."""
    repository = evidence.repository
    if isinstance(repository, Repository) and repository.head:
        return repository.head
    found = views.pipelines(evidence)
    if not isinstance(found, Gap) and found and found[0].sha:
        return found[0].sha
    if isinstance(repository, Gap):
        return repository
    return Gap(
        what="head of the branch", reason="neither the repository nor a pipeline of the branch was read"
    )


def _row(
    evidence: Evidence,
    app: App,
    found: tuple[Pipeline, ...] | Gap,
    head: str | Gap,
    calls: Table | Gap,
) -> Row:
    running = running_commit(evidence, app, found, calls)
    repository = evidence.repository
    commits = repository.commits if isinstance(repository, Repository) else ()
    subject = {} if isinstance(commits, Gap) else {commit.sha: commit.subject for commit in commits}
    commit: Cell = running.commit if isinstance(running, Running) else running
    behind = _behind(evidence, commit, head)
    return Row(
        cells={
            "app": app.name,
            "commit": commit,
            "short": commit[:8] if isinstance(commit, str) else commit,
            "source": running.source if isinstance(running, Running) else running,
            "pipeline": running.pipeline if isinstance(running, Running) else running,
            "branch": evidence.target.branch
            or (repository.branch if isinstance(repository, Repository) else None),
            "head": head,
            "subject": subject.get(head) if isinstance(head, str) else None,
            "behind": behind,
            "lag": _lag(behind),
            "stale": _stale(commit, head, found),
            "rolled_back_to": rolled_back_to(app),
        },
        app=app.name,
        confidence=running.confidence if isinstance(running, Running) else None,
        where=(running.where,) if isinstance(running, Running) else (),
    )


def running_commit(
    evidence: Evidence, app: App, found: tuple[Pipeline, ...] | Gap, calls: Table | Gap
) -> Running | Gap:
    """From a label of droplet or app, else from the deploy job in whose time the droplet was made."""
    droplet = app.droplet if isinstance(app.droplet, Droplet) else None
    label = (droplet.commit if droplet else None) or app.commit
    if label:
        return Running(
            label, "label", "high", views.resource(f"droplet of {app.name}", f"commit {label[:12]}")
        )
    what = f"the commit that {app.name} runs"
    if droplet is None:
        return app.droplet if isinstance(app.droplet, Gap) else Gap(what=what, reason="it has no droplet")
    if isinstance(found, Gap):
        return found
    failed = _failed_pushes(calls, app.name)
    for pipeline in found:
        job = deploy_job(evidence, pipeline)
        if job is None or pipeline.sha is None or pipeline.number in failed:
            continue
        if _within(job, droplet.created_at):
            return _by_job(pipeline, job, app, "medium")
        # A restage by a job whose push failed makes a new droplet of the old code.
        if failed and _ended_well(job) and job.started_at and job.started_at < droplet.created_at:
            return _by_job(pipeline, job, app, "medium")
    return Gap(what=what, reason=f"none of the {len(found)} pipelines read made its droplet")


def _by_job(pipeline: Pipeline, job: Job, app: App, confidence: Confidence) -> Running:
    where = views.resource(
        f"{job.name} of pipeline {pipeline.number}", f"made the droplet of {app.name}", job.url
    )
    return Running(
        str(pipeline.sha), "the deploy job that made the droplet", confidence, where, pipeline.number
    )


def deploy_job(evidence: Evidence, pipeline: Pipeline) -> Job | None:
    """The job of the pipeline that deploys the environment, where it ran."""
    pairs = views.jobs(pipeline)
    found = [] if isinstance(pairs, Gap) else [job for _, job in pairs if views.deploys(evidence, job)]
    return next((job for job in found if job.started_at is not None), None)


def _ended_well(job: Job) -> bool:
    return group_of(job.status) == "passed"


def _within(job: Job, at: datetime) -> bool:
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


def _behind(evidence: Evidence, commit: Cell, head: str | Gap) -> Cell:
    """How many commits of the branch the app lacks."""
    if isinstance(commit, Gap) or isinstance(head, Gap):
        return commit if isinstance(commit, Gap) else head
    repository = evidence.repository
    commits = repository.commits if isinstance(repository, Repository) else ()
    if isinstance(commits, Gap):
        return commits
    order = [one.sha for one in commits]
    if commit == head:
        return 0
    if commit in order and head in order:
        return max(0, order.index(str(commit)) - order.index(head))
    return Gap(what="commits between", reason=f"{str(commit)[:12]} is not among the commits that were read")


def _lag(behind: Cell) -> Cell:
    """The distance in words: '1 commit', '2 commits'."""
    return f"{behind} commit{'' if behind == 1 else 's'}" if isinstance(behind, int) else behind


def _stale(commit: Cell, head: str | Gap, found: tuple[Pipeline, ...] | Gap) -> Cell:
    if isinstance(commit, Gap) or isinstance(head, Gap):
        return commit if isinstance(commit, Gap) else head
    if commit == head:
        return False
    if isinstance(found, Gap):
        return True
    pipeline = next((pipeline for pipeline in found if pipeline.sha == head), None)
    if pipeline is None:
        return True
    outcome = outcome_of(pipeline)
    return outcome if isinstance(outcome, Gap) else outcome in ENDED
