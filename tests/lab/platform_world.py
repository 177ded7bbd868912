"""The reference world and what people do to it, for the tests of the lab's platform."""

from __future__ import annotations

from datetime import UTC, datetime

from runback.lab.platform import bits
from runback.lab.platform.loading import WORLDS, load
from runback.lab.platform.state import App, Droplet, Instance, Package, Policy, User
from runback.lab.platform.world import World

NOW = datetime(2026, 3, 3, 14, 20, tzinfo=UTC)
REFERENCE = WORLDS / "reference"


def reference() -> World:
    return load(REFERENCE, at=NOW)


def app(world: World, name: str) -> App:
    return next(app for app in world.state.apps.values() if app.name == name)


def user(world: World, name: str = "maya@lab.example") -> User:
    return next(user for user in world.state.users.values() if user.username == name)


def lines(world: World, name: str, source: str = "", *, since: datetime = NOW) -> list[str]:
    """What the app's log says after the scenario began, oldest first."""
    return [
        line.payload.decode()
        for line in world.logs.read(app(world, name).guid, limit=10_000)
        if line.source_type.startswith(source) and line.timestamp >= since.timestamp() * 1e9
    ]


def instance(world: World, name: str, index: int = 0) -> Instance:
    return world.processes.web(app(world, name)).actual[index]


def events(world: World, name: str, type_: str) -> list[dict[str, object]]:
    """The data of an app's events of a type, since the scenario began."""
    return [
        event.data
        for event in world.state.events.values()
        if event.type == type_ and event.target.name == name and event.created_at >= NOW
    ]


def policy(world: World, source: str, destination: str, port: int) -> Policy:
    return Policy(app(world, source).guid, app(world, destination).guid, "tcp", port, port)


def package(world: World, name: str, override: str = "", files: dict[str, str] | None = None) -> Package:
    """An uploaded package with the files of the app's present one, some of them changed."""
    target = app(world, name)
    made = world.packages.create(user(world), target)
    present = world.packages.of(target)[-2].bits
    content = dict(present.files) if present else {}
    content.pop(bits.OVERRIDE, None)
    content |= {path: text.encode() for path, text in (files or {}).items()}
    if override:
        content[bits.OVERRIDE] = override.encode()
    world.packages.upload_bits(
        user(world), made, bits.read_files(content, world.programs, target.program, commit="f00")
    )
    return made


def staged(world: World, made: Package) -> Droplet:
    build = world.builds.create(user(world), made)
    world.clock.advance(60)
    assert build.droplet_guid is not None, build.error
    return world.state.droplets[build.droplet_guid]
