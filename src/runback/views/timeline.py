"""The timeline: what happened in CI and to the apps while it went wrong, and how things stood before."""

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
    LogRate,
    Moment,
    Pipeline,
    Symptom,
    Timeline,
)

CI = "CI"
REACH = timedelta(hours=24)  # what lies further back stands as 'before'
SHORTEST = timedelta(minutes=10)
BEFORE = 0.04  # of the span: air before the first moment
SPANS = 48  # of the log rate
_GROUPS: dict[str, Health] = {"passed": "good", "failed": "bad"}
_OUTCOMES: dict[str, Health] = {"success": "good", "failed": "bad"}
_REASONS: dict[str, Health] = {"DEPLOYED": "good", "CANCELED": "bad"}


def timeline(evidence: Evidence, findings: Iterable[Finding], symptoms: Iterable[Symptom]) -> Timeline | None:
    """The moments of the last day that bear on it; `None` where nothing is known to have happened then."""
    moments = [*_pipelines(evidence), *_apps(evidence)]
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


def _builds(app: App) -> Iterator[Moment]:
    for build in () if isinstance(app.builds, Gap) else app.builds:
        if build.state == "FAILED":
            yield Moment(
                lane=app.name, kind="build", title="staging failed", health="bad", at=build.created_at
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
