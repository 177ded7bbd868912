"""Evidence: what Cloud Foundry knows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from runback.model.record import Gap, Record


class Variable(Record, frozen=True, kw_only=True):
    """An environment variable without its value."""

    name: str
    fingerprint: str  # HMAC of the value; equal values have equal fingerprints within a project
    shape: str  # empty | integer | boolean | pem | uuid | json | host | host:port | scheme://host:port | text


class Instance(Record, frozen=True, kw_only=True):
    """One instance of a process, by its stats. Sizes in bytes."""

    index: int
    state: str  # RUNNING, CRASHED, STARTING, STOPPING, DOWN, UNKNOWN
    uptime: int | None = None  # seconds
    memory: int | None = None
    memory_quota: int | None = None
    disk: int | None = None
    disk_quota: int | None = None
    cpu: float | None = None
    details: str | None = None  # a placement error, never a crash reason
    ip: str | None = None  # in the network of the containers
    routable: bool | None = None  # it passes its readiness check; None: the platform does not say


class InstanceMemory(Record, frozen=True, kw_only=True):
    """What an instance used at a time, in bytes."""

    at: datetime
    process: str  # web, worker …
    instance: int
    used: int
    quota: int | None = None


class HealthCheck(Record, frozen=True, kw_only=True):
    """How the platform tells that an instance is well. `timeout` in seconds."""

    type: str  # port | process | http
    timeout: int | None = None
    endpoint: str | None = None


class Process(Record, frozen=True, kw_only=True):
    """One type of process of an app: what is asked for, and what runs."""

    guid: str
    type: str  # web, worker …
    desired: int  # instances asked for
    memory_mb: int
    disk_mb: int
    command: str | None = None
    health: HealthCheck | None = None
    readiness: HealthCheck | None = None
    instances: tuple[Instance, ...] | Gap = ()
    created_at: datetime | None = None
    revision: str | None = None  # guid


class Droplet(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    """A staged app: what an instance is started from."""

    guid: str
    state: str  # STAGED, EXPIRED, FAILED …
    created_at: datetime
    buildpacks: tuple[str, ...] = ()  # 'python 1.8.30'
    stack: str | None = None
    error: str | None = None
    commit: str | None = None  # from labels or annotations of package or droplet


class Build(Record, frozen=True, kw_only=True):
    """One staging of a package."""

    guid: str
    state: str  # STAGING, STAGED, FAILED
    created_at: datetime
    error: str | None = None
    droplet: str | None = None
    actor: str = ""


class Deployment(Record, frozen=True, kw_only=True):
    """One deployment by Cloud Controller: instance by instance, without a pause."""

    guid: str
    status: str  # ACTIVE, FINALIZED
    reason: str  # DEPLOYING, PAUSED, CANCELING, DEPLOYED, CANCELED, SUPERSEDED
    strategy: str
    created_at: datetime
    updated_at: datetime | None = None
    last_healthcheck: datetime | None = None
    error: str | None = None
    droplet: str | None = None
    previous_droplet: str | None = None
    revision: str | None = None


class Revision(Record, frozen=True, kw_only=True):
    """A state of an app that can be gone back to, until its droplet expires."""

    guid: str
    version: int
    created_at: datetime
    droplet: str | None
    description: str = ""
    deployable: bool = True
    deployed: bool = False  # runs now
    commands: dict[str, str] = {}  # process type → start command, where somebody gave one
    sidecars: tuple[str, ...] = ()  # names
    variables: tuple[Variable, ...] | Gap | None = None  # None: not asked for


class AuditEvent(Record, frozen=True, kw_only=True):
    """One audit event. `data` holds allow-listed fields only."""

    guid: str
    type: str
    at: datetime
    app: str | None = None  # app name of the target
    target: str = ""  # the target's name
    actor: str = ""
    data: dict[str, str | int] = {}  # index, exit_status, exit_description, reason, instance …


class Binding(Record, frozen=True, kw_only=True):
    """A service instance that is bound to an app."""

    service: str  # service instance name
    state: str = "succeeded"  # last operation: initial, in progress, succeeded, failed
    description: str = ""
    created_at: datetime | None = None
    space: str | None = None  # of the instance, where it is another one than the app's: it is shared
    hosts: tuple[str, ...] = ()  # that the credentials name, where they could be read


class Service(Record, frozen=True, kw_only=True):
    """A service instance of a space."""

    guid: str
    name: str
    type: str  # managed | user-provided
    space: str
    offering: str | None = None
    plan: str | None = None
    operation: str = ""  # 'create succeeded', 'delete failed' …
    description: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Task(Record, frozen=True, kw_only=True):
    """One run of a command with an app's droplet, beside its processes."""

    guid: str
    name: str
    state: str  # PENDING, RUNNING, SUCCEEDED, CANCELING, FAILED
    created_at: datetime
    ended_at: datetime | None = None
    reason: str | None = None  # why it failed, in the platform's words
    memory_mb: int = 0
    disk_mb: int = 0


class Sidecar(Record, frozen=True, kw_only=True):
    """A further program in the container of a process; the instance ends when it ends."""

    name: str
    processes: tuple[str, ...] = ()  # types of process beside which it runs
    memory_mb: int | None = None


