"""A lab that runs: the platform, CircleCI and the project's checkout, and what people do to them."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from runback.errors import LabError
from runback.lab import faults as catalogue
from runback.lab import wire
from runback.lab.circleci import api as circleci_api
from runback.lab.circleci.checks import Checks
from runback.lab.circleci.engine import CONFIG, Engine
from runback.lab.circleci.history import Past, drafts
from runback.lab.circleci.history import read as read_history
from runback.lab.circleci.jobs import JobRunner
from runback.lab.circleci.output import OutputStore
from runback.lab.circleci.scripts import LiveScripts
from runback.lab.circleci.settings import read as read_settings
from runback.lab.circleci.shell import SILENCE, Shell
from runback.lab.circleci.shim import Answer, Call
from runback.lab.clock import Clock, RunningClock
from runback.lab.control import TOKEN_VARIABLE, URL_VARIABLE, Control
from runback.lab.inprocess import InProcess
from runback.lab.login import write_login, write_protection
from runback.lab.places import WORLDS, places
from runback.lab.platform.api import Servers
from runback.lab.platform.loading import load, read_topology
from runback.lab.platform.traffic import WINDOW_SECONDS
from runback.lab.project import Commit, Draft, File, Repository, read_tree
from runback.lab.scenario import PERSON, Scenario
from runback.lab.server import Faults, Listener, RequestLog, Served

if TYPE_CHECKING:
    from runback.lab.changes import Change
    from runback.lab.circleci.state import Pipeline
    from runback.lab.platform.state import Space

BEGIN = datetime(2026, 3, 3, 14, 20, tzinfo=UTC)  # when a scenario's changes begin
NOW = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)  # when somebody looks, unless the changes took longer
CALL_SECONDS = 1.0
AUTHOR = "Maya Okafor <maya@lab.example>"


def start(
    scenario: Scenario, *, port: int, real_time: bool, latency: float, speed: float = 1.0
) -> RunningLab:
    """The lab after the scenario's changes; on a failure everything is closed again."""
    with ExitStack() as stack:
        lab = stack.enter_context(RunningLab(scenario, port=port, real_time=real_time))
        for change in scenario.changes:
            change.do(lab)
        lab.ready(latency, speed)
        stack.pop_all()
    return lab


