"""Every app that a login can see, by lists alone: half a dozen requests a page, however many apps there are.

No environment is read, and no log: both would be asked for app by app, and reading an environment leaves an
audit event with each of them. Instances are counted only where something looks wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

from msgspec.structs import replace

from runback.collect import capi, overview
from runback.collect.interface import Now, had
from runback.collect.session import Session, open_session
from runback.config import CloudFoundryAccess
from runback.errors import AccessError
from runback.http import Client, gather, later
from runback.model import Fleet, FleetApp, Gap

DAY = timedelta(hours=24)
_PAGE = 5000  # the most that the API gives at once
_COUNTED = 100  # apps whose instances are asked for
_CRASHES = "/v3/audit_events?types=audit.app.process.crash"

Groups: TypeAlias = Mapping[str, Sequence[Any]]  # GUID of an app → what a list has of it


def sweep(
    access: CloudFoundryAccess, client: Client, now: Now, *, org: str | None = None, space: str | None = None
) -> Fleet:
    """What the platform's lists say of each app of the org and space, or of all that are visible.

    Raises AccessError where there is no login, or where it sees no apps.
    """
    session = open_session(access, client, now)
    session.headers()  # a refused login is told before anything else is asked
    recent = f"&created_ats[gt]={now() - DAY:%Y-%m-%dT%H:%M:%SZ}"
    kinds: dict[str, tuple[str, Any]] = {
        "processes": ("/v3/processes?", capi.Page[capi.Process]),
        "deployments": ("/v3/deployments?status_values=ACTIVE", capi.Page[capi.Deployment]),
        "builds": (f"/v3/builds?states=FAILED{recent}", capi.Page[capi.Build]),
        "tasks": (f"/v3/tasks?states=FAILED{recent}", capi.Page[capi.Task]),
        "crashes": (f"{_CRASHES}{recent}", capi.Page[capi.Event]),
    }
    asked = {name: later(_grouped, client, session, name, *what) for name, what in kinds.items()}
    apps, spaces = overview.apps_with_spaces(client, session)
    if isinstance(apps, Gap):
        raise AccessError(f"Cloud Foundry shows nothing: {apps.reason}", "Run `cf login` again.")
    lists = {name: one.result() for name, one in asked.items()}
    found = []
    for app in apps:
        place = spaces.get(app.relationships.guid("space"), ("", ""))
        if space in (None, place[0]) and org in (None, place[1]):
            found.append(_app(app, place, lists))
    return Fleet(
        apps=_counted(client, session, found, lists["processes"]),
        unknown=tuple(one for one in lists.values() if isinstance(one, Gap)),
        at=client.date(session.endpoints.api) or now(),
        requests=client.requests,
    )


def _grouped(client: Client, session: Session, name: str, path: str, kind: Any) -> Groups | Gap:
    """A list by the apps that it is about."""
    ask = partial(overview.listing, client, session, f"{path}&per_page={_PAGE}", kind)
    pages = had(f"{name} of all apps", ask)
    if isinstance(pages, Gap):
        return pages
    groups: dict[str, list[Any]] = {}
    for page in pages:
        for one in page.resources:
            about = one.target.guid if isinstance(one, capi.Event) and one.target else ""
            groups.setdefault(about or one.relationships.guid("app"), []).append(one)
    return groups


def _app(app: capi.App, place: tuple[str, str], lists: Mapping[str, Groups | Gap]) -> FleetApp:
    def of(name: str) -> Sequence[Any] | None:
        found = lists[name]
        return None if isinstance(found, Gap) else found.get(app.guid, ())

    processes, crashes, deployments = of("processes"), of("crashes"), of("deployments")
    builds, tasks = of("builds"), of("tasks")
    return FleetApp(
        guid=app.guid,
        name=app.name,
        space=place[0],
        org=place[1],
        state=app.state,
        desired=None if processes is None else sum(one.instances for one in processes),
        memory_mb=sum(one.instances * one.memory_in_mb for one in processes or ()),
        crashes=None if crashes is None else len(crashes),
        crashed_at=max((one.created_at for one in crashes or ()), default=None),
        deploying_since=min((_moved(one) for one in deployments or ()), default=None),
        failed_builds=None if builds is None else len(builds),
        failed_tasks=None if tasks is None else len(tasks),
    )


def _moved(deployment: capi.Deployment) -> datetime:
    """When an instance last became healthy, or when it began."""
    details = deployment.status.details or capi.StatusDetails()
    return details.last_successful_healthcheck or deployment.created_at


def _counted(
    client: Client, session: Session, apps: Sequence[FleetApp], processes: Groups | Gap
) -> tuple[FleetApp, ...]:
    """The apps, with the instances that run of those that crashed or deploy: of the last ones first."""
    wrong = [one for one in apps if one.state == "STARTED" and (one.crashes or one.deploying_since)]
    wrong.sort(key=lambda one: str(one.crashed_at or one.deploying_since), reverse=True)
    asked = [one for one in wrong[:_COUNTED] if not isinstance(processes, Gap)]
    known = {} if isinstance(processes, Gap) else processes
    counts = gather(*(partial(_running, client, session, known.get(one.guid, ())) for one in asked))
    running = {one.guid: count for one, count in zip(asked, counts, strict=True)}
    return tuple(replace(one, running=running.get(one.guid)) for one in apps)


def _running(client: Client, session: Session, processes: Sequence[capi.Process]) -> int | None:
    """Instances that run; None where that could not be had."""
    total = 0
    for process in processes:
        url = f"{session.endpoints.api}/v3/processes/{process.guid}/stats"
        stats = had("instances", partial(client.json, url, capi.Stats, token=session))
        if isinstance(stats, Gap):
            return None
        total += sum(one.state == "RUNNING" for one in stats.resources)
    return total