class Destination(Record, frozen=True, kw_only=True):
    """One app, and the process of it, to which a route leads."""

    app_guid: str
    app: str | None  # its name, where the app can be seen
    process: str = "web"
    port: int | None = None
    protocol: str | None = None
    weight: int | None = None


class Route(Record, frozen=True, kw_only=True):
    """An address that the router, or the platform's own name service, knows."""

    guid: str
    url: str  # host.domain[:port][/path]
    internal: bool
    space: str | None = None
    destinations: tuple[Destination, ...] = ()
    created_at: datetime | None = None


class Policy(Record, frozen=True, kw_only=True):
    """Which app may reach which, on the ports from `start` to `end`."""

    source: str  # app guid
    destination: str  # app guid
    protocol: str
    start: int
    end: int


class Address(Record, frozen=True, kw_only=True):
    """An address that an app's variables name: where it will connect to. Host and port only."""

    variable: str
    host: str
    port: int | None = None
    scheme: str | None = None


class SecurityRule(Record, frozen=True, kw_only=True):
    """One rule of a security group: what may be reached outside of the platform."""

    protocol: str  # tcp, udp, icmp, icmpv6, all
    destination: str  # an address, a range of them, or CIDR; several with commas
    ports: str = ""  # '443', '8080-8090', '80,443'; '' means all


class SecurityGroup(Record, frozen=True, kw_only=True):
    """What running apps of a space may reach outside of the platform."""

    name: str
    space: str
    rules: tuple[SecurityRule, ...] = ()


class Fetched(Record, frozen=True, kw_only=True):
    """One thing that a browser asks for when somebody opens an app's public route, and what it got."""

    app: str
    page: str  # the address that somebody opens: 'https://host/'
    url: str  # of this thing, without its query
    kind: Literal["page", "script", "style", "call"]
    asked: bool = True  # not asked: it is at a host that is none of the target's own routes
    status: int | None = None
    error: str = ""  # why there is no answer
    type: str = ""  # media type: 'text/html'
    redirects: tuple[str, ...] = ()  # where it was sent on, in order
    ended: Literal["", "elsewhere", "circle"] = ""  # the last redirect was not followed
    policy: str = ""  # of a page: its Content-Security-Policy
    inline: bool = False  # of a page: it has scripts of its own, without a nonce
    nonce: bool = False  # of a script: it carries one that the page's policy names
    origin: str = ""  # of a call: the Origin that was sent, where it goes to another host than the page's
    allow_origin: str = ""  # of such a call: Access-Control-Allow-Origin
    router_error: str = ""  # X-Cf-Routererror
    said: tuple[str, ...] = ()  # what the logs of router and app say of this request


class Certificate(Record, frozen=True, kw_only=True):
    """The certificate that a public route showed, and that was found good."""

    host: str
    names: tuple[str, ...] = ()
    expires: datetime | None = None


class App(Record, frozen=True, kw_only=True):
    """One app, and all that was read of it."""

    guid: str
    name: str
    space: str
    org: str
    state: str  # STARTED | STOPPED
    created_at: datetime
    role: Literal["target", "neighbour", "peer"] = "target"  # neighbour: the target talks to it
    commit: str | None = None  # from labels, annotations, variables
    commit_source: str = ""  # 'label commit', 'variable GIT_SHA'
    revisions_enabled: bool | Gap = True
    processes: tuple[Process, ...] | Gap = ()
    droplet: Droplet | Gap | None = None
    droplets: tuple[Droplet, ...] = ()  # of earlier revisions with which the running one is compared
    buildpacks: tuple[str, ...] = ()  # that somebody chose for it; none: whichever detects it
    stack: str | None = None
    builds: tuple[Build, ...] | Gap = ()
    deployments: tuple[Deployment, ...] | Gap = ()
    revisions: tuple[Revision, ...] | Gap = ()
    events: tuple[AuditEvent, ...] | Gap = ()
    variables: tuple[Variable, ...] | Gap = ()
    addresses: tuple[Address, ...] = ()
    bindings: tuple[Binding, ...] | Gap = ()
    routes: tuple[Route, ...] | Gap = ()
    logs: tuple[str, ...] | Gap = ()  # Log.id
    tasks: tuple[Task, ...] | Gap = ()  # newest first
    sidecars: tuple[Sidecar, ...] | Gap = ()
    memory: tuple[InstanceMemory, ...] | Gap = ()  # oldest first; only of apps that ran out of it


class DeletedApp(Record, frozen=True, kw_only=True):
    """An app that is no more, and that was not made again under its name."""

    guid: str
    name: str
    at: datetime
    by: str = ""


class Platform(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    """What one Cloud Foundry says of the target's apps and of what lies around them."""

    api: str
    apps: tuple[App, ...] | Gap
    services: tuple[Service, ...] | Gap = ()
    policies: tuple[Policy, ...] | Gap = ()
    routes: tuple[Route, ...] | Gap = ()  # those that addresses name, whoever owns them
    spaces_seen: tuple[str, ...] | Gap = ()  # spaces in which policies are visible to this user
    names: dict[str, str] = {}  # app GUID → name, of apps that policies name
    security_groups: tuple[SecurityGroup, ...] | Gap = ()
    fetched: tuple[Fetched, ...] = ()  # as a browser sees the target's public routes, where it was looked
    certificates: tuple[Certificate, ...] = ()
    deleted: tuple[DeletedApp, ...] | Gap = ()  # in the spaces of the target's apps, newest first
