"""The world: one platform's state, its clock and what people can do to it.

    world = World(clock)
    with world.entered():                   # the lock, and everything due by now has happened
        world.apps.set_environment(actor, app, {"JWT_KEY": None})
        world.apps.restart(actor, app)
    world.clock.advance(60)                 # a stepped clock: instances start, crash, back off

Operations are grouped as the API is: `world.apps`, `packages`, `builds`, `deployments`, `revisions`, `tasks`,
`processes`, `routes`, `services`, `policies`, `spaces`. They take resources, not guids
(`world.state.apps[guid]`), and the acting `User` first; they raise `Refusal` with Cloud Controller's own
words. Roles are asked for by whoever serves the API: `world.roles.reads(user, space)`,
`world.roles.writes(user, space)`.
"""

from __future__ import annotations

import hashlib
import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runback.lab.platform.apps import Apps
from runback.lab.platform.deployments import Deployments
from runback.lab.platform.diego import Diego
from runback.lab.platform.envelopes import LogCache
from runback.lab.platform.events import Events
from runback.lab.platform.monitoring import Monitoring
from runback.lab.platform.network import Network
from runback.lab.platform.operations import Operations
from runback.lab.platform.policies import Policies
from runback.lab.platform.processes import Processes
from runback.lab.platform.quotas import Quotas
from runback.lab.platform.revisions import Revisions
from runback.lab.platform.roles import Roles
from runback.lab.platform.routes import Routes
from runback.lab.platform.services import Services
from runback.lab.platform.sharing import Sharing
from runback.lab.platform.staging import Builds, Packages
from runback.lab.platform.state import State, User
from runback.lab.platform.tasks import Tasks
from runback.lab.platform.traffic import Traffic

if TYPE_CHECKING:
    from runback.lab.clock import Clock
    from runback.lab.platform.behaviour import Behaviour


class World:
    """One platform. `programs` are what packages name; `seed` makes its guids and addresses."""

    def __init__(self, clock: Clock, programs: dict[str, Behaviour] | None = None, seed: str = "lab") -> None:
        self.clock = clock
        self.state = State()
        self.programs = programs or {}
        self.known_programs: dict[str, str] = {}  # app name → program, for an app pushed anew
        self.system = User(guid="system", created_at=clock.now(), updated_at=clock.now(), username="system")
        self.system_domain = "lab.example"
        self.lock = threading.RLock()
        self.random = random.Random(seed)  # noqa: S311 - addresses and jitter that repeat, not secrets
        self._seed = seed
        self._guids = 0
        self.roles = Roles(self)
        self.events = Events(self)
        self.logs = LogCache(self)
        self.quotas = Quotas(self)
        self.diego = Diego(self)
        self.monitoring = Monitoring(self)
        self.apps = Apps(self)
        self.processes = Processes(self)
        self.packages = Packages(self)
        self.builds = Builds(self)
        self.revisions = Revisions(self)
        self.deployments = Deployments(self)
        self.tasks = Tasks(self)
        self.routes = Routes(self)
        self.services = Services(self)
        self.sharing = Sharing(self)
        self.policies = Policies(self)
        self.network = Network(self)
        self.traffic = Traffic(self)
        self.operations = Operations(self)

    @contextmanager
    def entered(self) -> Iterator[World]:
        """The world, locked, with everything that is due by now done."""
        with self.lock:
            self.clock.settle()
            yield self

    def guid(self) -> str:
        """The next guid: random-looking, and the same in every world built the same way."""
        self._guids += 1
        digest = hashlib.md5(f"{self._seed}:{self._guids}".encode(), usedforsecurity=False).digest()
        return str(uuid.UUID(bytes=digest, version=4))
