"""A small world served over HTTP, and people who ask it: what the tests of the platform's API share."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import urllib3

from runback.lab.clock import Clock
from runback.lab.platform.api import Servers
from runback.lab.platform.behaviour import Behaviour
from runback.lab.platform.state import (
    Buildpack,
    Domain,
    Organization,
    Quota,
    ServiceBroker,
    ServiceOffering,
    ServicePlan,
    Space,
    Stack,
    User,
)
from runback.lab.platform.world import World

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
BEHAVIOUR = "runtime: python\nruns: plain\ncommands: {web: serve}\n"
PROGRAM = Behaviour(program="shop", runs="plain", commands={"web": "serve"}, start_seconds=1.0)


def small_world() -> World:
    """One organization, two spaces, a developer of the first, an auditor, a stranger and a client."""
    world = World(Clock(NOON), {"shop": PROGRAM})
    state = world.state

    def made(**more: Any) -> dict[str, Any]:
        return {"guid": world.guid(), "created_at": NOON, "updated_at": NOON, **more}

    quota = Quota(**made(name="trial", total_memory_mb=4096))
    organization = Organization(**made(name="acme", quota_guid=quota.guid))
    dev = Space(**made(name="dev", organization_guid=organization.guid))
    prod = Space(**made(name="prod", organization_guid=organization.guid))
    ann = User(**made(username="ann@lab.example", password="wonder"))
    bob = User(**made(username="bob@lab.example", password="builder"))
    eve = User(**made(username="eve@lab.example", password="drop"))
    robot = User(**made(username="robot", password="oil", is_client=True))
    broker = ServiceBroker(**made(name="brokers", url="https://broker.lab.example"))
    offering = ServiceOffering(
        **made(name="aws-rds", description="databases", broker_guid=broker.guid, credentials={"host": "db"})
    )
    plan = ServicePlan(**made(name="micro-psql", offering_guid=offering.guid))
    state.quotas[quota.guid] = quota
    state.organizations[organization.guid] = organization
    state.spaces.update({each.guid: each for each in (dev, prod)})
    state.users.update({each.guid: each for each in (ann, bob, eve, robot)})
    state.brokers[broker.guid] = broker
    state.offerings[offering.guid] = offering
    state.plans[plan.guid] = plan
    for domain in (Domain(**made(name="lab.example")), Domain(**made(name="apps.internal", internal=True))):
        state.domains[domain.guid] = domain
    stack = Stack(**made(name="cflinuxfs4", description="Ubuntu 22.04", default=True))
    state.stacks[stack.guid] = stack
    for position, runtime in enumerate(("python", "nginx"), 1):
        name = f"{runtime}_buildpack"
        buildpack = Buildpack(
            **made(
                name=name,
                stack=stack.name,
                position=position,
                version="1.8.40",
                filename=f"{name}-v1.8.40.zip",
                runtimes={runtime: ("3.11.9",)},
            )
        )
        state.buildpacks[buildpack.guid] = buildpack
    state.feature_flags["diego_docker"] = False
    world.roles.grant(ann, "organization_user", organization=organization.guid)
    for user in (ann, robot):
        world.roles.grant(user, "space_developer", space=dev)
    world.roles.grant(bob, "space_auditor", space=dev)
    return world


@dataclass
class Person:
    """Somebody with a token, and what they ask."""

    servers: Servers
    token: str = ""
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def ask(
        self, method: str, path: str, body: Any = None, *, at: str = "", **headers: str
    ) -> urllib3.BaseHTTPResponse:
        if self.token:
            headers.setdefault("Authorization", f"bearer {self.token}")
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        url = (at or self.servers.api.url) + path
        return self.pool.request(method, url, body=data, headers=headers, redirect=False)

    def get(self, path: str, *, at: str = "") -> Any:
        answer = self.ask("GET", path, at=at)
        assert answer.status == 200, answer.data
        return answer.json()

    def one(self, path: str) -> Any:
        (resource,) = self.get(path)["resources"]
        return resource

    def done(self, method: str, path: str, body: Any = None, status: int = 201) -> Any:
        answer = self.ask(method, path, body)
        assert answer.status == status, answer.data
        return answer.json() if answer.data else None

    def job(self, answer: urllib3.BaseHTTPResponse) -> Any:
        assert answer.status == 202, answer.data
        return self.ask("GET", answer.headers["Location"].removeprefix(self.servers.api.url)).json()


@dataclass
class Platform:
    """A small world that is served, and the people of it."""

    world: World
    servers: Servers
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        if name not in self.people:
            self.people[name] = Person(self.servers, self.servers.tokens.token(self.user(name)))
        return self.people[name]

    def user(self, name: str) -> User:
        return next(each for each in self.world.state.users.values() if each.username.startswith(name))

    def advance(self, seconds: float) -> None:
        with self.world.entered():
            self.world.clock.advance(seconds)


@contextmanager
def served() -> Iterator[Platform]:
    world = small_world()
    with Servers(world) as servers:
        platform = Platform(world, servers)
        platform.people["nobody"] = Person(servers)
        yield platform
        for somebody in platform.people.values():
            somebody.pool.clear()


def grant(servers: Servers, form: dict[str, str], client: str = "cf:") -> urllib3.BaseHTTPResponse:
    basic = base64.b64encode(client.encode()).decode()
    with urllib3.PoolManager(retries=False) as pool:
        return pool.request(
            "POST",
            f"{servers.uaa.url}/oauth/token",
            body=urlencode(form).encode(),
            headers={"Authorization": f"Basic {basic}"},
        )


def space_of(ann: Person, name: str = "dev") -> str:
    return str(ann.one(f"/v3/spaces?names={name}")["guid"])


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def pushed(ann: Person, world: World, name: str = "shop") -> dict[str, Any]:
    """An app with a staged droplet, started."""
    space = space_of(ann)
    app = ann.done("POST", "/v3/apps", {"name": name, "relationships": {"space": {"data": {"guid": space}}}})
    staged = stage(ann, world, app["guid"])
    path = f"/v3/apps/{app['guid']}"
    ann.done("PATCH", f"{path}/relationships/current_droplet", {"data": {"guid": staged}}, 200)
    ann.done("POST", f"{path}/actions/start", status=200)
    with world.entered():
        world.clock.advance(60)
    return dict(ann.get(path))


def stage(ann: Person, world: World, app: str) -> str:
    relationships = {"app": {"data": {"guid": app}}}
    package = ann.done("POST", "/v3/packages", {"type": "bits", "relationships": relationships})
    bits = zipped(**{"Procfile": "web: serve\n", "requirements.txt": "", ".lab/behaviour.yml": BEHAVIOUR})
    body, kind = urllib3.encode_multipart_formdata({"resources": "[]", "bits": ("app.zip", bits)})
    upload = ann.ask("POST", f"/v3/packages/{package['guid']}/upload", body, **{"Content-Type": kind})
    assert upload.status == 200, upload.data
    assert upload.json()["state"] == "READY", upload.data
    build = ann.done("POST", "/v3/builds", {"package": {"guid": package["guid"]}})
    assert build["state"] == "STAGING"
    with world.entered():
        world.clock.advance(300)
    build = ann.get(f"/v3/builds/{build['guid']}")
    assert build["state"] == "STAGED", build["error"]
    return str(build["droplet"]["guid"])
