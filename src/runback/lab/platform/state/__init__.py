"""The platform's state: what Cloud Controller, Diego, the policy server and log-cache remember.

Names are those of the v3 API where it has one. Resources refer to each other by guid, as the API does. Sizes
are megabytes where the API says so (`memory_mb`), times aware UTC.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from runback.lab.platform.state.apps import (
    App,
    Bits,
    Build,
    Deployment,
    DesiredProcess,
    DetectedBuildpack,
    Droplet,
    HealthCheck,
    Instance,
    Package,
    Process,
    Revision,
    Task,
)
from runback.lab.platform.state.places import (
    FEATURE_FLAGS,
    Buildpack,
    Domain,
    Organization,
    Quota,
    Role,
    Space,
    Stack,
    User,
)
from runback.lab.platform.state.resource import Resource
from runback.lab.platform.state.routing import Destination, Policy, Route
from runback.lab.platform.state.services import (
    CredentialBinding,
    LastOperation,
    ServiceBroker,
    ServiceInstance,
    ServiceOffering,
    ServicePlan,
)
from runback.lab.platform.state.telling import LOG_CACHE_LINES, AuditEvent, Envelope, Job, Party

__all__ = [
    "FEATURE_FLAGS",
    "LOG_CACHE_LINES",
    "App",
    "AuditEvent",
    "Bits",
    "Build",
    "Buildpack",
    "CredentialBinding",
    "Deployment",
    "DesiredProcess",
    "Destination",
    "DetectedBuildpack",
    "Domain",
    "Droplet",
    "Envelope",
    "HealthCheck",
    "Instance",
    "Job",
    "LastOperation",
    "Organization",
    "Package",
    "Party",
    "Policy",
    "Process",
    "Quota",
    "Resource",
    "Revision",
    "Role",
    "Route",
    "ServiceBroker",
    "ServiceInstance",
    "ServiceOffering",
    "ServicePlan",
    "Space",
    "Stack",
    "State",
    "Task",
    "User",
]


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
