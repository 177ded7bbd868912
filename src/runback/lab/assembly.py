"""The parts of a lab, put together: platform, CircleCI, repository, listeners, and the clock they share."""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from runback.errors import LabError
from runback.lab.circleci import api as circleci_api
from runback.lab.circleci.checks import Checks
from runback.lab.circleci.engine import CONFIG, Engine
from runback.lab.circleci.history import Past, drafts
from runback.lab.circleci.history import read as read_history
from runback.lab.circleci.jobs import JobRunner
from runback.lab.circleci.output import OutputStore
from runback.lab.circleci.scripts import LiveScripts
from runback.lab.circleci.settings import read as read_settings
from runback.lab.circleci.shell import Shell
from runback.lab.circleci.shim import Answer, Call
from runback.lab.clock import Clock, RunningClock
from runback.lab.inprocess import InProcess
from runback.lab.login import write_login, write_protection
from runback.lab.places import WORLDS, places
from runback.lab.platform.api import Servers
from runback.lab.platform.loading import load, read_topology
from runback.lab.platform.traffic import WINDOW_SECONDS
from runback.lab.project import Commit, Repository, read_tree
from runback.lab.scenario import PERSON, Scenario
from runback.lab.server import Listener, RequestLog

if TYPE_CHECKING:
    from runback.lab.platform.state import Space


BEGIN = datetime(2026, 3, 3, 14, 20, tzinfo=UTC)  # when a scenario's changes begin
NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # when somebody looks, unless the changes took longer
CALL_SECONDS = 1.0


