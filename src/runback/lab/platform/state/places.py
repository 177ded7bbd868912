"""Who may do what, and where: organizations, spaces, quotas, people; what a platform offers all of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from runback.lab.platform.state.resource import Resource

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
