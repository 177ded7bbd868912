"""The timeline: what happened in CI and to the apps while it went wrong, and how things stood before.

CI's jobs and failing steps, staging, deployments, revisions, crashes, tasks, what people did, what the
platform moved, and what the logs add to it (`logmoments`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from runback.facts import views
from runback.facts.events import crash_events
from runback.facts.pipeline import group_of, outcome_of
from runback.model import (
    App,
    Evidence,
    Finding,
    Gap,
    Health,
    Job,
    LogRate,
    Moment,
    Pipeline,
    Symptom,
    Tables,
    Timeline,
)
from runback.views.logmoments import seen_in_logs

CI = "CI"
REACH = timedelta(hours=24)  # what lies further back stands as 'before'
SHORTEST = timedelta(minutes=10)
BEFORE = 0.04  # of the span: air before the first moment
SPANS = 48  # of the log rate
_GROUPS: dict[str, Health] = {"passed": "good", "failed": "bad"}
_OUTCOMES: dict[str, Health] = {"success": "good", "failed": "bad"}
_REASONS: dict[str, Health] = {"DEPLOYED": "good", "CANCELED": "bad"}


def timeline(
    evidence: Evidence, tables: Tables, findings: Iterable[Finding], symptoms: Iterable[Symptom]
) -> Timeline | None:
    """The moments of the last day that bear on it; `None` where nothing is known to have happened then."""
    moments = [*_pipelines(evidence), *_apps(evidence), *seen_in_logs(evidence, tables)]
    times = [finding.at for finding in findings] + [symptom.at for symptom in symptoms]
    seen = [at for at in times if at is not None]
    since = _since(evidence.collected_at, moments, seen)
    shown = tuple(sorted(_within(moments, since), key=lambda moment: (moment.at, moment.title)))
    rates = tuple(_rates(evidence, since))
    if not rates and all((moment.until or moment.at) < since for moment in shown):
        return None
    return Timeline(
        since=since,
        until=evidence.collected_at,
        moments=shown,
        rates=rates,
    )


def _since(now: datetime, moments: Sequence[Moment], seen: Sequence[datetime]) -> datetime:
    """The beginning of the newest run of events: the first moment of the last day."""
    recent = [at for at in (*(moment.at for moment in moments), *seen) if now - at <= REACH]
    first = min(recent, default=now - REACH)
    span = max(now - first, SHORTEST)
    return now - span * (1 + BEFORE)


def _within(moments: Iterable[Moment], since: datetime) -> Iterator[Moment]:
    """What touches the span, and of each lane the last thing before it."""
    last: dict[str, Moment] = {}
    for moment in moments:
        if (moment.until or moment.at) >= since:
            yield moment
        elif moment.kind in ("pipeline", "revision"):
            known = last.get(moment.lane)
            if known is None or moment.at > known.at:
                last[moment.lane] = moment
    yield from last.values()


def _pipelines(evidence: Evidence) -> Iterator[Moment]:
    """The newest pipeline that ran anything, with its jobs; of the older ones only how they ended."""
    found = views.pipelines(evidence)
    ran = [] if isinstance(found, Gap) else [one for one in found if not isinstance(one.workflows, Gap)]
    for pipeline in ran:
        yield _pipeline(pipeline)
    pairs = views.jobs(ran[0]) if ran else ()
    for _, job in () if isinstance(pairs, Gap) else pairs:
        if job.started_at is not None:
            yield Moment(
                lane=CI,
                kind="job",
                title=job.name if group_of(job.status) == "passed" else f"{job.name}: {job.status}",
                health=_GROUPS.get(group_of(job.status), "unknown"),
                at=job.started_at,
                until=job.stopped_at or evidence.collected_at,
                url=job.url,
            )
            yield from _failed_steps(job)


def _failed_steps(job: Job) -> Iterator[Moment]:
    for step in () if isinstance(job.steps, Gap) else job.steps:
        if step.status in ("failed", "timedout", "infrastructure_fail") and step.started_at is not None:
            yield Moment(
                lane=CI,
                kind="step",
                title=f"{job.name}, step '{step.name}': {step.status}",
                health="bad",
                at=step.ended_at or step.started_at,
                url=job.url,
            )


def _pipeline(pipeline: Pipeline) -> Moment:
    outcome = outcome_of(pipeline)
    workflows = () if isinstance(pipeline.workflows, Gap) else pipeline.workflows
    ended = [workflow.stopped_at for workflow in workflows if workflow.stopped_at]
    said = "its outcome is unknown" if isinstance(outcome, Gap) else outcome
    return Moment(
        lane=CI,
        kind="pipeline",
        title=f"pipeline {pipeline.number}: {said}",
        health="unknown" if isinstance(outcome, Gap) else _OUTCOMES.get(outcome, "unknown"),
        at=pipeline.created_at,
        until=max(ended, default=None),
        url=pipeline.url,
    )


def _apps(evidence: Evidence) -> Iterator[Moment]:
    apps = views.apps(evidence)
    for app in () if isinstance(apps, Gap) else apps:
        yield from _builds(app)
        yield from _deployments(app, evidence.collected_at)
        yield from _revisions(app)
        yield from _crashes(app)
        yield from _tasks(app, evidence.collected_at)
        yield from _events(app)


_BUILDS: dict[str, tuple[str, Health]] = {
    "FAILED": ("staging failed", "bad"),
    "STAGED": ("staged", "good"),
    "STAGING": ("staging", "unknown"),
}


def _builds(app: App) -> Iterator[Moment]:
    for build in () if isinstance(app.builds, Gap) else app.builds:
        title, health = _BUILDS.get(build.state, (f"build {build.state.lower()}", "unknown"))
        yield Moment(lane=app.name, kind="build", title=title, health=health, at=build.created_at)


def _tasks(app: App, now: datetime) -> Iterator[Moment]:
    for task in () if isinstance(app.tasks, Gap) else app.tasks:
        failed = task.state == "FAILED"
        yield Moment(
            lane=app.name,
            kind="task",
            title=f"task {task.name}: {task.reason if failed and task.reason else task.state.lower()}",
            health="bad" if failed else "good",
            at=task.created_at,
            until=task.ended_at or now,
        )


# What people and the platform did to an app; reading it writes events too, and these are nobody's change.
_DONE: dict[str, str] = {
    "audit.app.start": "started",
    "audit.app.stop": "stopped",
    "audit.app.restart": "restarted",
    "audit.app.process.scale": "scaled",
    "audit.app.map-route": "route mapped",
    "audit.app.unmap-route": "route taken away",
    "audit.app.deployment.cancel": "deployment cancelled",
    "audit.app.process.rescheduling": "the platform moves an instance",
    "audit.service_binding.create": "service bound",
    "audit.service_binding.delete": "service unbound",
}


def _events(app: App) -> Iterator[Moment]:
    for event in () if isinstance(app.events, Gap) else app.events:
        done = _DONE.get(event.type)
        if done is None:
            continue
        moved = event.type == "audit.app.process.rescheduling"
        instances = event.data.get("instances")
        to = f" to {instances}" if event.type.endswith(".scale") and isinstance(instances, int) else ""
        yield Moment(
            lane=app.name,
            kind="cell" if moved else "event",
            title=f"{done}{to}" + (f" by {event.actor}" if event.actor and not moved else ""),
            health="hurt" if event.type == "audit.app.stop" else "good",
            at=event.at,
        )


def _deployments(app: App, now: datetime) -> Iterator[Moment]:
    for one in () if isinstance(app.deployments, Gap) else app.deployments:
        ends = now if one.status == "ACTIVE" else one.updated_at or one.created_at
        title = f"{one.strategy} deployment: {one.reason.lower()}"
        yield Moment(
            lane=app.name,
            kind="deployment",
            title=title,
            health=_REASONS.get(one.reason, "hurt"),
            at=one.created_at,
            until=ends,
        )


def _revisions(app: App) -> Iterator[Moment]:
    for one in () if isinstance(app.revisions, Gap) else app.revisions:
        said = f"revision {one.version}" + (f": {one.description}" if one.description else "")
        yield Moment(lane=app.name, kind="revision", title=said.rstrip("."), health="good", at=one.created_at)


def _crashes(app: App) -> Iterator[Moment]:
    events = crash_events(app)
    for event in () if isinstance(events, Gap) else events:
        said = str(event.data.get("exit_description", "")) or "crashed"
        yield Moment(lane=app.name, kind="crash", title=said, health="bad", at=event.at)


def _rates(evidence: Evidence, since: datetime) -> Iterator[LogRate]:
    first, last = since.timestamp() * 1e9, evidence.collected_at.timestamp() * 1e9
    span = (last - first) / SPANS
    bounds = [first + index * span for index in range(SPANS)]
    counts: dict[str, list[int]] = {}
    for log in evidence.logs:
        if log.app is not None and log.times:
            times = sorted(log.times)  # they nearly are, so that this costs one pass
            below = [bisect_left(times, bound) for bound in bounds] + [bisect_right(times, last)]
            row = counts.setdefault(log.app, [0] * SPANS)
            counts[log.app] = [
                known + after - before for known, (before, after) in zip(row, pairwise(below), strict=True)
            ]
    for app, row in counts.items():
        if any(row):
            yield LogRate(app=app, first=since, seconds=span / 1e9, counts=tuple(row))