class RunningLab:
    """What `start` returns. It also is the `People` of a scenario: pushing, calling cf, waiting."""

    def __init__(self, scenario: Scenario, *, port: int, real_time: bool) -> None:
        self._scenario = scenario
        self._stack = ExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="runback-lab-"))
        self._stack.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._log = RequestLog()
        # In real time the world's past ends now: everything moves by as much.
        self._shift = datetime.now(UTC) - NOW if real_time else timedelta(0)
        self._world_folder = self._vary(WORLDS / scenario.world)
        with self._stack as unless_it_works:
            self._begin(port, RunningClock if real_time else Clock)
            self._stack = unless_it_works.pop_all()

    # --- what a tool under test needs -----------------------------------------------------------------

    @property
    def environ(self) -> dict[str, str]:
        """What to export, so that cf and runback take the lab for the real services."""
        home = str(self._folder / "home")
        return {
            "CF_HOME": home,
            "CIRCLE_HOST": self._circleci.url,
            "CIRCLE_TOKEN": self._project.token,
            # So that no file of the person's own is read or written.
            "XDG_CONFIG_HOME": f"{home}/.config",
            "XDG_STATE_HOME": f"{home}/.local/state",
            "XDG_CACHE_HOME": f"{home}/.cache",
        }

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

    @property
    def violations(self) -> list[str]:
        """What the tool under test did that it must not do: a token sent to a presigned URL."""
        return self._output.violations

    @property
    def faults(self) -> Faults:
        """The faults of the wire, of all listeners: what is added here happens from the next request on."""
        return self._servers.faults

    def now(self) -> datetime:
        return self._world.clock.now()

    def remembered(self, variable: str) -> str | None:
        """The last value that the environment's apps had: what its people keep in their password store."""
        with self._world.entered() as world:
            own = [one for one in world.state.apps.values() if one.name.endswith(f"-{self.environment}")]
            past = [revision for app in own for revision in world.revisions.of(app)]
            values = [revision.environment.get(variable) for revision in past]
        return next((value for value in reversed(values) if value), None)

    def pipelines(self) -> list[Pipeline]:
        """CircleCI's, oldest first."""
        return self._project.pipelines

    def open_control(self, port: int = 0) -> dict[str, str]:
        """Listens for `lab break` and `lab heal`; returns what to export for them."""
        control = Control(self)
        listener = Listener("control", control.routes(), now=self.now, port=port, log=self._log)
        self._stack.enter_context(listener)
        return {URL_VARIABLE: listener.url, TOKEN_VARIABLE: control.token}

    def approve_all(self) -> None:
        """Somebody approves whatever waits for a person."""
        for pipeline, workflow, job in list(self._project.jobs()):
            if job.status == "on_hold":
                self._engine.approve(pipeline, workflow, job)

    def requests(self) -> tuple[Served, ...]:
        """The requests since the lab was ready, in the order of their ends."""
        return self._log.all()

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what people do -------------------------------------------------------------------------------

    def push(
        self,
        branch: str,
        subject: str,
        *,
        author: str = "",
        take: Iterable[str] = (),
        files: Mapping[str, str | None],
        body: str = "",
        parameters: Mapping[str, Any],
        canceled_after: float | None = None,
        replace: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        changes: dict[str, File | None] = {}
        for name in take:
            changes |= read_tree(self._world_folder / "commits" / name)
        before = self._repository.tips.get(branch)
        for path, text in files.items():
            old = before.files.get(path) if before else None
            changes[path] = None if text is None else File(text.encode(), bool(old and old.executable))
        default = self._project.default_branch
        tip = before or self._repository.tips[default]
        changes |= {path: _replaced(tip, path, texts) for path, texts in replace.items()}
        draft = Draft(branch, subject, author or AUTHOR, self.now(), changes, body, onto=default)
        (commit,) = self._repository.commit([draft])
        self._engine.push(commit, parameters, canceled_after)

    def trigger(self, branch: str, parameters: Mapping[str, Any]) -> None:
        self._engine.trigger(branch, parameters)

    def rerun(self, branch: str, *, from_failed: bool) -> None:
        """Runs the newest workflow of a branch again."""
        pipeline = self._project.newest_first(branch)[0]
        self._engine.rerun(pipeline, pipeline.workflows[-1], from_failed, ())

    def hinder(self, given: Mapping[str, Any]) -> None:
        """Changes what stands in the way of jobs: contexts, credits, machines."""
        self._project.restricted |= set(given.get("restrict", ()))
        self._project.outages |= set(given.get("outage", ()))
        self._checks.outside |= set(given.get("outside", ()))
        self._project.credits_left = bool(given.get("credits", self._project.credits_left))

    def set_variables(self, variables: Mapping[str, str | None], context: str | None) -> None:
        """Edits the settings of the CI project, or of one of its contexts; None removes."""
        if context is not None and context not in self._project.contexts:
            known = ", ".join(self._project.contexts)
            raise LabError(f"The lab's CI project has no context {context!r}.", f"Contexts: {known}")
        settings = self._project.variables if context is None else self._project.contexts[context]
        for name, value in variables.items():
            if value is None:
                settings.pop(name, None)
            else:
                settings[name] = value

    def cf(self, arguments: list[str], *, may_fail: bool = False) -> None:
        """Runs a command of cf as a developer would."""
        home = self._folder / "people"
        if not home.exists():
            self._log_in(home)
        answer = self._call_cf(Call("cf", arguments, {"CF_HOME": str(home)}, self.checkout))
        if answer.code != 0 and not may_fail:
            raise LabError(f"In the scenario, 'cf {' '.join(arguments)}' failed:\n{answer.text()}")

    def visit(self, url: str, times: int) -> None:
        """Requests at a public route, one a second."""
        parts = urlsplit(url)
        for _ in range(times):
            with self._world.entered():
                self._world.traffic.visit(parts.hostname or "", "GET", parts.path or "/")
            self.wait(1)

    def revert(self, branch: str) -> None:
        """Takes the last commit of a branch back, as `git revert` does, and pushes that."""
        tip = self._repository.tips[branch]
        before = tip.parent.files if tip.parent else {}
        changes = {
            path: before.get(path)
            for path in {*tip.files, *before}
            if tip.files.get(path) != before.get(path)
        }
        draft = Draft(branch, f'Revert "{tip.subject}"', AUTHOR, self.now(), changes)
        (commit,) = self._repository.commit([draft])
        self._engine.push(commit)

    def inject(self, fault: str, environment: str = "") -> None:
        """Does what a fault of the catalogue says, in the scenario's environment or in another one."""
        self.do(catalogue.read(fault, self.places(environment)).changes, environment)

    def do(self, changes: Iterable[Change], environment: str = "") -> None:
        """Does changes; cf begins in the space of the environment, and ends in that of the scenario's."""
        self.cf(["target", "-s", self.places(environment)["space"]])
        for change in changes:
            change.do(self)
        self.cf(["target", "-s", self.places()["space"]])

    def places(self, environment: str = "") -> Mapping[str, str]:
        """What the parts of an environment (the scenario's own) are called here."""
        return places(self._world_folder, environment or self.environment)

    def evacuate(self, app: str) -> None:
        """The platform empties the cells on which the app runs."""
        with self._world.entered():
            found = next((one for one in self._world.state.apps.values() if one.name == app), None)
            if found is None:
                raise LabError(f"The lab's world has no app {app!r} to evacuate.")
            for process in self._world.processes.of(found):
                for index in sorted(process.actual):
                    self._world.diego.evacuate(process, index)

    def disturb(self, given: Mapping[str, Any]) -> None:
        """Switches a fault of the wire on."""
        self.faults.add(wire.read(given))

    def wait(self, seconds: float) -> None:
        """Lets time pass on the lab's clock, in steps of which all traffic is played."""
        self._until(self.now() + timedelta(seconds=seconds))

    advance = wait  # what CircleCI's engine calls it

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

    def _start_circleci(self, port: int) -> None:
        self._checks = Checks(self._world_folder)
        programs = {"cf": self._timed_cf, "sleep": self._sleep}
        shell = Shell(self._folder / "shim", programs, self.now)
        self._stack.callback(shell.close)
        scripts = LiveScripts(shell, self, self._folder)
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
        for listener in (
            self._servers.api,
            self._servers.uaa,
            self._servers.log_cache,
            self._servers.router,
            self._circleci,
            self._artifacts,
        ):
            listener.latency = latency

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
            self.wait(min(seconds, SILENCE.total_seconds() + 1))
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
        """The space of the app that the scenario is about."""
        state = self._world.state
        app = next((app for app in state.apps.values() if app.name == self.app), None)
        if app is None:
            raise LabError(f"The lab's world has no app {self.app!r}, which the scenario is about.")
        return state.spaces[app.space_guid]


def _replaced(tip: Commit, path: str, texts: Mapping[str, str]) -> File:
    """A file of a commit with some of its text replaced; raises LabError for text that is not there."""
    if path not in tip.files:
        raise LabError(f"The lab's project has no file {path!r} on {tip.branch}.")
    content = tip.files[path].content.decode()
    for old, new in texts.items():
        if old not in content:
            raise LabError(f"{path} of the lab's project does not say {old!r}.")
        content = content.replace(old, new)
    return File(content.encode(), tip.files[path].executable)
