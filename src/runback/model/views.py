"""What reports show beside the causes, and what the commands that compare answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from runback.model.record import Gap, Health, Record
from runback.model.steps import StepSeen


class Excerpt(Record, frozen=True, kw_only=True):
    """Lines of one log around its proofs, so that a reader sees what stands before and after."""

    log: str  # Log.id
    source: str  # Log.name
    url: str | None = None
    first: int  # number of the first line, from 1
    lines: tuple[str, ...]
    hits: tuple[int, ...]  # numbers of the lines that are proofs


class Moment(Record, frozen=True, kw_only=True):
    """Something that happened, or went on for a while, in CI or to one app."""

    lane: str  # 'CI', or the app's name
    kind: Literal[
        "pipeline", "job", "step", "build", "deployment", "revision", "crash", "task", "event", "exception",
        "log", "cell", "requests", "finding",
    ]  # fmt: skip
    title: str
    health: Health
    at: datetime
    until: datetime | None = None
    url: str | None = None


class LogRate(Record, frozen=True, kw_only=True):
    """How many lines an app logged in each of some equal spans of time."""

    app: str
    first: datetime
    seconds: float  # of one span
    counts: tuple[int, ...]


class Timeline(Record, frozen=True, kw_only=True):
    """What happened between two times. A moment before `since` says how things stood when it began."""

    since: datetime
    until: datetime
    moments: tuple[Moment, ...] = ()
    rates: tuple[LogRate, ...] = ()


class Node(Record, frozen=True, kw_only=True):
    """An app, a service, or the people who use them, as a place on the map."""

    name: str
    kind: Literal["app", "service", "people"]
    health: Health
    space: str = ""
    says: str = ""  # 'web 1 of 1 runs'
    routes: tuple[str, ...] = ()  # of an app
    services: tuple[str, ...] = ()  # bound to an app


class Edge(Record, frozen=True, kw_only=True):
    """A way from one node to another. `bad`: it is broken; `hurt`: what lies behind it fails."""

    source: str
    destination: str
    label: str = ""  # 'tcp 9000'
    health: Health
    says: str = ""  # what is wrong with it


class TraceSeen(Record, frozen=True, kw_only=True):
    """An exception in an app's logs, the same ones counted together."""

    app: str
    error: str  # the innermost cause
    place: str = ""  # the team's own code where it was on the way: 'portal/views.py, line 30'
    count: int
    instances: int
    at: datetime | None = None
    until: datetime | None = None
    new: bool | None = None  # began with what runs now; None: the log does not reach back far enough
    log: str | None = None  # Log.id
    line: int | None = None


class RouteRate(Record, frozen=True, kw_only=True):
    """What the router says of the requests to one route."""

    app: str
    host: str
    requests: int
    failed: int  # answered with 5xx, or by the router itself
    error: str = ""  # the router's own word for most of these: 'endpoint_failure'
    until: datetime | None = None  # when one failed last


class LogBegin(Record, frozen=True, kw_only=True):
    """Since when log-cache holds an app's lines, where something that matters happened before."""

    app: str
    begins: datetime | None  # None: it holds nothing of the app
    wanted: datetime
    cut: bool = False  # log-cache holds more, and it was not read
    archive: str = ""  # where the platform keeps what is older


class Views(Record, frozen=True, kw_only=True):
    """What a report draws besides the findings: computed from evidence, so a bundle gives the same."""

    excerpts: tuple[Excerpt, ...] = ()
    timeline: Timeline | None = None
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    comparisons: tuple[Comparison, ...] = ()  # of the apps in question
    changes: tuple[ChangesSeen, ...] = ()  # of the apps in question
    steps: tuple[StepSeen, ...] = ()
    traces: tuple[TraceSeen, ...] = ()
    routes: tuple[RouteRate, ...] = ()
    log_begins: tuple[LogBegin, ...] = ()
    ways: tuple[PathSeen, ...] = ()  # over which connections fail, hop by hop
    collected_at: datetime | None = None


Match: TypeAlias = Literal["", "same", "different", "missing", "empty", "extra", "allowed"]  # '': unknown


