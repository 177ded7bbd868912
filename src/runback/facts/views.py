"""The evidence as fact tables ask for it: the parts that are there, or the `Gap` that says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

from runback.logs.sift import backwards
from runback.model import (
    App,
    Evidence,
    Gap,
    Job,
    Log,
    LogKind,
    Pipeline,
    Platform,
    Row,
    Table,
    Where,
    Workflow,
)

Part = TypeVar("Part")
Read: TypeAlias = tuple[Row, ...] | Table | Gap  # rows alone where all was had; who asked knows the name

PLATFORM_LOGS: tuple[LogKind, ...] = ("app", "sidecar", "task", "staging", "router", "cell", "health", "api")


def pipelines(evidence: Evidence) -> tuple[Pipeline, ...] | Gap:
    """Newest first; empty where the target has no CI."""
    if evidence.ci is None:
        return ()
    return evidence.ci if isinstance(evidence.ci, Gap) else evidence.ci.pipelines


def latest_workflows(pipeline: Pipeline) -> tuple[Workflow, ...] | Gap:
    """The last run of each workflow: a rerun is a new workflow of the same name and replaces the old one."""
    if isinstance(pipeline.workflows, Gap):
        return pipeline.workflows
    latest: dict[str, Workflow] = {}
    for workflow in pipeline.workflows:
        known = latest.get(workflow.name)
        if known is None or _created(workflow) > _created(known):
            latest[workflow.name] = workflow
    return tuple(latest.values())


def _created(workflow: Workflow) -> datetime:
    return workflow.created_at or datetime.min.replace(tzinfo=UTC)


def jobs(pipeline: Pipeline) -> tuple[tuple[Workflow, Job], ...] | Gap:
    """Each job of the pipeline's latest workflows; a `Gap` only where none of them could be read."""
    workflows = latest_workflows(pipeline)
    if isinstance(workflows, Gap):
        return workflows
    found, gap = [], None
    for workflow in workflows:
        if isinstance(workflow.jobs, Gap):
            gap = workflow.jobs
        else:
            found += [(workflow, job) for job in workflow.jobs]
    return gap if gap is not None and not found else tuple(found)


def unread_jobs(pipeline: Pipeline) -> tuple[Gap, ...]:
    """Why jobs of the pipeline's latest workflows are not known."""
    workflows = latest_workflows(pipeline)
    if isinstance(workflows, Gap):
        return (workflows,)
    return tuple(workflow.jobs for workflow in workflows if isinstance(workflow.jobs, Gap))


def deploys(evidence: Evidence, job: Job) -> bool:
    """Whether the job deploys the target's environment; without configuration its name decides."""
    if evidence.target.deploy_jobs:
        return job.name in evidence.target.deploy_jobs
    return job.name.startswith("deploy") and "infrastructure" not in job.name


def apps(evidence: Evidence) -> tuple[App, ...] | Gap:
    """The environment's apps and those that they talk to, without the peers; empty without a platform."""
    if evidence.platform is None:
        return ()
    if isinstance(evidence.platform, Gap):
        return evidence.platform
    found = evidence.platform.apps
    return found if isinstance(found, Gap) else tuple(app for app in found if app.role != "peer")


def by_app(
    evidence: Evidence,
    part: Callable[[App], Part | Gap],
    rows: Callable[[App, Part], Iterable[Row]],
    *,
    without: Callable[[App, Gap], Iterable[Row]] = lambda app, gap: (),
) -> Read:
    """The rows of each app's part, and those said without it; the first `Gap` where there are none."""
    found = apps(evidence)
    if isinstance(found, Gap):
        return found
    made: list[Row] = []
    unseen: dict[str, Gap] = {}
    for app in found:
        had = part(app)
        if isinstance(had, Gap):
            unseen[app.name] = had
            made += without(app, had)
        else:
            made += rows(app, had)
    return partly(made, unseen)


def partly(rows: Iterable[Row], unseen: Mapping[str, Gap]) -> Read:
    """The rows, and why some apps add none; a `Gap` where nothing is left."""
    made = tuple(rows)
    if not made and unseen:
        return next(iter(unseen.values()))
    return Table(name="", rows=made, unseen=dict(unseen)) if unseen else made


