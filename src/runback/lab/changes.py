"""What a scenario may do to the healthy world: what people do, through the doors that people use.

Each change is read from a scenario by its reader in `CHANGES` and done to a running lab. Nothing here reaches
into the world's state: commits are pushed, pipelines run, `cf` is called, settings are edited, time passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


class People(Protocol):
    """What people can do to a lab."""

    def push(
        self,
        branch: str,
        subject: str,
        *,
        author: str,
        take: Iterable[str],
        files: Mapping[str, str | None],
        body: str,
        parameters: Mapping[str, Any],
        canceled_after: float | None,
        seen_after: float | None,
        replace: Mapping[str, Mapping[str, str]],
    ) -> None: ...

    def rerun(self, branch: str, *, from_failed: bool) -> None: ...

    def hinder(self, given: Mapping[str, Any]) -> None: ...

    def approve_all(self) -> None: ...

    def trigger(self, branch: str, parameters: Mapping[str, Any], actor: str) -> None: ...

    def set_variables(self, variables: Mapping[str, str | None], context: str | None) -> None: ...

    def cf(self, arguments: list[str], *, may_fail: bool) -> None: ...

    def visit(self, url: str, times: int) -> None: ...

    def wait(self, seconds: float) -> None: ...

    def later(self, seconds: float, arguments: list[str]) -> None: ...

    def revert(self, branch: str) -> None: ...

    def inject(self, fault: str, environment: str = "") -> None: ...

    def operate(self, what: str, given: Mapping[str, Any]) -> None: ...

    def disturb(self, given: Mapping[str, Any]) -> None: ...


class Change(Protocol):
    def do(self, people: People) -> None: ...


@dataclass(frozen=True)
class Push:
    """A commit, pushed; its pipeline runs to its end."""

    branch: str
    subject: str
    author: str = ""
    take: tuple[str, ...] = ()  # commits of the world
    files: dict[str, str | None] = field(default_factory=dict)  # None deletes
    body: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    canceled_after: float | None = None  # seconds, after which somebody cancels the workflow
    seen_after: float | None = None  # seconds, after which its workflow is looked at: it still runs
    replace: dict[str, dict[str, str]] = field(
        default_factory=dict
    )  # path → text that stands there → new text

    def do(self, people: People) -> None:
        people.push(
            self.branch,
            self.subject,
            author=self.author,
            take=self.take,
            files=self.files,
            body=self.body,
            parameters=self.parameters,
            canceled_after=self.canceled_after,
            seen_after=self.seen_after,
            replace=self.replace,
        )


@dataclass(frozen=True)
class Trigger:
    """A pipeline asked for without a commit."""

    branch: str
    parameters: dict[str, Any] = field(default_factory=dict)
    actor: str = ""

    def do(self, people: People) -> None:
        people.trigger(self.branch, self.parameters, self.actor)


@dataclass(frozen=True)
class SetVariables:
    """Variables of the CI project's settings, or of one of its contexts; None removes."""

    variables: dict[str, str | None]
    context: str | None = None

    def do(self, people: People) -> None:
        people.set_variables(self.variables, self.context)


@dataclass(frozen=True)
class Rerun:
    """The newest workflow of a branch once more: all of it, or from what failed."""

    branch: str
    from_failed: bool = True

    def do(self, people: People) -> None:
        people.rerun(self.branch, from_failed=self.from_failed)


@dataclass(frozen=True)
class Hinder:
    """What stands in the way of jobs whatever they do (circleci/obstacles.py), and what is wrong `outside`
    (checks.yml names it)."""

    given: dict[str, Any]

    def do(self, people: People) -> None:
        people.hinder(self.given)


@dataclass(frozen=True)
class Approve:
    """Somebody approves whatever waits for a person."""

    def do(self, people: People) -> None:
        people.approve_all()


@dataclass(frozen=True)
class RunCf:
    """One command of cf, by a developer of the environment's space."""

    arguments: tuple[str, ...]
    may_fail: bool = False

    def do(self, people: People) -> None:
        people.cf(list(self.arguments), may_fail=self.may_fail)


@dataclass(frozen=True)
class Visit:
    """Requests of people at a public route."""

    url: str
    times: int = 1

    def do(self, people: People) -> None:
        people.visit(self.url, self.times)


@dataclass(frozen=True)
class Later:
    """A command of cf that somebody gives while other things go on: so many seconds from now."""

    seconds: float
    arguments: tuple[str, ...]

    def do(self, people: People) -> None:
        people.later(self.seconds, list(self.arguments))


@dataclass(frozen=True)
class Wait:
    seconds: float

    def do(self, people: People) -> None:
        people.wait(self.seconds)


@dataclass(frozen=True)
class Revert:
    """The last commit of a branch taken back by another one, pushed."""

    branch: str

    def do(self, people: People) -> None:
        people.revert(self.branch)


@dataclass(frozen=True)
class Inject:
    """A fault of the catalogue, in the scenario's environment or in another one."""

    name: str
    environment: str = ""

    def do(self, people: People) -> None:
        people.inject(self.name, self.environment)


@dataclass(frozen=True)
class Operate:
    """What happens to the platform itself (platform/operations.py): maintenance, brokers, services, cells,
    networks."""

    what: Literal["evacuate", "broker", "service", "cells", "network", "quota", "buildpack", "certificate"]
    given: dict[str, Any]

    def do(self, people: People) -> None:
        people.operate(self.what, self.given)


@dataclass(frozen=True)
class Disturb:
    """A fault of the wire, from now on (see wire.py)."""

    wire: dict[str, Any]

    def do(self, people: People) -> None:
        people.disturb(self.wire)
