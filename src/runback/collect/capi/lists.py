"""Lists, page by page, with what an answer includes."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

import msgspec

from runback.collect.capi.apps import App, Build, Process
from runback.collect.capi.history import Deployment, Event, Revision, Task
from runback.collect.capi.places import Domain, Organization, Role, Route, Space
from runback.collect.capi.services import CredentialBinding, Instance, Offering, Plan

Item = TypeVar("Item")


class Href(msgspec.Struct):
    href: str = ""


class Pagination(msgspec.Struct):
    next: Href | None = None


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
