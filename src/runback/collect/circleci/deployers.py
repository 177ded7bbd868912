"""Whose pipeline made what runs, where it is none of the branch's own: asked after the platform answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from runback.collect.circleci.api import Api
from runback.collect.circleci.choose import deploys, ran
from runback.collect.circleci.reading import Reading, jobs_of
from runback.collect.circleci.words import web
from runback.collect.interface import Collected, Progress
from runback.config import CircleAccess
from runback.http import Client
from runback.model import App, Ci, Droplet, Gap, Pipeline, Platform, Target

LONGEST = timedelta(hours=5)  # that a job may run, and so lie between a pipeline and what it deploys
MOST = 6  # pipelines that are asked
SLACK = timedelta(minutes=2)  # between the clocks of CI and platform


def with_deployers(
    collected: Collected[Ci],
    platform: Platform | Gap,
    target: Target,
    access: CircleAccess,
    client: Client,
    progress: Progress,
) -> Collected[Ci]:
    """The pipelines with the workflows of those, until now only listed, that may have deployed the apps.

    Nothing is asked where a pipeline that was read explains each app.
    """
    ci = collected.part
    if isinstance(ci, Gap) or isinstance(ci.pipelines, Gap) or isinstance(platform, Gap):
        return collected
    named = tuple(_wanted(ci.pipelines, platform, target))
    wanted = named[:MOST]
    if not wanted:
        return collected
    progress(f"CircleCI: {len(wanted)} pipelines of other branches")
    reading = Reading(Api(client, access, ci.project), web(access.host, ci.project))
    filled = {one.id: one for one in reading.filled(wanted)}
    pipelines = tuple(filled.get(one.id, one) for one in ci.pipelines)
    limits = collected.limits
    if len(named) > MOST:
        reason = f"{MOST} were asked, {len(named) - MOST} more were not"
        limits += (Gap(what="pipelines that may have deployed the apps", reason=reason),)
    return replace(collected, part=msgspec.structs.replace(ci, pipelines=pipelines), limits=limits)


def _wanted(pipelines: Sequence[Pipeline], platform: Platform, target: Target) -> Iterator[Pipeline]:
    """Each once: those of the commits that apps claim to run, else those in whose time a droplet was made."""
    apps = () if isinstance(platform.apps, Gap) else platform.apps
    listed = [one for one in pipelines if isinstance(one.workflows, Gap)]
    asked: set[str] = set()
    for app in apps:
        if app.role != "target" or not isinstance(app.droplet, Droplet):
            continue
        if _explained(pipelines, app, app.droplet.created_at, target):
            continue
        for one in _of_commit(listed, app) or _of_time(listed, app.droplet.created_at):
            if one.id not in asked:
                asked.add(one.id)
                yield one


def _explained(pipelines: Sequence[Pipeline], app: App, at: datetime, target: Target) -> bool:
    """Whether a deploy job that was read ran when the droplet was made, for the commit that it claims."""
    return any(
        deploys(job.name, target) and ran(job) and _within(job.started_at, job.stopped_at, at)
        for one in pipelines
        for job in jobs_of(one)
        if app.commit is None or _same(one.sha, app.commit)
    )


def _of_commit(listed: Sequence[Pipeline], app: App) -> list[Pipeline]:
    return [one for one in listed if app.commit is not None and _same(one.sha, app.commit)]


def _of_time(listed: Sequence[Pipeline], at: datetime) -> list[Pipeline]:
    """The nearest first."""
    near = [one for one in listed if one.created_at - SLACK <= at <= one.created_at + LONGEST]
    return sorted(near, key=lambda one: at - one.created_at)


def _same(sha: str | None, commit: str) -> bool:
    return bool(sha) and (sha or "").lower().startswith(commit.lower())


def _within(started: datetime | None, stopped: datetime | None, at: datetime) -> bool:
    if started is None or at < started - SLACK:
        return False
    return stopped is None or at <= stopped + SLACK
