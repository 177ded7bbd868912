"""The platform's state: what Cloud Controller, Diego, the policy server and log-cache remember.

Names are those of the v3 API where it has one. Resources refer to each other by guid, as the API does. Sizes
are megabytes where the API says so (`memory_mb`), times aware UTC.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from runback.lab.clock import Timer
    from runback.lab.platform.behaviour import Behaviour

# cloud_controller_ng, app/models/runtime/feature_flag.rb: DEFAULT_FLAGS, in the order of their names
FEATURE_FLAGS = {
    "app_bits_upload": True,
    "app_scaling": True,
    "diego_cnb": False,
    "diego_docker": False,
    "env_var_visibility": True,
    "hash_based_routing": False,
    "hide_marketplace_from_unauthenticated_users": False,
    "private_domain_creation": True,
    "resource_matching": True,
    "route_creation": True,
    "route_sharing": False,
    "service_instance_creation": True,
    "service_instance_sharing": False,
    "set_roles_by_username": True,
    "space_developer_env_var_visibility": True,
    "space_scoped_private_broker_creation": True,
    "task_creation": True,
    "unset_roles_by_username": True,
    "user_org_creation": False,
}
LOG_CACHE_LINES = 5000  # of one source; log-cache's own default is far higher, its memory decides


@dataclass(slots=True, kw_only=True)
class Resource:
    guid: str
    created_at: datetime
    updated_at: datetime
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


# --- who and where ---------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Quota(Resource):
    """An organization's or a space's quota; None means no limit."""

    name: str
    organization_guid: str | None = None  # of a space quota
    total_memory_mb: int | None = None
    per_process_memory_mb: int | None = None
    total_instances: int | None = None
    per_app_tasks: int | None = None
    log_rate_limit: int | None = None
    paid_services: bool = True
    total_service_instances: int | None = None
    total_service_keys: int | None = None
    total_routes: int | None = None
    total_reserved_ports: int | None = None


@dataclass(slots=True, kw_only=True)
class Organization(Resource):
    name: str
    quota_guid: str
    suspended: bool = False


@dataclass(slots=True, kw_only=True)
class Space(Resource):
    name: str
    organization_guid: str
    quota_guid: str | None = None
    ssh_enabled: bool = True


@dataclass(slots=True, kw_only=True)
class User(Resource):
    """A UAA account: a person, a service account, or an OAuth client."""

    username: str
    origin: str = "uaa"
    password: str = ""  # or the client's secret
    is_client: bool = False
    scopes: tuple[str, ...] = ("cloud_controller.read", "cloud_controller.write", "openid")


@dataclass(slots=True, kw_only=True)
class Role(Resource):
    type: str  # space_developer, space_auditor, space_manager, space_supporter, organization_user …
    user_guid: str
    space_guid: str | None = None
    organization_guid: str | None = None


@dataclass(slots=True, kw_only=True)
class Domain(Resource):
    name: str
    internal: bool = False
    organization_guid: str | None = None  # None: shared with everybody
    supported_protocols: tuple[str, ...] = ("http",)


@dataclass(slots=True, kw_only=True)
class Stack(Resource):
    name: str
    description: str = ""
    default: bool = False


@dataclass(slots=True, kw_only=True)
class Buildpack(Resource):
    name: str
    stack: str
    position: int
    version: str
    filename: str
    state: str = "READY"
    enabled: bool = True
    locked: bool = False
    lifecycle: str = "buildpack"
    # runtime → versions that this buildpack can install, newest first
    runtimes: dict[str, tuple[str, ...]] = field(default_factory=dict)


# --- apps ------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class App(Resource):
    name: str
    space_guid: str
    state: Literal["STARTED", "STOPPED"] = "STOPPED"
    buildpacks: list[str] = field(default_factory=list)
    stack: str = "cflinuxfs4"
    environment: dict[str, str] = field(default_factory=dict)
    droplet_guid: str | None = None  # the current droplet
    revisions_enabled: bool = True
    ssh_enabled: bool = True
    program: str | None = None  # whose behaviour its packages have when they do not say so


@dataclass(slots=True, kw_only=True)
class HealthCheck:
    type: Literal["port", "process", "http"] = "port"
    timeout: int | None = None
    invocation_timeout: int | None = None
    interval: int | None = None
    endpoint: str | None = None


@dataclass(slots=True)
class Instance:
    """One actual LRP. `state` is what stats say."""

    index: int
    guid: str
    state: Literal["STARTING", "RUNNING", "CRASHED", "DOWN", "STOPPING"]
    since: datetime  # in this state
    host: str = ""
    ip: str = ""
    external_port: int = 0
    crash_count: int = 0
    details: str | None = None  # a placement error only
    useful: bool = True  # its program has what it needs, whatever the platform thinks of it
    ready: bool = True  # it passes its readiness check, or has none
    timers: list[Timer] = field(default_factory=list, compare=False)


@dataclass(slots=True, kw_only=True)
class DesiredProcess:
    """What Diego was asked to run (the desired LRP): fixed until the process is started anew.

    This is why a variable set with `cf set-env` is not seen before a restart.
    """

    droplet_guid: str
    environment: dict[str, str]  # all of it: the app's own, VCAP_SERVICES, VCAP_APPLICATION, PORT
    services: dict[str, list[dict[str, object]]]  # VCAP_SERVICES, parsed
    command: str
    behaviour: Behaviour
    health_check: HealthCheck
    readiness: HealthCheck
    memory_mb: int
    disk_mb: int
    since: datetime


@dataclass(slots=True, kw_only=True)
class Process(Resource):
    app_guid: str
    type: str
    command: str | None = None  # set by a person; None: the droplet's
    instances: int = 1  # desired
    memory_mb: int = 1024
    disk_mb: int = 1024
    log_rate_limit: int = -1
    health_check: HealthCheck = field(default_factory=HealthCheck)
    readiness_health_check: HealthCheck = field(default_factory=lambda: HealthCheck(type="process"))
    version: str = ""
    revision_guid: str | None = None
    desired: DesiredProcess | None = None  # None: stopped
    actual: dict[int, Instance] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Bits:
    """What a package holds, as far as the lab runs it."""

    commit: str = ""
    files: dict[str, bytes] = field(default_factory=dict)  # small text files: requirements.txt, nginx.conf …
    behaviour: Behaviour | None = None
    size: int = 0
    checksum: str = ""  # sha256


@dataclass(slots=True, kw_only=True)
class Package(Resource):
    app_guid: str
    type: str = "bits"
    state: str = "AWAITING_UPLOAD"
    bits: Bits | None = None
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class Build(Resource):
    app_guid: str
    package_guid: str
    state: Literal["STAGING", "STAGED", "FAILED"] = "STAGING"
    error: str | None = None
    droplet_guid: str | None = None
    buildpacks: list[str] = field(default_factory=list)
    stack: str = "cflinuxfs4"
    memory_mb: int = 1024
    disk_mb: int = 1024
    created_by: User


@dataclass(slots=True)
class DetectedBuildpack:
    name: str
    detect_output: str
    version: str
    buildpack_name: str


@dataclass(slots=True, kw_only=True)
class Droplet(Resource):
    app_guid: str
    package_guid: str
    state: str = "STAGED"
    buildpacks: list[DetectedBuildpack] = field(default_factory=list)
    stack: str = "cflinuxfs4"
    process_types: dict[str, str] = field(default_factory=dict)
    checksum: str = ""
    error: str | None = None
    behaviour: Behaviour
    commit: str = ""


@dataclass(slots=True, kw_only=True)
class Revision(Resource):
    app_guid: str
    version: int
    droplet_guid: str
    description: str
    environment: dict[str, str]  # a snapshot of the app's own variables
    commands: dict[str, str | None]  # process type → command set by a person
    process_types: dict[str, str] = field(default_factory=dict)  # the droplet's commands


@dataclass(slots=True, kw_only=True)
class Deployment(Resource):
    app_guid: str
    strategy: Literal["rolling", "canary"] = "rolling"
    status: Literal["ACTIVE", "FINALIZED"] = "ACTIVE"
    reason: str = "DEPLOYING"  # DEPLOYING, PREPAUSED, PAUSED, CANCELING, DEPLOYED, CANCELED, SUPERSEDED
    droplet_guid: str = ""
    previous_droplet_guid: str | None = None
    revision_guid: str | None = None
    revision_version: int | None = None
    new_process_guid: str = ""
    new_process_type: str = "web"
    old_process_guid: str = ""
    original_web_instances: int = 1
    max_in_flight: int = 1
    options: dict[str, int] = field(default_factory=dict)  # the sizes that were chosen, by the API's names
    last_successful_healthcheck: datetime
    last_status_change: datetime
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class Task(Resource):
    app_guid: str
    sequence_id: int
    name: str
    command: str
    state: str = "RUNNING"  # PENDING, RUNNING, SUCCEEDED, CANCELING, FAILED
    memory_mb: int = 1024
    disk_mb: int = 1024
    failure_reason: str | None = None
    droplet_guid: str = ""


# --- routes and policies ---------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Destination:
    guid: str
    app_guid: str
    process_type: str = "web"
    port: int | None = None  # None: the app's own ($PORT, 8080)
    protocol: str | None = "http1"
    weight: int | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, kw_only=True)
class Route(Resource):
    host: str
    domain_guid: str
    space_guid: str
    path: str = ""
    port: int | None = None
    protocol: str = "http"
    destinations: list[Destination] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Policy:
    source_id: str  # app guids
    destination_id: str
    protocol: str
    start: int
    end: int


# --- services --------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class ServiceBroker(Resource):
    name: str
    url: str


@dataclass(slots=True, kw_only=True)
class ServiceOffering(Resource):
    name: str
    description: str
    broker_guid: str
    tags: tuple[str, ...] = ()
    # the credentials a binding gets; '{…}' parts are filled in by the world (fake, and marked so)
    credentials: dict[str, object] = field(default_factory=dict)
    # how its broker answers: at once (0) or after so many seconds, and with which complaint
    create_seconds: float = 0.0
    bind_seconds: float = 0.0
    failure: str = ""
    shareable: bool = False  # with other spaces


@dataclass(slots=True, kw_only=True)
class ServicePlan(Resource):
    name: str
    offering_guid: str
    description: str = ""
    free: bool = False


@dataclass(slots=True, kw_only=True)
class LastOperation:
    type: str = "create"
    state: str = "succeeded"
    description: str = ""
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, kw_only=True)
class ServiceInstance(Resource):
    name: str
    space_guid: str
    type: Literal["managed", "user-provided"] = "managed"
    plan_guid: str | None = None
    tags: tuple[str, ...] = ()
    shared_with: list[str] = field(default_factory=list)  # guids of other spaces
    credentials: dict[str, object] = field(default_factory=dict)  # of a user-provided one
    last_operation: LastOperation
    migrations: list[str] | None = None  # of a database: those that were run; None: nobody ran any here
    trouble: str = (
        ""  # one of troubles.py: what is wrong behind the binding, of which the platform knows nothing
    )


@dataclass(slots=True, kw_only=True)
class CredentialBinding(Resource):
    type: Literal["app", "key"]
    service_instance_guid: str
    app_guid: str | None = None
    name: str | None = None
    credentials: dict[str, object] = field(default_factory=dict)
    last_operation: LastOperation


# --- what is told ----------------------------------------------------------------------------------


@dataclass(slots=True, frozen=True)
class Party:
    """The actor or the target of an audit event."""

    guid: str
    type: str  # user, app, process, route …
    name: str


@dataclass(slots=True, kw_only=True)
class AuditEvent(Resource):
    type: str
    actor: Party
    target: Party
    data: dict[str, object] = field(default_factory=dict)
    space_guid: str | None = None
    organization_guid: str | None = None


@dataclass(slots=True, frozen=True)
class Envelope:
    """One log line as log-cache keeps it."""

    timestamp: int  # nanoseconds since the epoch
    source_type: str  # APP/PROC/WEB, RTR, CELL, STG, API …
    instance_id: str
    payload: bytes
    type: Literal["OUT", "ERR"]


@dataclass(slots=True, kw_only=True)
class Job(Resource):
    """An asynchronous job of Cloud Controller (`GET /v3/jobs/{guid}`)."""

    operation: str  # app.delete, service_bindings.create …
    state: str = "COMPLETE"  # PROCESSING, POLLING, COMPLETE, FAILED
    errors: list[dict[str, object]] = field(default_factory=list)
    watched: LastOperation | None = None  # the broker's work that it waits for
    word: str = ""  # what Cloud Controller calls that work in an error


@dataclass(slots=True)
class State:
    """Every resource by guid, in order of creation."""

    quotas: dict[str, Quota] = field(default_factory=dict)  # of organizations
    space_quotas: dict[str, Quota] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    stacks: dict[str, Stack] = field(default_factory=dict)
    buildpacks: dict[str, Buildpack] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    builds: dict[str, Build] = field(default_factory=dict)
    droplets: dict[str, Droplet] = field(default_factory=dict)
    revisions: dict[str, Revision] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)
    brokers: dict[str, ServiceBroker] = field(default_factory=dict)
    offerings: dict[str, ServiceOffering] = field(default_factory=dict)
    plans: dict[str, ServicePlan] = field(default_factory=dict)
    service_instances: dict[str, ServiceInstance] = field(default_factory=dict)
    bindings: dict[str, CredentialBinding] = field(default_factory=dict)
    events: dict[str, AuditEvent] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    cell_memory_mb: int = 65_536  # of each cell
    dropped_hosts: set[str] = field(default_factory=set)  # packets to them vanish beyond the platform
    feature_flags: dict[str, bool] = field(default_factory=FEATURE_FLAGS.copy)
    logs: dict[str, deque[Envelope]] = field(default_factory=dict)  # app guid → lines in order of arrival
