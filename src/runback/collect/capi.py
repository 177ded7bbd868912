"""What the Cloud Foundry API answers, as far as Runback reads it.

Names and nesting are the API's (v3.228). Fields that older or other platforms leave out have defaults; a
field that is not named here is not read at all, which is how evidence stays an allow-list.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

Item = TypeVar("Item")


class Guid(msgspec.Struct):
    guid: str


class Named(msgspec.Struct):
    name: str = ""


class To(msgspec.Struct):
    """One relationship."""

    data: Guid | None = None


class Relationships(msgspec.Struct):
    """A relationship that does not exist can be left out, null, or hold null."""

    space: To | None = None
    organization: To | None = None
    app: To | None = None
    revision: To | None = None
    service_instance: To | None = None
    service_plan: To | None = None
    service_offering: To | None = None

    def guid(self, name: str) -> str:
        """The GUID that the relationship points to, or ''."""
        found: To | None = getattr(self, name)
        return found.data.guid if found and found.data else ""


class Metadata(msgspec.Struct):
    labels: dict[str, str | None] = {}
    annotations: dict[str, str | None] = {}


class Href(msgspec.Struct):
    href: str = ""


class Pagination(msgspec.Struct):
    next: Href | None = None


class Space(msgspec.Struct):
    guid: str
    name: str
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Organization(msgspec.Struct):
    guid: str
    name: str


class LifecycleData(msgspec.Struct):
    buildpacks: list[str] | None = None
    stack: str | None = None


class Lifecycle(msgspec.Struct):
    type: str = "buildpack"
    data: LifecycleData | None = None


class App(msgspec.Struct):
    guid: str
    name: str
    state: str
    created_at: datetime
    lifecycle: Lifecycle | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)
    metadata: Metadata = msgspec.field(default_factory=Metadata)


class Operation(msgspec.Struct):
    type: str = ""
    state: str = ""
    description: str | None = None


class Instance(msgspec.Struct):
    guid: str
    name: str
    type: str = "managed"
    created_at: datetime | None = None
    updated_at: datetime | None = None
    last_operation: Operation | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Plan(msgspec.Struct):
    guid: str
    name: str = ""
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Offering(msgspec.Struct):
    guid: str
    name: str = ""


class Included(msgspec.Struct):
    spaces: list[Space] = []
    organizations: list[Organization] = []
    service_instances: list[Instance] = []
    service_plans: list[Plan] = []
    service_offerings: list[Offering] = []


class Page(msgspec.Struct, Generic[Item]):
    """One page of a list."""

    resources: list[Item] = []
    pagination: Pagination = msgspec.field(default_factory=Pagination)
    included: Included = msgspec.field(default_factory=Included)

    def following(self) -> str | None:
        return self.pagination.next.href if self.pagination.next else None


class DestinationProcess(msgspec.Struct):
    type: str = "web"


class DestinationApp(msgspec.Struct):
    guid: str
    process: DestinationProcess | None = None


class Destination(msgspec.Struct):
    app: DestinationApp
    port: int | None = None
    protocol: str | None = None
    weight: int | None = None


class Route(msgspec.Struct):
    guid: str
    url: str
    created_at: datetime | None = None
    destinations: list[Destination] = []
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Domain(msgspec.Struct):
    guid: str
    name: str
    internal: bool = False


class Role(msgspec.Struct):
    type: str = ""
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class HealthData(msgspec.Struct):
    timeout: int | None = None
    endpoint: str | None = None


class Health(msgspec.Struct):
    type: str = "port"
    data: HealthData | None = None


class Process(msgspec.Struct):
    guid: str
    type: str
    instances: int
    memory_in_mb: int
    disk_in_mb: int
    command: str | None = None
    health_check: Health | None = None
    readiness_health_check: Health | None = None
    created_at: datetime | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Usage(msgspec.Struct):
    cpu: float | None = None
    mem: int | None = None
    disk: int | None = None


class Stat(msgspec.Struct):
    index: int
    state: str
    uptime: int | None = None
    usage: Usage | None = None
    mem_quota: int | None = None
    disk_quota: int | None = None
    details: str | None = None
    instance_internal_ip: str | None = None
    routable: bool | None = None


class Stats(msgspec.Struct):
    resources: list[Stat] = []


class Buildpack(msgspec.Struct):
    name: str = ""
    buildpack_name: str | None = None
    version: str | None = None


class Droplet(msgspec.Struct):
    guid: str
    state: str
    created_at: datetime
    error: str | None = None
    stack: str | None = None
    buildpacks: list[Buildpack] | None = None
    metadata: Metadata = msgspec.field(default_factory=Metadata)


class Build(msgspec.Struct):
    guid: str
    state: str
    created_at: datetime
    error: str | None = None
    droplet: Guid | None = None
    created_by: Named | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class StatusDetails(msgspec.Struct):
    last_successful_healthcheck: datetime | None = None
    error: str | None = None


class Status(msgspec.Struct):
    value: str = ""
    reason: str = ""
    details: StatusDetails | None = None


class Deployment(msgspec.Struct):
    guid: str
    status: Status
    created_at: datetime
    updated_at: datetime | None = None
    strategy: str = "rolling"
    droplet: dict[str, Any] | None = None  # {} where the droplet is gone
    previous_droplet: dict[str, Any] | None = None
    revision: dict[str, Any] | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Revision(msgspec.Struct):
    guid: str
    version: int
    created_at: datetime
    description: str | None = None
    deployable: bool = True
    droplet: dict[str, Any] | None = None
    processes: dict[str, Command] = {}
    sidecars: list[Sidecar] = []


class Command(msgspec.Struct):
    """A revision's process: the command that somebody gave it, none where the buildpack's runs."""

    command: str | None = None


class Sidecar(msgspec.Struct):
    name: str
    process_types: list[str] = []
    memory_in_mb: int | None = None


class TaskResult(msgspec.Struct):
    failure_reason: str | None = None


class Task(msgspec.Struct):
    guid: str
    name: str
    state: str
    created_at: datetime
    updated_at: datetime | None = None
    memory_in_mb: int = 0
    disk_in_mb: int = 0
    result: TaskResult | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Feature(msgspec.Struct):
    enabled: bool


class Actor(msgspec.Struct):
    name: str | None = None
    type: str | None = None


class EventTarget(msgspec.Struct):
    guid: str = ""
    name: str | None = None


class Event(msgspec.Struct):
    guid: str
    type: str
    created_at: datetime
    actor: Actor | None = None
    target: EventTarget | None = None
    data: dict[str, Any] | None = None


class CredentialBinding(msgspec.Struct):
    type: str = "app"
    created_at: datetime | None = None
    last_operation: Operation | None = None
    relationships: Relationships = msgspec.field(default_factory=Relationships)


class Environment(msgspec.Struct):
    environment_variables: dict[str, Any] = {}
    running_env_json: dict[str, Any] = {}
    staging_env_json: dict[str, Any] = {}
    system_env_json: dict[str, Any] = {}


class RevisionVariables(msgspec.Struct):
    var: dict[str, Any] = {}


Apps: TypeAlias = Page[App]
Spaces: TypeAlias = Page[Space]
Routes: TypeAlias = Page[Route]
Domains: TypeAlias = Page[Domain]
Roles: TypeAlias = Page[Role]
Processes: TypeAlias = Page[Process]
Builds: TypeAlias = Page[Build]
Deployments: TypeAlias = Page[Deployment]
Revisions: TypeAlias = Page[Revision]
Events: TypeAlias = Page[Event]
CredentialBindings: TypeAlias = Page[CredentialBinding]
Instances: TypeAlias = Page[Instance]
Tasks: TypeAlias = Page[Task]
