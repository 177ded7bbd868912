"""What a world's `topology.yml` may say. Read by `loading`; every field is a key of the file."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaEntry:
    name: str
    memory_mb: int | None = None
    process_memory_mb: int | None = None
    routes: int | None = None
    services: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEntry:
    name: str
    password: str = ""
    client: bool = False  # an OAuth client (client_credentials) instead of a person
    scopes: tuple[str, ...] = ("cloud_controller.read", "cloud_controller.write", "openid")
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)  # space → roles


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEntry:
    name: str
    internal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackEntry:
    name: str
    version: str
    stack: str = "cflinuxfs4"
    runtimes: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingEntry:
    name: str
    plan: str
    description: str = ""
    tags: tuple[str, ...] = ()
    shareable: bool = False
    more_plans: tuple[str, ...] = ()  # beside the one that its instances have
    credentials: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntry:
    """One service instance in each of `spaces`; '{suffix}' is the end of the space's name."""

    name: str
    offering: str
    spaces: tuple[str, ...]
    plan: str = ""  # another one than the offering's first
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentEntry:
    name: str
    space: str
    host: str = ""  # of the public route; '' means the app's name
    instances: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEntry:
    host: str
    domain: str
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushEntry:
    """One deployment of the past."""

    days_ago: float
    commit: str = ""  # its name in the world's history; '' leaves the app without the label that says it


@dataclass(frozen=True, slots=True, kw_only=True)
class AppEntry:
    """One app, or one for each environment of `spaces`: {env}, {host}, {space} and {suffix} are filled in."""

    name: str
    program: str
    space: str = ""  # of a single app; without it there is one for each environment
    sources: str = ""  # folder with the files of its package, beside the topology
    buildpacks: tuple[str, ...] = ()
    memory_mb: int = 512
    disk_mb: int = 1024
    instances: int = 1
    health: str = "port"  # port, process, or the path of an http check
    command: str = ""  # '' means the program's own
    routes: tuple[RouteEntry, ...] = ()
    services: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    pushes: tuple[PushEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEntry:
    """One policy, or one for each environment where a name holds {env}."""

    source: str
    destination: str
    port: int
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    organization: str
    quota: QuotaEntry
    spaces: tuple[str, ...]
    users: tuple[UserEntry, ...]
    domains: tuple[DomainEntry, ...]
    buildpacks: tuple[BuildpackEntry, ...]
    offerings: tuple[OfferingEntry, ...]
    services: tuple[ServiceEntry, ...]
    environments: tuple[EnvironmentEntry, ...]
    apps: tuple[AppEntry, ...]
    policies: tuple[PolicyEntry, ...]
    feature_flags: dict[str, bool] = field(default_factory=dict)  # where not as by default
    history_days: float = 12.0
    system_domain: str = "lab.example"