class Compared(Record, frozen=True, kw_only=True):
    """One thing that an app has, should have, or that its peers have. Never a variable's value."""

    subject: Literal["variable", "service", "route", "policy", "scale", "setting"]
    name: str  # '*' stands for what differs from environment to environment
    expected: str = ""  # file:line that lists it, or the revision that had it
    wanted: str = ""  # what it should be, as far as it may be told: 'set', 'host:443', 'bound', '512 MB'
    actual: str | Gap  # 'set (integer)', 'empty', 'missing', 'bound', '2 × 512 MB'
    peers: tuple[str | Gap, ...] = ()  # in the order of Comparison.peers
    remark: str = ""  # what deserves a look; '' where all is as it should be
    verdict: Match = ""


ChangeKind: TypeAlias = Literal[
    "droplet",
    "buildpack",
    "variable",
    "command",
    "sidecar",
    "scale",
    "setting",
    "binding",
    "route",
    "state",
]


ChangeWord: TypeAlias = Literal["added", "removed", "changed"]


class Change(Record, frozen=True, kw_only=True):
    """One thing that is not as it was. Of a variable only its name, of a command only that it is another."""

    kind: ChangeKind
    name: str
    change: ChangeWord
    before: str = ""
    after: str = ""
    at: datetime | None = None
    by: str = ""  # who, as the audit events say


class ChangesSeen(Record, frozen=True, kw_only=True):
    """What changed of an app since a revision of it that ran well."""

    app: str
    version: int  # of that revision
    since: datetime
    changes: tuple[Change, ...]


class RevisionSeen(Record, frozen=True, kw_only=True):
    """What one revision of an app changed, how long it ran and how it ended."""

    version: int
    created_at: datetime | None
    changed: str  # as the platform describes it
    ran_for: int  # seconds until the next revision, or until now
    crashes: int | Gap
    runs: bool
    deployable: bool  # its droplet is still there
    safe: bool  # the safe way back: the newest earlier one that ran well and can be deployed
    commit: str = ""  # as far as it is known
    ended: str = ""  # 'runs', 'is down', 'replaced by 7', 'crashed 9 times, replaced by 7'
    changes: tuple[Change, ...] = ()  # beside the revision before it, or beside the one that was asked for
    since: tuple[Change, ...] = ()  # while it runs, of what no revision holds: bindings, routes, scale
    well_for: int | None = None  # seconds before its first crash; None: it has not crashed, or nobody knows


class PathHop(Record, frozen=True, kw_only=True):
    """One thing that has to be right on the way from app to app. `ok` None: it could not be told."""

    name: str  # name, route, app, instances, port, policy, security group, tls, probe
    ok: bool | None
    says: str
    proof: str = ""  # where that was seen


class PathSeen(Record, frozen=True, kw_only=True):
    """The way from an app to a destination, hop by hop, and the command that mends the first broken one."""

    source: str
    destination: str
    hostname: str
    hops: tuple[PathHop, ...]
    asked_by: str = ""  # the variable that holds the address; '' where only a person asked
    failing: bool | None = None  # whether the source's log shows failures
    port: int | None = None


class FleetApp(Record, frozen=True, kw_only=True):
    """One app of many, as lists tell it. None: that list could not be had, or was not asked for."""

    guid: str
    name: str
    space: str
    org: str
    state: str  # STARTED | STOPPED
    desired: int | None = None  # instances of all processes
    running: int | None = None  # counted only where something looks wrong
    memory_mb: int = 0  # of all instances that are asked for
    crashes: int | None = None  # in the last day
    crashed_at: datetime | None = None
    deploying_since: datetime | None = None  # a deployment is under way; since when it has not moved
    failed_builds: int | None = None  # in the last day
    failed_tasks: int | None = None  # in the last day


class Fleet(Record, frozen=True, kw_only=True):
    """All apps that a login can see."""

    apps: tuple[FleetApp, ...]
    at: datetime
    unknown: tuple[Gap, ...] = ()
    requests: int = 0


class Comparison(Record, frozen=True, kw_only=True):
    """An app beside the same app in other environments."""

    app: str
    peers: tuple[str, ...]
    rows: tuple[Compared, ...]
    unknown: tuple[Gap, ...] = ()