class Assembly:
    """A lab's parts in the state in which a scenario begins, and what holds them together."""

    def __init__(self, scenario: Scenario, *, port: int, real_time: bool) -> None:
        self._scenario = scenario
        self._stack = ExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="runback-lab-"))
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._log = RequestLog()
        self._tls: Listener | None = None  # the router where it shows a certificate
        self._trusted: Path | None = None  # that certificate, where the tool under test trusts it
        # In real time the world's past ends now: everything moves by as much.
        self._shift = datetime.now(UTC) - NOW if real_time else timedelta(0)
        self._world_folder = self._vary(WORLDS / scenario.world)
        with self._stack as unless_it_works:
            self._begin(port, RunningClock if real_time else Clock)
            self._stack = unless_it_works.pop_all()

    @property
    def checkout(self) -> Path:
        """The developer's git checkout, at the tip of the environment's branch."""
        return self._folder / "checkout"

    @property
    def app(self) -> str:
        return self._scenario.app

    @property
    def environment(self) -> str:
        return self._scenario.environment

    def now(self) -> datetime:
        return self._world.clock.now()

    def wait(self, seconds: float) -> None:
        """Lets time pass on the lab's clock, in steps of which all traffic is played."""
        self._until(self.now() + timedelta(seconds=seconds))

    advance = wait  # what CircleCI's engine calls it

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- building -------------------------------------------------------------------------------------

    def _vary(self, world: Path) -> Path:
        """The folder of the world, or of the scenario's variation of it."""
        if self._scenario.variation is None:
            return world
        self._scenario.variation.write(world, self._folder / "world")
        return self._folder / "world"

    def _begin(self, port: int, clock: type[Clock]) -> None:
        project = read_settings(self._world_folder)
        history = read_history(self._world_folder, self._shift)
        self._project = project
        self._repository = Repository(self.checkout, project.repository, project.default_branch)
        tree = read_tree(self._world_folder / "project")
        images = re.findall(r"image: (\S+)", tree[CONFIG].content.decode())
        project.images = frozenset(images)
        commits = self._repository.commit(drafts(history.rows, tree, project.default_branch))
        self._world = load(self._world_folder, at=BEGIN + self._shift, commits=self._deployed(), clock=clock)
        self._servers = self._stack.enter_context(Servers(self._world, log=self._log, port=port))
        self._transport = InProcess((self._servers.api, self._servers.uaa, self._servers.log_cache))
        self._fill_settings()
        self._start_circleci(port + 4 if port else 0)
        self._stack.callback(self._stop_listening)
        Past(project, self._checks, self._world_folder / "printed").remember(history, commits[1:])

    def _deployed(self) -> dict[str, str]:
        """The hashes of the commits that the topology calls 'raft', 'raft~1' …: a branch's last ones."""
        environments = {one.name for one in read_topology(self._world_folder).environments}
        found: dict[str, str] = {}
        for environment in environments:
            commit: Commit | None = self._tip(environment)
            for suffix in ("", "~1", "~2"):
                if commit is not None:
                    found[environment + suffix], commit = commit.sha, commit.parent
        return found

    def _fill_settings(self) -> None:
        """Puts the lab's own addresses and passwords where the settings name them."""
        users = {user.username: user.password for user in self._world.state.users.values()}
        (organization,) = self._world.state.organizations.values()
        known = {"{api}": self._servers.api.url, "{organization}": organization.name}
        known |= {f"{{password of {name}}}": password for name, password in users.items()}
        for settings in (self._project.variables, *self._project.contexts.values()):
            for name, value in settings.items():
                settings[name] = known.get(value, value)
        context = places(self._world_folder, self.environment).get("context", "")
        self._kept = dict(self._project.contexts.get(context, {}))
        for app in self._world.state.apps.values():
            if app.name.endswith(f"-{self.environment}"):
                self._kept |= app.environment

    def _start_circleci(self, port: int) -> None:
        self._checks = Checks(self._world_folder)
        programs = {"cf": self._timed_cf, "sleep": self._sleep}
        self._shell = Shell(self._folder / "shim", programs, self.now)
        self._stack.callback(self._shell.close)
        scripts = LiveScripts(self._shell, self, self._folder, lambda: self._circleci.url)
        runner = JobRunner(self._project, self._checks, scripts)
        self._engine = Engine(self._project, self._repository, runner, self)
        self._output = OutputStore(self._project, self.now)
        listen = partial(Listener, now=self.now, log=self._log, faults=self._servers.faults)
        routes = circleci_api.routes(self._project, self._engine, self._output)
        self._circleci = self._stack.enter_context(listen("circleci", routes, port=port))
        artifacts = listen("artifacts", self._output.routes(), port=port + 1 if port else 0)
        self._artifacts = self._stack.enter_context(artifacts)
        self._output.base_url = self._artifacts.url

    def ready(self, latency: float, speed: float = 1.0) -> None:
        """Ends the changes: the clock reaches the time at which somebody looks; requests begin to count."""
        self._until(NOW + self._shift)
        if isinstance(self._world.clock, RunningClock):
            self._world.clock.set_speed(speed)
        self._log_in(self._folder / "home", self._scenario.person)
        state = self._world.state
        (organization,) = state.organizations.values()
        write_protection(self._folder / "home", organization, state.spaces.values())
        self._repository.check_out(self._tip(self.environment).branch)
        self._log.clear()
        for listener in self._listeners():
            listener.latency = latency

    def _listeners(self) -> tuple[Listener, ...]:
        platform = self._servers
        return (
            platform.api,
            platform.uaa,
            platform.log_cache,
            platform.router,
            self._circleci,
            self._artifacts,
            *((self._tls,) if self._tls else ()),
        )

    def _stop_listening(self) -> None:
        """All at once: one after the other they would take most of a short lab's life."""
        for listener in self._listeners():
            listener.begin_close()

    # --- what the parts ask of each other ---------------------------------------------------------------

    def _until(self, end: datetime) -> None:
        while (now := self.now()) < end:
            with self._world.entered():
                self._world.clock.advance_to(min(end, now + timedelta(seconds=WINDOW_SECONDS)))

    def _tip(self, environment: str) -> Commit:
        """The tip of the branch that deploys the environment, or of the default one."""
        return self._repository.tips[
            self._project.environments.get(environment, self._project.default_branch)
        ]

    def _call_cf(self, call: Call) -> Answer:
        from runback.lab import cf

        answer = Answer()
        out, err = answer.out, answer.err
        answer.code = cf.main(
            call.arguments, call.environment, call.directory, out, err, self.wait, self._transport
        )
        return answer

    def _timed_cf(self, call: Call) -> Answer:
        """cf in a job: a call takes the time that it takes over a real network."""
        self.wait(CALL_SECONDS)
        return self._call_cf(call)

    def _sleep(self, call: Call) -> Answer:
        """`sleep` in a script moves the clock; suffixes as in coreutils."""
        units = {"s": 1, "m": 60, "h": 3600}
        for one in call.arguments:
            seconds = float(one.rstrip("smh")) * units.get(one[-1], 1)
            # What would sleep longer is ended before: nothing was printed.
            self.wait(min(seconds, self._shell.silence.total_seconds() + 1))
        return Answer(0)

    def _log_in(self, home: Path, person: str = PERSON) -> None:
        """Logs a person in to the space of the scenario's app."""
        user = next((one for one in self._world.state.users.values() if one.username == person), None)
        if user is None:
            raise LabError(f"The lab's world has no user {person!r}.")
        space = self._space()
        organization = self._world.state.organizations[space.organization_guid]
        write_login(home, self._servers, user, organization, space)

    def _space(self) -> Space:
        """The space of the scenario's app; of one that is still to come, that of the environment."""
        state = self._world.state
        app = next((app for app in state.apps.values() if app.name == self.app), None)
        if app is not None:
            return state.spaces[app.space_guid]
        name = places(self._world_folder, self.environment)["space"]
        return next(one for one in state.spaces.values() if one.name == name)
