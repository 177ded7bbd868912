"""Apps and all that is made of them: processes, packages, droplets, revisions, deployments, tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from runback.lab.platform.state.places import User
from runback.lab.platform.state.resource import Resource

if TYPE_CHECKING:
    from runback.lab.clock import Timer
    from runback.lab.platform.behaviour import Behaviour


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
