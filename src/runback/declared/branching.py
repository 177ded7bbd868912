"""Where a script can go two ways: the branches, and what holds after them."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, NamedTuple

from runback.declared.bash import line_of
from runback.declared.scope import Value
from runback.declared.text import Text, hole

if TYPE_CHECKING:
    from tree_sitter import Node


class Command(NamedTuple):
    """One command with its words.

    `certain`: whatever the conditions are. `doubtful`: only under one that this deployment may never meet,
    because it is about another environment, say.
    """

    words: tuple[Text, ...]
    path: str
    line: int
    folder: str | None
    certain: bool = True
    doubtful: bool = False


def branches(node: Node, kinds: Container[str]) -> list[tuple[Node | None, list[Node]]]:
    """Condition and body of `if`, of each `elif`, and of `else`, which has no condition."""
    found: list[tuple[Node | None, list[Node]]] = []
    condition = node.child_by_field_name("condition")
    own = [one for one in node.named_children if one.type in kinds and one != condition]
    found.append((condition, own))
    for clause in node.named_children:
        if clause.type == "elif_clause":
            first, *rest = clause.named_children or [None]  # type: ignore[list-item]
            found.append((first, rest))
        elif clause.type == "else_clause":
            found.append((None, clause.named_children))
    return found


def said(command: Command) -> tuple[str, ...]:
    return tuple(word.shown for word in command.words)


def on_all(ways: list[list[Command]]) -> frozenset[tuple[str, ...]]:
    """What is run on every way."""
    sets = [{said(command) for command in way} for way in ways]
    return frozenset(set.intersection(*sets)) if sets else frozenset()


def agreed(ends: list[dict[str, Value]]) -> dict[str, Value]:
    """What all ways end with; another value on one of them makes a variable unknown."""
    found: dict[str, Value] = {}
    for name in dict.fromkeys(name for end in ends for name in end):
        values = [end.get(name) for end in ends]
        first = values[0]
        same = first is not None and all(value == first for value in values)
        found[name] = first if same and first is not None else hole(name)
    return found


def first_error(root: Node) -> int:
    """The line of the first place that is not bash."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type == "ERROR" or node.is_missing:
            return line_of(node)
        waiting += [child for child in reversed(node.children) if child.has_error or child.is_missing]
    return 1
