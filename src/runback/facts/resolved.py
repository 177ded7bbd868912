"""Whether a name that did not resolve does so now, though nobody has asked for it again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from runback.facts import views
from runback.facts.events import crash_events
from runback.facts.hops import FOUND
from runback.facts.processes import web_process
from runback.facts.routes import all_routes, host_of
from runback.model import App, Evidence, Gap, Row

CALM = timedelta(minutes=10)  # before the failure: an app that crashes now and then comes and goes
SLACK = timedelta(seconds=30)  # between the clocks of the log and of the platform


def resolves(row: Row, others: Iterable[Row], evidence: Evidence) -> bool:
    """Whether a later line found the host, or the app behind it has come up since and stayed.

    A name leads somewhere while its route is mapped to an app with an instance that takes requests.
    """
    until, host = row.cells["until"], row.cells["upstream"]
    if row.cells["error"] != "not_resolved" or not isinstance(until, str) or not isinstance(host, str):
        return False
    last = datetime.fromisoformat(until)
    return _found_later(row, others, host, last) or _is_up_since(evidence, host, last)


def _found_later(row: Row, others: Iterable[Row], host: str, last: datetime) -> bool:
    return any(
        other.app == row.app
        and other.cells["upstream"] == host
        and other.cells["error"] in FOUND
        and isinstance(at := other.cells["until"], str)
        and datetime.fromisoformat(at) > last
        for other in others
    )


def _is_up_since(evidence: Evidence, host: str, last: datetime) -> bool:
    apps, world = views.apps(evidence), views.platform(evidence)
    if isinstance(apps, Gap) or world is None:
        return False
    guids = {
        end.app_guid for route in all_routes(world) if host_of(route) == host for end in route.destinations
    }
    behind = [app for app in apps if app.guid in guids]
    return bool(guids) and len(behind) == len(guids) and all(_came_up(app, evidence, last) for app in behind)


def _came_up(app: App, evidence: Evidence, last: datetime) -> bool:
    process, crashes = web_process(app), crash_events(app)
    if app.state != "STARTED" or process is None or isinstance(crashes, Gap):
        return False
    instances = () if isinstance(process.instances, Gap) else process.instances
    starts = [
        evidence.collected_at - timedelta(seconds=one.uptime)
        for one in instances
        if one.state == "RUNNING" and one.routable is not False and one.uptime is not None
    ]
    calm = not any(event.at > last - CALM for event in crashes)
    return calm and any(start >= last - SLACK for start in starts)
