"""What a shell knows while it runs a script: variables, functions, arguments, the folder it is in."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from runback.declared.text import Hole, Text, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_ITEMS = 2_000
Value: TypeAlias = Text | tuple[Text, ...]


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

    def value(self, name: str) -> Value | None:
        """The variable's value; None where nobody in sight sets it."""
        if name in ("@", "*"):
            return self.arguments
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

    def set(self, name: str, value: Value, *, more: bool = False) -> None:
        """`more` adds to what is there, as `+=` does."""
        if more:
            value = self._added(name, value)
        self.variables[name] = _renamed(name, value) if isinstance(value, Text) else value[:MOST_ITEMS]

    def _added(self, name: str, value: Value) -> Value:
        old = self.variables.get(name)
        if isinstance(value, Text):
            return joined((old, value)) if isinstance(old, Text) else value if old is None else old
        if old is None:
            return value
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
