"""Services: brokers, what they offer, instances and bindings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from runback.lab.platform.state.resource import Resource


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
