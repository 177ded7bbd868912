"""How a script is followed: statement by statement; all ways, where a condition cannot be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from runback.declared import bash, words
from runback.declared.bash import STATEMENTS, words_of
from runback.declared.branching import Command, Ended, agreed, first_error, on_all, said
from runback.declared.item import Unread
from runback.declared.scope import Scope, Value
from runback.declared.text import Text

if TYPE_CHECKING:
    from tree_sitter import Node

BUDGET = 20_000  # steps: statements, and words of commands
DEEPEST = 24  # statements within statements, functions within functions
_WORDS = 12  # a command in $( ) within words within words


class _TooMuch(Exception):
    """The budget is used up."""


@dataclass
class Steps:
    """What statements do is told by `readers`, by the kind of their node."""

    readers: ClassVar[Mapping[str, Callable[[Steps, Node, Scope], None]]] = {}

    files: Mapping[str, str]  # of the checkout, by path
    commands: list[Command] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    followed: set[str] = field(default_factory=set)  # scripts that others call
    written: dict[str, tuple[Text, ...]] = field(default_factory=dict)  # YAML files, with their lines
    _left: int = BUDGET
    _depth: int = 0

    def run(self, text: str, scope: Scope) -> None:
        """Follows a script; what it runs is added to `commands`."""
        try:
            self.script(text, scope)
        except Ended:
            pass
        except _TooMuch:
            self.doubt(scope, scope.first_line, "too much of it: the rest is not read")

    def script(self, text: str, scope: Scope) -> None:
        root = bash.parse(text)
        if root is None:
            reason = "longer, or more deeply nested, than what people write: not read"
            self.doubt(scope, scope.first_line, reason)
            return
        if root.has_error:
            line = scope.first_line + first_error(root) - 1
            self.doubt(scope, line, "this is not bash as far as it can be read")
        self.all(root.named_children, scope)

    def doubt(self, scope: Scope, line: int, reason: str) -> None:
        self.unread.append(Unread(scope.path, line, reason))

    def all(self, nodes: list[Node], scope: Scope) -> None:
        for node in nodes:
            self.statement(node, scope)

    def inside(self, node: Node, scope: Scope) -> None:
        self.all([one for one in node.named_children if one.type in STATEMENTS], scope)

    def statement(self, node: Node, scope: Scope) -> None:
        self.pay(1)
        with self.deeper():
            reader = self.readers.get(node.type)
            if reader is not None:
                reader(self, node, scope)
            elif node.type == "ERROR":
                self.inside(node, scope)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        if self._depth >= DEEPEST:
            raise _TooMuch
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def pay(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise _TooMuch

    def ways(
        self, ways: list[Callable[[Scope], None]], scope: Scope, exhaustive: bool, doubtful: bool
    ) -> None:
        """Follows each way from the same start; afterwards only that is known on which all agree."""
        before, outer = scope.now(), self.commands
        ends = [] if exhaustive else [before]
        found: list[list[Command]] = []
        stopped: list[str] = []
        for way in ways:
            self.pay(1 + len(before.variables) // 50)
            scope.go_back(before)
            self.commands = []
            try:
                way(scope)
                ends.append(scope.now())
            except Ended as end:
                stopped.append(end.what)
            finally:
                found.append(self.commands)
        everywhere = on_all(found) if exhaustive else frozenset()
        for command in (one for commands in found for one in commands):
            if said(command) not in everywhere:
                command = command._replace(certain=False, doubtful=command.doubtful or doubtful)
            outer.append(command)
        self.commands = outer
        if not ends:
            raise Ended(min(stopped, key=_ENDS.index))
        scope.go_back(agreed(ends))

    def subshell(self, node: Node, scope: Scope) -> None:
        """`( … )`: what it sets, and where it goes, ends with it."""
        before = scope.now()
        try:
            self.inside(node, scope)
        except Ended as end:
            if end.what != "exit":
                raise
        finally:
            scope.go_back(before)

    def substitutions(self, node: Node, scope: Scope) -> None:
        """Follows what stands in $( ), where that may run cf: `out=$(cf push web 2>&1)`."""
        if b"$(" not in (node.text or b"") and b"`" not in (node.text or b""):
            return
        waiting = [(child, 0) for child in node.named_children]
        while waiting:
            one, depth = waiting.pop(0)
            self.pay(1)
            if one.type in ("command_substitution", "process_substitution"):
                text = words_of(one)
                if "cf " in text or any(name in text for name in scope.functions):
                    self.subshell(one, scope)
            elif depth < _WORDS and one.type not in STATEMENTS:
                waiting += [(child, depth + 1) for child in one.named_children]

    # --- simple statements -------------------------------------------------------------------------

    def assign(self, node: Node, scope: Scope) -> None:
        name_node, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name_node is None:
            return
        self.pay(1)
        self.substitutions(node, scope)
        if name_node.type == "subscript":
            named = name_node.child_by_field_name("name")
            key = words.key(name_node.child_by_field_name("index"), scope)
            found = words.text(value, scope) if value is not None else Text()
            scope.put(words_of(named) if named is not None else "?", key, found.of(words.origin(node, scope)))
            return
        more = any(child.type == "+=" for child in node.children)
        scope.set(words_of(name_node), self._value(words_of(name_node), value, scope), more=more)

    def _value(self, name: str, node: Node | None, scope: Scope) -> Value:
        if node is None or node.type != "array":
            return words.text(node, scope) if node is not None else Text()
        keyed = [words.keyed(item, scope) for item in node.named_children]
        self.pay(len(keyed))
        if isinstance(scope.variables.get(name), dict):
            return {one[0]: one[1] for one in keyed if one is not None and one[0] is not None}
        items: list[Text] = []
        for item, pair in zip(node.named_children, keyed, strict=True):
            items += [pair[1]] if pair is not None else words.fields(item, scope)
        self.pay(len(items))
        return tuple(items)

    def declare(self, node: Node, scope: Scope) -> None:
        """`export`, `local`, `declare`, `readonly`."""
        by_key = any(child.type == "word" and _is_by_key(words_of(child)) for child in node.children)
        for child in node.named_children:
            assigned = child.type == "variable_assignment"
            name = child.child_by_field_name("name") if assigned else child
            if name is None or name.type != "variable_name":
                continue
            if by_key and not isinstance(scope.variables.get(words_of(name)), dict):
                scope.variables[words_of(name)] = {}
            if assigned:
                self.assign(child, scope)
            if node.children[0].type == "export":
                scope.exported.add(words_of(name))

    def unset(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            if child.type == "variable_name":
                scope.variables[words_of(child)] = Text()

    def define(self, node: Node, scope: Scope) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None:
            scope.functions[words_of(name)] = body

    # --- other scripts -----------------------------------------------------------------------------

    def function(self, body: Node, arguments: tuple[Text, ...], scope: Scope) -> None:
        outer, scope.arguments = scope.arguments, arguments
        option, scope.option = scope.option, 0
        try:
            self.statement(body, scope)
        except Ended as end:
            if end.what != "return":
                raise
        finally:
            scope.arguments, scope.option = outer, option

    def read_in(self, path: str, text: str, first_line: int, scope: Scope) -> None:
        """Follows a text in the same shell: another script's, with `source`, or that of `eval`."""
        outer = scope.path, scope.first_line
        scope.path, scope.first_line = path, first_line
        try:
            with self.deeper():
                self.script(text, scope)
        except Ended as end:
            if end.what != "return":
                raise
        finally:
            scope.path, scope.first_line = outer

    def other(self, path: str, arguments: tuple[Text, ...], given: dict[str, Value], scope: Scope) -> None:
        child = scope.child(path, arguments)
        child.variables |= given
        child.exported |= set(given)
        self.followed.add(path)
        with suppress(Ended), self.deeper():
            self.script(self.files[path], child)


_ENDS = ("continue", "break", "return", "exit")  # what ends least comes first


def _is_by_key(option: str) -> bool:
    return option.startswith("-") and "A" in option
