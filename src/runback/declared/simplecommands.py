"""Simple commands, as bash calls them: assignments, then words; and the script that such a command runs."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, NamedTuple

from runback.declared import words
from runback.declared.bash import words_of
from runback.declared.builtins import BUILTINS
from runback.declared.scope import Scope, Value
from runback.declared.text import Text, hole

if TYPE_CHECKING:
    from tree_sitter import Node

_BEFORE = ("sudo", "time", "command", "exec", "nohup", "env", "then", "builtin")
_LEADING = ("exit", "return", "break", "continue", "eval", "source", ".")
_SHELLS = ("bash", "sh", "zsh", "dash", "/bin/bash", "/bin/sh", "/usr/bin/bash")


class Assignment(NamedTuple):
    """`more`: the value is added to what the variable holds."""

    name: str
    value: Value
    more: bool


class Call(NamedTuple):
    """The words of a command, its name first, and the variables that are set for it alone."""

    words: tuple[Text, ...]
    given: dict[str, Value]


class Script(NamedTuple):
    """A script of the checkout, and what it is given."""

    path: str
    arguments: tuple[Text, ...]


def assignment(node: Node, scope: Scope) -> Assignment | None:
    """What `name=value` or `name+=value` says. One item of an array makes all of it unknown."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None:
        return None
    if name.type == "subscript":
        named = name.child_by_field_name("name")
        return Assignment(words_of(named) if named is not None else "?", (hole("?"),), more=True)
    found: Value = Text()
    if value is not None and value.type == "array":
        found = tuple(one for item in value.named_children for one in words.fields(item, scope))
    elif value is not None:
        found = words.text(value, scope)
    return Assignment(words_of(name), found, any(child.type == "+=" for child in node.children))


def says_nothing(node: Node, functions: Container[str]) -> bool:
    """Whether it is a program that neither declares nor leads to what does, by its plain name."""
    name = node.child_by_field_name("name")
    plain = words_of(name) if name is not None and name.children[0].type == "word" else "$"
    known = plain in functions or plain in BUILTINS or plain in _BEFORE or plain in _SHELLS
    return not (known or "$" in plain or "/" in plain or plain in _LEADING or plain.startswith("cf"))


def call(node: Node, scope: Scope) -> Call:
    """What the command runs, without what only stands before it (`sudo`); no words: it sets variables."""
    given: dict[str, Value] = {}
    found: list[Text] = []
    for child in node.named_children:
        if child.type == "variable_assignment":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if name is not None:
                given[words_of(name)] = words.text(value, scope) if value is not None else Text()
        elif child.type == "command_name":
            found += words.fields(child.children[0], scope)
        elif not child.type.endswith("redirect"):
            found += words.fields(child, scope)
    while found and found[0].known in _BEFORE:
        found = found[1:]
    return Call(tuple(found), given)


def script_of(files: Container[str], name: str, arguments: tuple[Text, ...], scope: Scope) -> Script | None:
    """The script of the checkout that the command `name` runs, by itself or by a shell."""
    path: str | None = name if "/" in name else None
    if name in _SHELLS:
        plain = [index for index, one in enumerate(arguments) if not (one.known or "x").startswith("-")]
        if not plain:
            return None
        path, arguments = arguments[plain[0]].known, arguments[plain[0] + 1 :]
    found = script_at(files, path, scope)
    return Script(found, arguments) if found is not None else None


def script_at(files: Container[str], path: str | None, scope: Scope) -> str | None:
    """The checkout's file at a path as the script writes it."""
    resolved = scope.resolved(path) if path is not None else None
    return resolved if resolved is not None and resolved in files else None
