"""The parts of a world that stand before its apps: organization, spaces, people, domains, buildpacks,
services.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from runback.errors import ConfigurationError
from runback.lab.platform.state import (
    Buildpack,
    Domain,
    Organization,
    Quota,
    ServiceBroker,
    ServiceInstance,
    ServiceOffering,
    ServicePlan,
    Space,
    Stack,
    User,
)

if TYPE_CHECKING:
    from datetime import datetime
    from typing import TypedDict

    from runback.lab.platform.topology import OfferingEntry, Topology
    from runback.lab.platform.world import World

    class _Born(TypedDict):
        guid: str
        created_at: datetime
        updated_at: datetime


_T = TypeVar("_T")


class Population:
    """Fills a world from a topology, and finds by name what it has made."""

    def __init__(self, world: World, topology: Topology, file: str) -> None:
        self._world = world
        self._topology = topology
        self._file = file
        self.spaces: dict[str, Space] = {}
        self.users: dict[str, User] = {}
        self._domains: dict[str, Domain] = {}
        self._plans: dict[str, ServicePlan] = {}

    def fill(self) -> None:
        self._world.state.feature_flags |= self._topology.feature_flags
        organization = self._organization()
        self._users(organization)
        for domain in self._topology.domains:
            made = Domain(**self._born(), name=domain.name, internal=domain.internal)
            self._world.state.domains[made.guid] = self._domains[domain.name] = made
        self._buildpacks()
        broker = ServiceBroker(**self._born(), name="aws-broker", url="https://broker.lab.example")
        self._world.state.brokers[broker.guid] = broker
        for offering in self._topology.offerings:
            self._offering(offering, broker)
        self._services()

    def domain(self, name: str) -> Domain:
        return self._one(self._domains, name, "domain")

    def program(self, name: str) -> str:
        self._one(self._world.programs, name, "program")
        return name

    def service(self, space: Space, name: str) -> ServiceInstance:
        found = self._world.services.find(space, name)
        if found is None:
            raise ConfigurationError(f"{self._file}: there is no service {name!r} in {space.name}")
        return found

    def _organization(self) -> Organization:
        state = self._world.state
        entry = self._topology.quota
        quota = Quota(
            **self._born(),
            name=entry.name,
            total_memory_mb=entry.memory_mb,
            per_process_memory_mb=entry.process_memory_mb,
            total_routes=entry.routes,
            total_service_instances=entry.services,
        )
        state.quotas[quota.guid] = quota
        organization = Organization(**self._born(), name=self._topology.organization, quota_guid=quota.guid)
        state.organizations[organization.guid] = organization
        for name in self._topology.spaces:
            space = Space(**self._born(), name=name, organization_guid=organization.guid)
            state.spaces[space.guid] = self.spaces[name] = space
        return organization

    def _users(self, organization: Organization) -> None:
        for entry in self._topology.users:
            user = User(
                **self._born(),
                username=entry.name,
                password=entry.password,
                is_client=entry.client,
                scopes=entry.scopes,
            )
            self._world.state.users[user.guid] = self.users[entry.name] = user
            self._world.roles.grant(user, "organization_user", organization=organization.guid)
            for space, roles in entry.roles.items():
                for role in roles:
                    self._world.roles.grant(user, role, space=self._one(self.spaces, space, "space"))

    def _buildpacks(self) -> None:
        state = self._world.state
        stack = Stack(
            **self._born(),
            name="cflinuxfs4",
            description="Cloud Foundry Linux-based filesystem (Ubuntu 22.04)",
            default=True,
        )
        state.stacks[stack.guid] = stack
        for position, entry in enumerate(self._topology.buildpacks, 1):
            buildpack = Buildpack(
                **self._born(),
                name=entry.name,
                stack=entry.stack,
                position=position,
                version=entry.version,
                filename=f"{entry.name.replace('_', '-')}-{entry.stack}-v{entry.version}.zip",
                runtimes=dict(entry.runtimes),
            )
            state.buildpacks[buildpack.guid] = buildpack

    def _offering(self, entry: OfferingEntry, broker: ServiceBroker) -> None:
        state = self._world.state
        used = any(one.offering == entry.name for one in self._topology.services)
        offering = ServiceOffering(
            **self._born("" if used else entry.name),
            name=entry.name,
            description=entry.description,
            broker_guid=broker.guid,
            tags=entry.tags,
            credentials=dict(entry.credentials),
            shareable=entry.shareable,
        )
        state.offerings[offering.guid] = offering
        for name in (entry.plan, *entry.more_plans):
            named = "" if used and name == entry.plan else f"{entry.name} {name}"
            plan = ServicePlan(**self._born(named), name=name, offering_guid=offering.guid)
            state.plans[plan.guid] = plan
            self._plans.setdefault(entry.name, plan)

    def _services(self) -> None:
        actor = next(iter(self.users.values()))
        for entry in self._topology.services:
            plan = self._one(self._plans, entry.offering, "offering")
            if entry.plan:
                plan = ServicePlan(**self._born(), name=entry.plan, offering_guid=plan.offering_guid)
                self._world.state.plans[plan.guid] = plan
            for name in entry.spaces:
                space = self._one(self.spaces, name, "space")
                full = entry.name.replace("{suffix}", name.split("-", 1)[-1])
                instance = self._world.services.create(actor, space, full, plan)
                for key in entry.keys:
                    self._world.services.key(actor, instance, key)

    def _born(self, named: str = "") -> _Born:
        """A new resource's guid and times. What has its guid of a name leaves the others theirs."""
        now = self._world.clock.now()
        guid = str(uuid.uuid5(uuid.NAMESPACE_DNS, named)) if named else self._world.guid()
        return {"guid": guid, "created_at": now, "updated_at": now}

    def _one(self, known: Mapping[str, _T], name: str, what: str) -> _T:
        if name not in known:
            raise ConfigurationError(
                f"{self._file}: there is no {what} {name!r}; there are: {', '.join(known)}"
            )
        return known[name]
