"""What people do to a lab: push, type cf, edit settings, approve, wait (the `People` of a scenario)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runback.errors import LabError
from runback.lab import faults as catalogue
from runback.lab import wire
from runback.lab.assembly import Assembly
from runback.lab.circleci.engine import Meanwhile
from runback.lab.circleci.shim import Call
from runback.lab.encrypted import encrypted_router
from runback.lab.places import places
from runback.lab.project import Commit, Draft, File, read_tree
from runback.lab.server import Listener

if TYPE_CHECKING:
    from runback.lab.changes import Change
    from runback.lab.server import Faults

_GUID = re.compile(r"\$\(guid:(app|route):([\w.-]+)\)")  # in a command of cf
AUTHOR = "Maya Okafor <maya@lab.example>"


class Developers(Assembly):
    """The lab with the people who work on it."""

    @property
    def faults(self) -> Faults:
        """The faults of the wire, of all listeners: what is added here happens from the next request on."""
        return self._servers.faults

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
        seen_after: float | None = None,
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
        after = canceled_after if seen_after is None else seen_after
        meanwhile = None if after is None else Meanwhile(after, canceled=canceled_after is not None)
        self._engine.push(commit, parameters, meanwhile)

    def trigger(self, branch: str, parameters: Mapping[str, Any], actor: str = "") -> None:
        self._engine.trigger(branch, parameters, actor or "lab")

    def rerun(self, branch: str, *, from_failed: bool) -> None:
        """Runs the newest workflow of a branch again."""
        pipeline = self._project.newest_first(branch)[0]
        self._engine.rerun(pipeline, pipeline.workflows[-1], from_failed, ())

    def hinder(self, given: Mapping[str, Any]) -> None:
        """Changes what stands in the way of jobs: contexts, credits, machines, and what is wrong outside."""
        self._checks.outside |= set(given.get("outside", ()))
        self._project.obstacles.add({key: one for key, one in given.items() if key != "outside"})

    def recover(self) -> None:
        """What is out of order outside works again: registries, CircleCI's storage, brokers of services."""
        self._project.obstacles.pull_limit = False
        self._project.obstacles.broken.clear()
        with self._world.entered() as world:
            for offering in world.state.offerings.values():
                offering.failure = ""

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
        """Runs a command of cf as a developer would, in the checkout."""
        if "push" in arguments:
            self._repository.check_out(self._tip(self.environment).branch)
        home = self._folder / "people"
        if not home.exists():
            self._log_in(home)
        arguments = [_GUID.sub(lambda found: self._guid(found[1], found[2]), word) for word in arguments]
        answer = self._call_cf(Call("cf", arguments, {"CF_HOME": str(home)}, self.checkout))
        if answer.code != 0 and not may_fail:
            raise LabError(f"In the scenario, 'cf {' '.join(arguments)}' failed:\n{answer.text()}")

    def _guid(self, kind: str, name: str) -> str:
        """What a person would look up for a `cf curl`."""
        state = self._world.state
        if kind == "app":
            found = next((one.guid for one in state.apps.values() if one.name == name), None)
        else:
            route = self._world.routes.named(name)
            found = route.guid if route else None
        if found is None:
            raise LabError(f"The lab's world has no {kind} {name!r}.")
        return found

    def visit(self, url: str, times: int) -> None:
        """Requests at a public route, one a second."""
        parts = urlsplit(url)
        for _ in range(times):
            with self._world.entered():
                self._world.traffic.visit(parts.hostname or "", "GET", parts.path or "/")
            self.wait(1)

    def later(self, seconds: float, arguments: list[str]) -> None:
        """Runs a command of cf then, whatever goes on meanwhile."""
        with self._world.entered() as world:
            world.clock.after(seconds, lambda: self.cf(arguments))

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

    def operate(self, what: str, given: Mapping[str, Any]) -> None:
        """What happens to the platform itself, whoever works on it."""
        if what == "certificate":
            listen = partial(Listener, now=self.now, log=self._log, faults=self._servers.faults)
            self._tls, self._trusted = encrypted_router(self._world, self._folder, given, listen)
            self._stack.enter_context(self._tls)
            return
        with self._world.entered():
            operations = self._world.operations
            if what == "evacuate":
                operations.evacuate(str(given["app"]))
            elif what == "broker":
                operations.broker(given)
            elif what == "service":
                operations.service(given)
            elif what == "cells":
                operations.cells(given)
            elif what == "quota":
                operations.quota(given)
            elif what == "buildpack":
                operations.buildpack(given)
            else:
                operations.network(given)

    def disturb(self, given: Mapping[str, Any]) -> None:
        """Switches a fault of the wire on."""
        self.faults.add(wire.read(given))

    def approve_all(self) -> None:
        """Somebody approves whatever waits for a person."""
        for pipeline, workflow, job in list(self._project.jobs()):
            if job.status == "on_hold":
                self._engine.approve(pipeline, workflow, job)


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
