"""Where a script can go two ways: the branches, and what holds after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from runback.declared.bash import STATEMENTS, line_of
from runback.declared.scope import State, Value
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


class Ended(Exception):
    """The script, function or loop ends here."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what  # exit, return, break or continue


def branches(node: Node) -> list[tuple[Node | None, list[Node]]]:
    """Condition and body of `if`, of each `elif`, and of `else`, which has no condition."""
    found: list[tuple[Node | None, list[Node]]] = []
    condition = node.child_by_field_name("condition")
    own = [one for one in node.named_children if one.type in STATEMENTS and one != condition]
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


def agreed(ends: list[State]) -> State:
    """What all ways end with; another value on one of them makes a variable unknown."""
    found: dict[str, Value] = {}
    for name in dict.fromkeys(name for end in ends for name in end.variables):
        values = [end.variables.get(name) for end in ends]
        found[name] = _agreed(name, values)
    one = ends[0]
    arguments = one.arguments if all(end.arguments == one.arguments for end in ends) else None
    folder = one.folder if all(end.folder == one.folder for end in ends) else None
    return State(found, arguments, folder, max(end.option for end in ends))


def _agreed(name: str, values: list[Value | None]) -> Value:
    first = values[0]
    if first is not None and all(value == first for value in values):
        return first
    lists = [value for value in values if isinstance(value, tuple)]
    if len(lists) < len(values):
        return hole(name)
    same = 0  # items at the start: of a list that is only added to on some ways, those are certain
    while all(len(one) > same and one[same] == lists[0][same] for one in lists):
        same += 1
    return (*lists[0][:same], hole(name))


def first_error(root: Node) -> int:
    """The line of the first place that cannot be read: the innermost, as errors swallow what is around."""
    waiting, found = [root], 1
    while waiting:
        node = waiting.pop()
        if node.type == "ERROR" or node.is_missing:
            found = line_of(node)
        inner = [child for child in node.children if child.has_error or child.is_missing]
        waiting = inner[:1]
    return found
