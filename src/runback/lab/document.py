"""Scenario and fault files as nodes, which know their lines: every complaint names file, line and what is
allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from runback.errors import ConfigurationError
from runback.lab.changereading import CHANGES, Problem
from runback.lab.changes import Change

STAGES = ("commit", "ci", "build", "infrastructure", "deploy", "stage", "start", "run", "connect", "serve")
# The C loader of PyYAML is ten times as fast as the other; both are safe.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUTH = ("causes", "chain", "unknown", "notices", "changes")
_CAUSE = ("page", "app", "remedy", "value")


@dataclass(frozen=True)
class TrueCause:
    page: str
    app: str | None = None
    remedy: str | None = None  # None: a person must change code, or deploy an app anew
    value: str | None = None  # one of the finding's: which of several variables, which package


@dataclass(frozen=True)
class Truth:
    """What a diagnosis should find: causes, and the chain of pages from the first cause to the symptom.

    `unknown` are pages that nobody who may read only this much can decide: they must be said to be unknown.
    `notices` are pages that must be said beside the causes. `changes` are words of what must be said to have
    changed: 'variable JWT_KEY removed', 'route … added by maya@lab.example'.
    """

    causes: tuple[TrueCause, ...] = ()
    chain: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        return not self.causes and not self.unknown


class Document:
    """One file. `places` fills `{name}` in its texts; what it does not know stays as it is."""

    def __init__(
        self,
        path: Path,
        allowed: tuple[str, ...],
        needed: tuple[str, ...],
        places: Mapping[str, str] | None = None,
    ) -> None:
        self._path = path
        try:
            root = yaml.compose(fill(path.read_text(encoding="utf-8"), places or {}), LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise ConfigurationError(
                f"{path}:{line}: not YAML: {getattr(error, 'problem', error)}"
            ) from error
        if root is None:
            raise ConfigurationError(f"{path}:1: the file is empty", f"Keys: {', '.join(allowed)}")
        self._root = self._mapping(root, allowed)
        for key in needed:
            if key not in self._root:
                raise self._wrong(root, f"'{key}' is missing", allowed)

    def text(self, key: str, default: str = "") -> str:
        node = self._root.get(key)
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode) or not str(node.value).strip():
            raise self._wrong(node, f"'{key}' must be a line of text")
        return str(node.value).strip()

    def one_of(self, key: str, allowed: Iterable[str], default: str = "") -> str:
        value = self.text(key, default)
        if value not in allowed:
            raise self._wrong(self._root[key], f"'{key}' is {value!r}", allowed)
        return value

    def refuse(self, key: str, what: str) -> ConfigurationError:
        """The complaint about the value of a key."""
        return self._wrong(self._root[key], what)

    def changes(self, key: str = "changes") -> tuple[Change, ...]:
        """The changes, each read by the function that `CHANGES` names for its key."""
        found = []
        for node in self._sequence(self._root[key]) if key in self._root else ():
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
        truth = self._mapping(self._root["truth"], _TRUTH)
        causes = []
        for node in self._sequence(truth["causes"]) if "causes" in truth else []:
            cause = {key: _plain(one) for key, one in self._mapping(node, _CAUSE).items()}
            if "page" not in cause:
                raise self._wrong(node, "a cause names its 'page'", _CAUSE)
            causes.append(TrueCause(**cause))
        return Truth(tuple(causes), *(self._words(truth, key) for key in _TRUTH[1:]))

    def _words(self, truth: Mapping[str, yaml.Node], key: str) -> tuple[str, ...]:
        return tuple(str(_plain(one)) for one in self._sequence(truth[key])) if key in truth else ()

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


def fill(text: str, places: Mapping[str, str]) -> str:
    """The text with the `{name}` of each place replaced by what it is called in a world."""
    for name, value in places.items():
        text = text.replace("{" + name + "}", value)
    return text


def _plain(node: yaml.Node) -> Any:
    """A node's value as plain Python."""
    constructor = yaml.constructor.SafeConstructor()
    return constructor.construct_object(node, deep=True)
