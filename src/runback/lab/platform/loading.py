"""Builds a world from its folder: `topology.yml`, `programs/*.yml` and the sources of its apps.

    world = load(WORLDS / "reference", at=datetime(2026, 3, 3, 15, tzinfo=UTC))

The past is made by doing: the apps are pushed through the same operations that people use, days before `at`,
so that revisions, droplets, events and logs of the past are those of real deployments.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from runback.errors import ConfigurationError
from runback.lab.clock import Clock
from runback.lab.platform import behaviour, bits, declaration
from runback.lab.platform.behaviour import Behaviour
from runback.lab.platform.population import Population
from runback.lab.platform.state import App, Bits, HealthCheck, Policy, User
from runback.lab.platform.topology import AppEntry, EnvironmentEntry, PushEntry, Topology
from runback.lab.platform.world import World

WORLDS = Path(__file__).parent.parent / "worlds"
STAGING_LIMIT_SECONDS = 120
_PUSHER = "deployer"


def load(
    folder: Path,
    *,
    at: datetime,
    commits: Mapping[str, str] | None = None,
    clock: Callable[[datetime], Clock] = Clock,
) -> World:
    """The healthy world of a folder at the time `at`.

    `commits` maps the names of commits in the topology's pushes to hashes of the lab's repository. Raises
    ConfigurationError with file, line and what is allowed.
    """
    file = str(folder / "topology.yml")
    topology = read_topology(folder)
    programs = read_programs(folder)
    world = World(clock(at - timedelta(days=topology.history_days)), programs)
    world.system_domain = topology.system_domain
    population = Population(world, topology, file)
    population.fill()
    _Builder(world, topology, folder, population, dict(commits or {})).build(at)
    return world


@functools.cache
def read_topology(folder: Path) -> Topology:
    path = folder / "topology.yml"
    return declaration.read(declaration.compose(_text(path), path.name), Topology, path.name)


@functools.cache
def read_programs(folder: Path) -> dict[str, Behaviour]:
    """The programs of a world by name."""
    found = {}
    for path in sorted((folder / "programs").glob("*.yml")):
        found[path.stem] = behaviour.read(_text(path), f"programs/{path.name}")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path.name}: there is no such file in {path.parent.name}") from error


@dataclass(frozen=True, slots=True)
class _Named:
    """One app of the topology with everything filled in."""

    entry: AppEntry
    space: str
    values: dict[str, str]
    instances: int

    def fill(self, text: str) -> str:
        for key, value in self.values.items():
            text = text.replace("{" + key + "}", value)
        return text

    @property
    def name(self) -> str:
        return self.fill(self.entry.name)


class _Builder:
    def __init__(
        self, world: World, topology: Topology, folder: Path, population: Population, commits: dict[str, str]
    ) -> None:
        self._world = world
        self._topology = topology
        self._folder = folder
        self._population = population
        self._commits = commits
        self._sources: dict[str, dict[str, bytes]] = {}

    def build(self, at: datetime) -> None:
        named = list(self._named())
        actor = self._population.users[_PUSHER]
        made = [(one, self._create(actor, one)) for one in named]
        for entry in self._topology.policies:
            self._policy(entry.source, entry.destination, entry.port, entry.protocol)
        pushes = sorted(
            (
                (push.days_ago, index, push)
                for index, (one, _) in enumerate(made)
                for push in one.entry.pushes
            ),
            key=lambda item: (-item[0], item[1]),
        )
        for days_ago, index, push in pushes:
            self._world.clock.advance_to(at - timedelta(days=days_ago))
            one, app = made[index]
            self._push(actor, one, app, push)
        self._world.traffic.start()
        self._world.clock.advance_to(at)

    def _named(self) -> Iterator[_Named]:
        for entry in self._topology.apps:
            if entry.space:
                yield _Named(entry, entry.space, self._values(entry.space), entry.instances)
                continue
            for environment in self._topology.environments:
                values = self._values(environment.space, environment)
                yield _Named(entry, environment.space, values, max(entry.instances, environment.instances))

    @staticmethod
    def _values(space: str, environment: EnvironmentEntry | None = None) -> dict[str, str]:
        values = {"space": space, "suffix": space.split("-", 1)[-1]}
        if environment is not None:
            values |= {
                "env": environment.name,
                "host": environment.host or f"tdp-frontend-{environment.name}",
            }
        return values

    def _create(self, actor: User, one: _Named) -> App:
        """The app with its size, variables, bindings and routes; it has no droplet yet."""
        world = self._world
        entry = one.entry
        space = self._population.spaces[one.space]
        variables = {name: one.fill(value) for name, value in entry.variables.items()}
        app = world.apps.create(
            actor, space, one.name, buildpacks=list(entry.buildpacks), environment=variables
        )
        world.known_programs[one.name] = app.program = self._population.program(entry.program)
        web = world.processes.web(app)
        web.memory_mb, web.disk_mb, web.instances = entry.memory_mb, entry.disk_mb, one.instances
        web.command = entry.command or None
        if entry.health == "process":
            web.health_check = HealthCheck(type="process")
        elif entry.health != "port":
            web.health_check = HealthCheck(type="http", endpoint=entry.health)
        for name in entry.services:
            world.services.bind(actor, self._population.service(space, one.fill(name)), app)
        for route in entry.routes:
            domain = self._population.domain(route.domain)
            made = world.routes.create(actor, space, domain, one.fill(route.host))
            world.routes.map(actor, made, app, port=route.port)
        return app

    def _push(self, actor: User, one: _Named, app: App, push: PushEntry) -> None:
        """What `cf push` does, with the rolling strategy once the app runs."""
        world = self._world
        package = world.packages.create(actor, app)
        name = one.fill(push.commit)
        unknown = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest() if name else ""
        commit = self._commits.get(name, unknown)
        world.packages.upload_bits(actor, package, self._bits(one, commit))
        build = world.builds.create(actor, package)
        for _ in range(STAGING_LIMIT_SECONDS):
            if build.state != "STAGING":
                break
            world.clock.advance(1)
        if build.droplet_guid is None:
            raise ConfigurationError(f"topology.yml: {app.name} does not stage: {build.error}")
        droplet = world.state.droplets[build.droplet_guid]
        if commit:
            world.apps.update(actor, app, labels={"commit": commit})  # as the deploy scripts do
        if app.state == "STARTED":
            world.deployments.create(actor, app, droplet=droplet)
        else:
            world.apps.set_droplet(actor, app, droplet)
            world.apps.start(actor, app)
        world.clock.advance(40 + 20 * world.processes.web(app).instances)

    def _bits(self, one: _Named, commit: str) -> Bits:
        entry = one.entry
        if entry.sources not in self._sources:
            self._sources[entry.sources] = _files(self._folder / entry.sources) if entry.sources else {}
        files = self._sources[entry.sources]
        return bits.read_files(files, self._world.programs, entry.program, commit=commit, size=2_411_724)

    def _policy(self, source: str, destination: str, port: int, protocol: str) -> None:
        apps = {app.name: app for app in self._world.state.apps.values()}
        pairs = [(source, destination)]
        if "{env}" in source or "{suffix}" in source + destination:
            pairs = [
                (
                    source.replace("{env}", e.name).replace("{suffix}", e.space.split("-", 1)[-1]),
                    destination.replace("{env}", e.name).replace("{suffix}", e.space.split("-", 1)[-1]),
                )
                for e in self._topology.environments
            ]
        for from_, to in dict.fromkeys(pairs):
            for name in (from_, to):
                if name not in apps:
                    raise ConfigurationError(f"topology.yml: policies: there is no app {name!r}")
            policy = Policy(apps[from_].guid, apps[to].guid, protocol, port, port)
            self._world.state.policies.append(policy)


def _files(folder: Path) -> dict[str, bytes]:
    """The files of a package that say how it behaves."""
    names = ("runtime.txt", "requirements.txt", "nginx.conf", bits.OVERRIDE)
    paths = [folder / name for name in names]
    paths += [*sorted(folder.rglob("*.py")), *sorted(folder.glob("public/*"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}