def unread_addresses(evidence: Evidence) -> dict[str, Gap]:
    """The apps whose variables or routes are hidden, and why: nobody can say where their addresses lead."""
    found, world = apps(evidence), platform(evidence)
    if isinstance(found, Gap) or world is None:
        return {}
    hidden = {app.name: app.variables for app in found if isinstance(app.variables, Gap)}
    if isinstance(world.routes, Gap):
        hidden |= {app.name: world.routes for app in found if app.addresses}
    return hidden


def platform(evidence: Evidence) -> Platform | None:
    return evidence.platform if isinstance(evidence.platform, Platform) else None


def app_named(evidence: Evidence, name: str | None) -> App | None:
    found = apps(evidence)
    return next((app for app in found if app.name == name), None) if not isinstance(found, Gap) else None


def peers_of(evidence: Evidence, app: App) -> tuple[App, ...]:
    """The same app in other environments, as far as it was collected."""
    world = platform(evidence)
    if world is None or isinstance(world.apps, Gap):
        return ()
    names = evidence.target.peers.get(app.name, ())
    return tuple(other for other in world.apps if other.name in names)


def belongs(evidence: Evidence, app: App) -> bool:
    """Whether the app is one of the environment that was asked for."""
    names = evidence.target.apps or ((evidence.target.app,) if evidence.target.app else ())
    return app.name in names if names else app.role == "target"


def logs_of(evidence: Evidence, app: str, *kinds: str) -> Iterator[Log]:
    """The app's logs of these kinds; of all kinds where none is named."""
    for log in evidence.logs:
        if log.app == app and (not kinds or log.kind in kinds):
            yield log


def log_by_id(evidence: Evidence, identifier: object) -> Log | None:
    return next((log for log in evidence.logs if log.id == identifier), None)


def numbered(log: Log) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines as text."""
    for number, line in enumerate(log.text.lines(), 1):
        yield number, line.decode("utf-8", "replace")


def last_said(logs: Sequence[Log], *, without: tuple[str, ...]) -> Where | None:
    """The last line of the last log that has any; empty ones, and those that begin so, do not count."""
    for log in reversed(logs):
        for number, line in backwards(log.text):
            if line.strip() and not line.startswith(without):
                return at_line(log, number, line)
    return None


def time_of(log: Log, line: int) -> datetime | None:
    """When the line was written; of a step without line times, when the step began."""
    at = nanoseconds(log, line)
    return log.started_at if at is None else moment(at)


def nanoseconds(log: Log, line: int) -> int | None:
    """The same since the epoch, which is cheaper; `None` where the line carries no time."""
    return log.times[line - 1] if 0 < line <= len(log.times) else None


def moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


def at_line(log: Log, line: int, text: str) -> Where:
    return Where(kind="log", source=log.name, text=text.strip()[:500], line=line, url=log.url, log=log.id)


def resource(source: str, text: str = "", url: str | None = None) -> Where:
    return Where(kind="resource", source=source, text=text, url=url)


def unread_logs(evidence: Evidence) -> dict[LogKind, str]:
    """The kinds of logs of which some could not be read, and why."""
    missing: dict[LogKind, str] = {}
    found = pipelines(evidence)
    if isinstance(found, Gap):
        missing["step"] = said(found)
    for pipeline in found[:1] if not isinstance(found, Gap) else ():
        for unread in unread_jobs(pipeline):
            missing["step"] = said(unread)
        pairs = jobs(pipeline)
        for _, job in () if isinstance(pairs, Gap) else pairs:
            if job.status == "success" and not deploys(evidence, job):
                continue  # nobody asked for it: it went well
            gaps = [job.steps] if isinstance(job.steps, Gap) else [step.log for step in job.steps]
            for gap in gaps:
                if isinstance(gap, Gap):
                    missing["step"] = said(gap)
    all_apps = apps(evidence)
    if isinstance(all_apps, Gap):
        missing |= dict.fromkeys(PLATFORM_LOGS, said(all_apps))
    for app in () if isinstance(all_apps, Gap) else all_apps:
        if isinstance(app.logs, Gap):
            missing |= dict.fromkeys(PLATFORM_LOGS, said(app.logs))
    return missing


def said(gap: Gap) -> str:
    return f"{gap.what}: {gap.reason}"


def comma(names: Iterable[str]) -> str | None:
    """The distinct names with commas, in order; `None` where there is none."""
    return ", ".join(dict.fromkeys(names)) or None
