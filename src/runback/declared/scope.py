"""What a shell knows while it runs a script: variables, functions, arguments, the folder it is in."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from runback.declared.text import Hole, Text, hole, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_ITEMS = 2_000
Value: TypeAlias = (
    Text | tuple[Text, ...] | dict[str, Text]
)  # one, a list, what `declare -A` makes; never changed


class State(NamedTuple):
    """What the statements of one way can change."""

    variables: dict[str, Value]
    arguments: tuple[Text, ...] | None
    folder: str | None
    option: int


@dataclass
class Scope:
    """`arguments` None: nobody in sight calls the script, so its `$1` can be anything."""

    path: str
    folder: str | None = "."
    arguments: tuple[Text, ...] | None = None
    variables: dict[str, Value] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    functions: dict[str, Node] = field(default_factory=dict)
    first_line: int = 1  # of the script in its file: scripts stand in config.yml too
    stdin: tuple[Text, ...] | None = None  # the lines that commands read; None where nobody can tell
    folders: list[str | None] = field(default_factory=list)  # of pushd
    option: int = 0  # arguments that getopts has read

    def value(self, name: str) -> Value | None:
        """The variable's value; None where nobody in sight sets it."""
        if name in ("@", "*"):
            return self.arguments
        if name == "#":
            return None if self.arguments is None else literal(str(len(self.arguments)))
        if name == "0":
            return literal(self.path)
        if name == "BASH_SOURCE":
            return (literal(self.path),)
        if name == "PWD":
            return literal(self.folder) if self.folder is not None else None
        if re.fullmatch(r"\d{1,3}", name):
            if self.arguments is None:
                return None
            position = int(name) - 1
            return self.arguments[position] if position < len(self.arguments) else Text()
        return self.variables.get(name)

    def now(self) -> State:
        return State(dict(self.variables), self.arguments, self.folder, self.option)

    def go_back(self, state: State) -> None:
        self.variables = dict(state.variables)
        self.arguments, self.folder, self.option = state[1:]

    def set(self, name: str, value: Value, *, more: bool = False) -> None:
        """`more` adds to what is there, as `+=` does."""
        if more:
            value = self._added(name, value)
        if isinstance(value, Text):
            self.variables[name] = _renamed(name, value)
        elif len(value) <= MOST_ITEMS or isinstance(value, tuple):
            self.variables[name] = value[:MOST_ITEMS] if isinstance(value, tuple) else value

    def put(self, name: str, key: str | None, value: Text) -> None:
        """`name[key]=value`; of a list with a key that nobody knows, nothing is known."""
        old = self.variables.get(name, ())
        if key is not None and isinstance(old, dict):
            self.set(name, {**old, key: value})
        elif key is not None and key.isdigit() and isinstance(old, tuple) and int(key) <= len(old):
            self.set(name, (*old[: int(key)], value, *old[int(key) + 1 :]))
        else:
            self.variables[name] = hole(name)

    def _added(self, name: str, value: Value) -> Value:
        old = self.variables.get(name)
        if old is None:
            return value
        if isinstance(old, Text) and isinstance(value, Text):
            return joined((old, value))
        if isinstance(value, dict) or isinstance(old, dict):
            return {**old, **value} if isinstance(value, dict) and isinstance(old, dict) else old
        if isinstance(value, Text):
            return old
        return ((old,) if isinstance(old, Text) else old) + value

    def resolved(self, path: str) -> str | None:
        """The path from the top of the checkout; None where it leads out of it, or nobody knows."""
        if self.folder is None or path.startswith(("/", "~")):
            return None
        found = posixpath.normpath(posixpath.join(self.folder, path))
        return None if found.startswith("..") else found

    def child(self, path: str, arguments: tuple[Text, ...]) -> Scope:
        """What another script sees that this one calls."""
        handed = {name: self.variables[name] for name in self.exported if name in self.variables}
        return Scope(
            path=path, folder=self.folder, arguments=arguments, variables=handed, exported=set(self.exported)
        )


def _renamed(name: str, value: Text) -> Text:
    """`backend=$3` gives what nobody knows a better name than 3."""
    only = value.parts[0] if len(value.parts) == 1 else None
    if isinstance(only, Hole) and not only.name.isidentifier():
        return Text((Hole(name, only.default),))
    return Text(value.parts)
