"""Requests that failed, as the router, nginx and the apps' own logs tell it.

Line formats: gorouter's access log, nginx's access and error log, gunicorn's access log, the texts of
urllib3's and of the operating system's connection errors, and Django's request logger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from ipaddress import ip_address

from msgspec import Struct
from msgspec.structs import replace

from runback.facts import deletions, views
from runback.facts.network import Hop, app_of, hops, name_of
from runback.facts.resolved import resolves
from runback.facts.routes import all_routes, host_of, meant
from runback.logs.sift import found_in, sifted
from runback.model import App, Evidence, Gap, Log, Row, Tables

RECENT = timedelta(hours=24)
KINDS = ("app", "sidecar", "router")
_OF_A_PROXY = (502, 503, 504)  # what a proxy or the router answers where it reached nobody
_ACCESS = re.compile(
    r'"(?P<path>(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S+) HTTP/[\d.]+" (?P<status>[1-5]\d\d)\b'
)
# The same of a whole text, and only the first one of a line.
_ANSWERED = re.compile(_ACCESS.pattern.encode() + rb"[^\n]*")
_INTERNAL = re.compile(r"Internal Server Error: (?P<path>/\S*)")
_REQUEST = re.compile(r'request: "(?P<path>\w+ \S+)')
_NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
_UPSTREAM = (
    re.compile(r'upstream: "\w+://(?P<host>[^/:"]+)(?::(?P<port>\d+))?'),
    re.compile(r'host not found in upstream "(?P<host>[^/:"]+)(?::(?P<port>\d+))?'),
    re.compile(r"(?P<host>[\w.-]+) could not be resolved \("),
    re.compile(r"HTTPS?Connection(?:Pool)?\(host='(?P<host>[^']+)', port=(?P<port>\d+)"),
    re.compile(r"Failed to resolve '(?P<host>[^']+)'"),
)
_ERRORS = (
    ("refused", re.compile(r"Connection refused|\(111: |Errno 111\b|ECONNREFUSED")),
    (
        "not_resolved",
        re.compile(
            r"Name or service not known|Temporary failure in name resolution|nodename nor servname"
            r"|host not found in upstream|could not be resolved|Failed to resolve|ENOTFOUND"
        ),
    ),
    (
        "timed_out",
        re.compile(r"upstream timed out|Connection timed out|connect timeout|Errno 110\b|ETIMEDOUT"),
    ),
    ("reset", re.compile(r"Connection reset by peer|\(104: |ECONNRESET")),
    ("other", re.compile(r"Cannot connect to \S+: invalid username-password pair")),  # Celery, of its broker
)
# Without any of these a line tells of no failure.
_FAILING = (
    b'" 5', b"Internal Server Error: ", b"Connection refused", b"(111: ", b"Errno 11", b"ECONN",
    b"Name or service not known", b"Temporary failure in name", b"nodename nor servname", b"host not found",
    b"could not be resolved", b"Failed to resolve", b"ENOTFOUND", b"timed out", b"connect timeout",
    b"ETIMEDOUT", b"Connection reset by peer", b"(104: ",
    b"Cannot connect to ",
)  # fmt: skip


class Failure(Struct, frozen=True):
    """One line that tells of a failed request."""

    kind: str
    line: int
    text: str
    path: str | None = None
    status: int | None = None
    upstream: str | None = None
    port: int | None = None
    error: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        return self.kind, self.status, self.upstream, self.port, self.error

    @property
    def connected(self) -> bool:
        """Whether there was a connection, so that only a good answer shows that this has passed."""
        return self.error is None and self.status not in _OF_A_PROXY

    @property
    def topic(self) -> str | None:
        """What a later success must be about to show that this has passed."""
        return topic_of(self.path) if self.path else None


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


@lru_cache(maxsize=1024)
def topic_of(request: str) -> str:
    """Method and path of a request, without what differs from one to the next."""
    return _NUMBERS.sub("*", request.split("?")[0])


def requests(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    apps = views.apps(evidence)
    if isinstance(apps, Gap):
        return apps
    rows: list[tuple[Row, datetime | None]] = []
    gap: Gap | None = None
    for app in apps:
        if isinstance(app.logs, Gap):
            gap = gap or app.logs
        logs = tuple(views.logs_of(evidence, app.name, *KINDS))
        succeeded = _Answers(logs)
        for log in logs:
            rows += _rows(evidence, app, log, succeeded)
    if gap is not None and not rows:
        return gap
    known = [row for row, _ in rows]
    return tuple(
        replace(row, cells={**row.cells, "recovered": True})
        if not row.cells["recovered"] and resolves(row, known, evidence)
        else _passed_for_callers(row, rows, evidence)
        for row in known
    )


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


class _Answers:
    """When a request of each kind last went well, and when it was last answered by who was asked.

    Whichever log of the app tells of it. Read when first asked for: where nothing failed, nobody asks.
    """

    def __init__(self, logs: tuple[Log, ...]) -> None:
        self._logs = logs

    def after(self, failure: Failure) -> datetime | None:
        """The last time that shows the failure to be over: of a connection any answer does."""
        return self._last[failure.connected].get(failure.topic) if failure.topic else None

    @cached_property
    def _last(self) -> dict[bool, dict[str, datetime]]:
        """Whether it must have gone well → kind of request → when it last did."""
        well: dict[str, int] = {}
        answered: dict[str, int] = {}
        for log in self._logs:
            for number, access in found_in(log.text, _ANSWERED):
                if (at := views.nanoseconds(log, number)) is None:
                    continue
                topic, status = topic_of(access["path"].decode("utf-8", "replace")), int(access["status"])
                if status < 500:
                    well[topic] = max(at, well.get(topic, at))
                if status not in _OF_A_PROXY:
                    answered[topic] = max(at, answered.get(topic, at))
        return {
            connected: {topic: views.moment(at) for topic, at in known.items()}
            for connected, known in ((True, well), (False, answered))
        }


def _rows(
    evidence: Evidence, app: App, log: Log, succeeded: _Answers
) -> Iterator[tuple[Row, datetime | None]]:
    """Each kind of failure, and when a request of its last one's kind went well."""
    groups: dict[tuple[object, ...], _Group] = {}
    for number, line in sifted(log.text, _FAILING):
        if failure := read_failure(number, line):
            if (group := groups.get(failure.key)) is None:
                group = groups[failure.key] = _Group(failure, failure)
            group.add(failure, passed=group.still is None and _passed(log, failure, succeeded))
    for group in groups.values():
        yield _row(evidence, app, log, group), succeeded.after(group.last)


def read_failure(number: int, line: str) -> Failure | None:
    """What the line says of a failed request, or `None`."""
    access = _ACCESS.search(line)
    if access:
        status = int(access["status"])
        return Failure("response", number, line, path=access["path"], status=status) if status > 499 else None
    if internal := _INTERNAL.search(line):
        return Failure("exception", number, line, path=internal["path"], status=500)
    error = next((name for name, pattern in _ERRORS if pattern.search(line)), None)
    if error is None:
        return None
    asked = next((match.groupdict() for pattern in _UPSTREAM if (match := pattern.search(line))), {})
    request = _REQUEST.search(line)
    port = asked.get("port")
    return Failure(
        "upstream" if "upstream" in line else "connection",
        number,
        line,
        path=request["path"] if request else None,
        upstream=asked.get("host"),
        port=int(port) if port else None,
        error=error,
    )


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


def _passed(log: Log, failure: Failure, succeeded: _Answers) -> bool:
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
