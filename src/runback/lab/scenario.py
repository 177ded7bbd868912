"""Scenarios: files that say what people do to the healthy world, and what a diagnosis should find.

A scenario is checked strictly: every complaint names file and line and what is allowed. Its truth is in the
same file, but only `read_truth` hands it out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runback.errors import ConfigurationError, UsageError
from runback.lab.changes import CHANGES, Change, Problem

FOLDER = Path(__file__).parent / "scenarios"
STAGES = ("commit", "ci", "build", "infrastructure", "deploy", "stage", "start", "run", "connect", "serve")
KEYS = ("set", "stage", "line", "app", "environment", "world", "changes", "truth")
NEEDED = ("set", "stage", "line", "app", "environment", "changes", "truth")
SETS = re.compile(r"[a-z]+(-[a-z]+)*")
# The C loader of PyYAML is ten times as fast as the other; both are safe.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnknownScenario(UsageError):
    """A name that no scenario has."""


@dataclass(frozen=True)
class Summary:
    """One line for people. `healthy` scenarios have nothing to find."""

    name: str
    set: str  # core, or a theme
    stage: str
    line: str
    healthy: bool


@dataclass(frozen=True)
class TrueCause:
    page: str
    app: str | None = None
    remedy: str | None = None  # None: code must change


@dataclass(frozen=True)
class Truth:
    """What a diagnosis should find: causes, and the chain of pages from the first cause to the symptom."""

    causes: tuple[TrueCause, ...] = ()
    chain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    name: str
    set: str
    stage: str
    line: str
    app: str
    environment: str
    world: str
    changes: tuple[Change, ...]


def summaries(folder: Path = FOLDER) -> tuple[Summary, ...]:
    """All scenarios: core first, then by the stage at which they fail; healthy ones last of a set."""
    return tuple(
        sorted(
            (summary(path.stem, folder) for path in folder.glob("*.yml")),
            key=lambda one: (one.set != "core", one.set, one.healthy, STAGES.index(one.stage), one.name),
        )
    )


def summary(name: str, folder: Path = FOLDER) -> Summary:
    """One line of the list. Raises UnknownScenario, and ConfigurationError for a malformed file."""
    document = _Document(_path(name, folder))
    healthy = not document.truth().causes
    return Summary(name, document.text("set"), document.stage(), document.text("line"), healthy)


def read(name: str, folder: Path = FOLDER) -> Scenario:
    """Raises UnknownScenario, or ConfigurationError for a file that is not a scenario."""
    document = _Document(_path(name, folder))
    document.truth()  # only to find fault with it
    return Scenario(
        name=name,
        set=document.text("set"),
        stage=document.stage(),
        line=document.text("line"),
        app=document.text("app"),
        environment=document.text("environment"),
        world=document.text("world", "reference"),
        changes=document.changes(),
    )


def read_truth(name: str, folder: Path = FOLDER) -> Truth:
    """What is to be found in a scenario; for `score` only."""
    return _Document(_path(name, folder)).truth()


def _path(name: str, folder: Path) -> Path:
    path = folder / f"{name}.yml"
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) and path.is_file():
        return path
    names = sorted(one.stem for one in folder.glob("*.yml"))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    advice = f"Did you mean {', '.join(near)}?" if near else "'runback lab list' shows them all."
    raise UnknownScenario(f"There is no scenario {name!r}.", advice)


class _Document:
    """One scenario file as nodes, which know their lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            root = yaml.compose(path.read_text(encoding="utf-8"), LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise ConfigurationError(
                f"{path}:{line}: not YAML: {getattr(error, 'problem', error)}"
            ) from error
        if root is None:
            raise ConfigurationError(f"{path}:1: the file is empty", f"Keys: {', '.join(KEYS)}")
        self._root = self._mapping(root, KEYS)
        for key in NEEDED:
            if key not in self._root:
                raise self._wrong(root, f"'{key}' is missing", KEYS)

    def text(self, key: str, default: str = "") -> str:
        node = self._root.get(key)
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode) or not str(node.value).strip():
            raise self._wrong(node, f"'{key}' must be a line of text")
        return str(node.value).strip()

    def stage(self) -> str:
        stage = self.text("stage")
        if stage not in STAGES:
            raise self._wrong(self._root["stage"], f"'stage' is {stage!r}", STAGES)
        if not SETS.fullmatch(self.text("set")):
            raise self._wrong(self._root["set"], "'set' must be a word in lower case")
        return stage

    def changes(self) -> tuple[Change, ...]:
        """The changes, each read by the function that `CHANGES` names for its key."""
        found = []
        for node in self._sequence(self._root["changes"]):
            entry = self._mapping(node, tuple(CHANGES))
            if len(entry) != 1:
                raise self._wrong(node, "a change has one key", CHANGES)
            name, body = next(iter(entry.items()))
            try:
                found.append(CHANGES[name](_plain(body)))
            except Problem as problem:
                raise self._wrong(body, f"'{name}': {problem}", problem.allowed) from problem
        return tuple(found)

    def truth(self) -> Truth:
        truth = self._mapping(self._root["truth"], ("causes", "chain"))
        causes = []
        for node in self._sequence(truth["causes"]) if "causes" in truth else []:
            cause = {key: _plain(one) for key, one in self._mapping(node, ("page", "app", "remedy")).items()}
            if "page" not in cause:
                raise self._wrong(node, "a cause names its 'page'", ("page", "app", "remedy"))
            causes.append(TrueCause(**cause))
        chain = tuple(_plain(one) for one in self._sequence(truth["chain"])) if "chain" in truth else ()
        return Truth(tuple(causes), chain)

    def _mapping(self, node: yaml.Node, allowed: Iterable[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, "expected keys and values", allowed)
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value not in allowed:
                raise self._wrong(key, f"unknown key {key.value!r}", allowed)
            if key.value in found:
                raise self._wrong(key, f"{key.value!r} stands here twice")
            found[key.value] = value
        return found

    def _sequence(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._wrong(node, "expected a list")
        return list(node.value)

    def _wrong(self, node: yaml.Node, what: str, allowed: Iterable[str] = ()) -> ConfigurationError:
        advice = f"Allowed: {', '.join(allowed)}" if allowed else ""
        return ConfigurationError(f"{self._path}:{node.start_mark.line + 1}: {what}", advice)


def _plain(node: yaml.Node) -> Any:
    """A node's value as plain Python."""
    constructor = yaml.constructor.SafeConstructor()
    return constructor.construct_object(node, deep=True)
