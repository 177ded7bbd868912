"""Requests that failed: those of one kind together, whom they were meant for, and whether it has passed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from msgspec.structs import replace

from runback.facts import deletions, views
from runback.facts.failures import Answers, Failure, failures
from runback.facts.hops import Hop, app_of, hops, name_of
from runback.facts.resolved import resolves
from runback.facts.routes import all_routes, host_of, meant
from runback.model import App, Evidence, Gap, Log, Row, Tables

RECENT = timedelta(hours=24)
KINDS = ("app", "sidecar", "router")


@dataclass(slots=True)
class _Group:
    """Failures of one kind in one log: of a million, four things are kept."""

    first: Failure
    last: Failure
    still: Failure | None = None  # the first one after which no such request succeeded
    count: int = 0

    def add(self, failure: Failure, passed: bool) -> None:
        self.last, self.count = failure, self.count + 1
        if self.still is None and not passed:
            self.still = failure


def requests(evidence: Evidence, tables: Tables) -> views.Read:
    apps = views.apps(evidence)
    if isinstance(apps, Gap):
        return apps
    rows: list[tuple[Row, datetime | None]] = []
    unseen: dict[str, Gap] = {}
    for app in apps:
        if isinstance(app.logs, Gap):
            unseen[app.name] = app.logs
        logs = tuple(views.logs_of(evidence, app.name, *KINDS))
        succeeded = Answers(logs)
        for log in logs:
            rows += _rows(evidence, app, log, succeeded)
    known = [row for row, _ in rows]
    made = [
        replace(row, cells={**row.cells, "recovered": True})
        if not row.cells["recovered"] and resolves(row, known, evidence)
        else _passed_for_callers(row, rows, evidence)
        for row in known
    ]
    return views.partly(made, unseen)


def _passed_for_callers(row: Row, rows: list[tuple[Row, datetime | None]], evidence: Evidence) -> Row:
    """A proxy that logs its errors alone never says that they have passed; those who ask through it do."""
    until = row.cells["until"]
    if row.cells["recovered"] or not isinstance(until, str):
        return row
    callers = _callers(str(row.app), evidence)
    theirs = [(other, good) for other, good in rows if other.app in callers]
    last = datetime.fromisoformat(until)
    if theirs and all(other.cells["recovered"] and good and good > last for other, good in theirs):
        return replace(row, cells={**row.cells, "recovered": True})
    return row


def _callers(app: str, evidence: Evidence) -> set[str]:
    """The apps that need this one by an address in their variables, directly or through others.

    Not from the table `connections`, which asks for the requests.
    """
    known = hops(evidence)
    edges = [
        (hop.source.name, behind.name)
        for hop in (() if isinstance(known, Gap) else known)
        if (behind := app_of(evidence, hop.destination)) is not None
    ]
    found: set[str] = set()
    wave = {app}
    while wave:
        wave = {source for source, destination in edges if destination in wave} - found - {app}
        found |= wave
    return found


def _rows(
    evidence: Evidence, app: App, log: Log, succeeded: Answers
) -> Iterator[tuple[Row, datetime | None]]:
    """Each kind of failure, and when a request of its last one's kind went well."""
    groups: dict[tuple[object, ...], _Group] = {}
    for failure in failures(log):
        if (group := groups.get(failure.key)) is None:
            group = groups[failure.key] = _Group(failure, failure)
        group.add(failure, passed=group.still is None and _passed(log, failure, succeeded))
    for group in groups.values():
        yield _row(evidence, app, log, group), succeeded.after(group.last)


def _row(evidence: Evidence, app: App, log: Log, group: _Group) -> Row:
    first = group.still or group.first
    at = views.time_of(log, group.last.line)
    old = at is not None and evidence.collected_at - at > RECENT
    upstream, destination = _behind(evidence, app, first.upstream, first.port)
    return Row(
        cells={
            "app": app.name,
            "kind": first.kind,
            "status": first.status,
            "upstream": upstream,
            "destination": destination,
            "port": first.port,
            "error": first.error,
            "count": group.count,
            "recovered": group.still is None or old,
            "until": at.isoformat() if at else None,
        },
        app=app.name,
        at=views.time_of(log, first.line),
        where=(views.at_line(log, first.line, first.text),),
    )


def _passed(log: Log, failure: Failure, succeeded: Answers) -> bool:
    """Whether a request of the same kind succeeded later."""
    at, good = views.time_of(log, failure.line), succeeded.after(failure)
    return at is not None and good is not None and good > at


def _behind(
    evidence: Evidence, app: App, host: str | None, port: int | None
) -> tuple[str | None, str | None]:
    """Host and app that a failing connection was meant for."""
    found = hops(evidence)
    own = [] if isinstance(found, Gap) else [hop for hop in found if hop.source.name == app.name]
    if host is None:
        return None, None
    numbered = _is_number(host)
    own = _by_number(evidence, own, host, port) if numbered else [h for h in own if _same_host(h, host)]
    if numbered and len({hop.address.host for hop in own}) != 1:
        return host, None
    hop = own[0] if own else None
    if hop is None:
        return host, _owner(evidence, host)
    return host_of(hop.route) if hop.route else hop.address.host, name_of(evidence, hop.destination)


def _by_number(evidence: Evidence, own: list[Hop], number: str, port: int | None) -> list[Hop]:
    """The ways that the number of an address may mean, which is all that nginx writes.

    An instance that has it tells; its container may be gone meanwhile, then the port does, as far as the
    app's variables name ports.
    """
    here = [hop for hop in own if number in _numbers(app_of(evidence, hop.destination))]
    same_port = [hop for hop in own if hop.address.port == port]
    return here or same_port or [hop for hop in own if hop.address.port is None] or own


def _numbers(app: App | None) -> set[str]:
    """The addresses of an app's instances in the network of the containers."""
    processes = () if app is None or isinstance(app.processes, Gap) else app.processes
    return {
        instance.ip
        for process in processes
        for instance in (() if isinstance(process.instances, Gap) else process.instances)
        if instance.ip
    }


def _owner(evidence: Evidence, host: str) -> str | None:
    """The app that has this host, by the routes alone: the variables of who asks may be hidden."""
    apps, world = views.apps(evidence), views.platform(evidence)
    if isinstance(apps, Gap) or world is None:
        return None
    route = next((one for one in all_routes(world) if host_of(one) == host), None)
    if route is not None and route.destinations:
        return name_of(evidence, route.destinations[0])
    found = meant(apps, host, route) if route is not None or host.endswith(".internal") else None
    led = found.destination if found else deletions.led_to(world, host)
    return led.app if led else None


def _same_host(hop: Hop, host: str) -> bool:
    return host in (hop.address.host, host_of(hop.route) if hop.route else None)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
