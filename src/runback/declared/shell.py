"""What commands a script runs, and with which words: read, never executed.

Statements are followed in their order. Where a condition cannot be told, all ways are looked at, and what is
set differently on them is unknown afterwards. Loops over lists are followed item by item, functions with
their arguments, other scripts of the checkout where they are called. All of it within a budget: a hostile
script ends with 'too much of it'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from runback.declared import bash, words
from runback.declared.bash import line_of, words_of
from runback.declared.branching import Command, agreed, branches, first_error, on_all, said
from runback.declared.builtins import BUILTINS
from runback.declared.conditions import about_place, truth
from runback.declared.expansion import matches
from runback.declared.scope import Scope, Value
from runback.declared.simplecommands import Call, Script, assignment, call, says_nothing, script_at, script_of
from runback.declared.text import Text, hole

if TYPE_CHECKING:
    from tree_sitter import Node

BUDGET = 20_000  # steps: statements, and words of commands
DEEPEST = 24  # statements within statements, functions within functions


class Unread(NamedTuple):
    """What of a file could not be told, in words."""

    path: str
    line: int
    reason: str


class _Ended(Exception):
    """The script, function or loop ends here."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what  # exit, return, break or continue


class _TooMuch(Exception):
    """The budget is used up."""


@dataclass
class Shell:
    files: Mapping[str, str]  # of the checkout, by path
    commands: list[Command] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    _left: int = BUDGET
    _depth: int = 0

    def run(self, text: str, scope: Scope) -> None:
        """Follows a script; what it runs is added to `commands`."""
        try:
            self._script(text, scope)
        except _Ended:
            pass
        except _TooMuch:
            self.unread.append(Unread(scope.path, scope.first_line, "too much of it: the rest is not read"))

    def _script(self, text: str, scope: Scope) -> None:
        root = bash.parse(text)
        if root is None:
            reason = "longer, or more deeply nested, than what people write: not read"
            self.unread.append(Unread(scope.path, scope.first_line, reason))
            return
        if root.has_error:
            line = scope.first_line + first_error(root) - 1
            self.unread.append(Unread(scope.path, line, "this is not bash as far as it can be read"))
        self._all(root.named_children, scope)

    def _all(self, nodes: list[Node], scope: Scope) -> None:
        for node in nodes:
            self._statement(node, scope)

    def _statement(self, node: Node, scope: Scope) -> None:
        self._pay(1)
        if self._depth >= DEEPEST:
            raise _TooMuch
        self._depth += 1
        try:
            reader = _STATEMENTS.get(node.type)
            if reader is not None:
                reader(self, node, scope)
            elif node.type == "ERROR":
                self._all([one for one in node.named_children if one.type in _STATEMENTS], scope)
        finally:
            self._depth -= 1

    def _pay(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise _TooMuch

    # --- statements that hold others ---------------------------------------------------------------

    def _inside(self, node: Node, scope: Scope) -> None:
        self._all([one for one in node.named_children if one.type in _STATEMENTS], scope)

    def _list(self, node: Node, scope: Scope) -> None:
        """`a && b`, `a || b`."""
        sides = node.named_children
        self._statement(sides[0], scope)
        joint = next((child.type for child in node.children if child.type in ("&&", "||")), "&&")
        found = truth(sides[0], scope)
        if len(sides) < 2 or found.holds is (joint == "||"):
            return
        is_test = sides[0].type in ("test_command", "negated_command")
        if found.holds is None and (joint == "||" or is_test):
            self._ways([lambda own: self._statement(sides[1], own)], scope, False, is_test and found.doubtful)
        else:
            self._statement(sides[1], scope)

    def _if(self, node: Node, scope: Scope) -> None:
        ways: list[Callable[[Scope], None]] = []
        doubtful = False
        for condition, body in branches(node, _STATEMENTS):
            found = truth(condition, scope) if condition is not None else None
            if condition is not None:
                self._statement(condition, scope)
            if found is not None and found.holds is False:
                continue
            ways.append(_following(self, body))
            if found is None or found.holds:
                return self._ways(ways, scope, True, doubtful) if len(ways) > 1 else self._all(body, scope)
            doubtful = doubtful or found.doubtful
        return self._ways(ways, scope, False, doubtful)

    def _case(self, node: Node, scope: Scope) -> None:
        value = node.child_by_field_name("value")
        subject = words.text(value, scope) if value is not None else hole("?")
        ways: list[Callable[[Scope], None]] = []
        exhaustive = doubtful = False
        for item in (one for one in node.named_children if one.type == "case_item"):
            patterns = item.children_by_field_name("value")
            globs = [words.text(pattern, scope) for pattern in patterns]
            fits = [matches(subject, glob) for glob in globs]
            doubtful = doubtful or about_place(subject, *globs)
            body = [one for one in item.named_children if one.type in _STATEMENTS and one not in patterns]
            if True in fits:
                ways.append(_following(self, body))
                exhaustive = True
                break
            if None in fits:
                ways.append(_following(self, body))
        if exhaustive and len(ways) == 1:
            ways[0](scope)
        elif ways:
            self._ways(ways, scope, exhaustive, doubtful)

    def _ways(
        self, ways: list[Callable[[Scope], None]], scope: Scope, exhaustive: bool, doubtful: bool
    ) -> None:
        """Follows each way from the same start; afterwards only that is known on which all agree."""
        before, outer = dict(scope.variables), self.commands
        ends = [] if exhaustive else [before]
        found: list[list[Command]] = []
        for way in ways:
            self._pay(1 + len(before) // 50)
            scope.variables, self.commands = dict(before), []
            try:
                way(scope)
                ends.append(scope.variables)
            except _Ended:
                pass
            finally:
                found.append(self.commands)
        everywhere = on_all(found) if exhaustive else frozenset()
        for command in (one for commands in found for one in commands):
            if said(command) not in everywhere:
                command = command._replace(certain=False, doubtful=command.doubtful or doubtful)
            outer.append(command)
        self.commands = outer
        if not ends:
            raise _Ended("exit")
        scope.variables = agreed(ends)

    def _for(self, node: Node, scope: Scope) -> None:
        variable = node.child_by_field_name("variable")
        name = words_of(variable) if variable is not None else "?"
        values = node.children_by_field_name("value")
        items = [one for value in values for one in words.fields(value, scope)]
        if not values and scope.arguments is not None:
            items = list(scope.arguments)
        elif not values:
            items = [hole(name)]
        self._pay(len(items))
        body = node.child_by_field_name("body")
        for item in items:
            scope.variables[name] = item
            if body is None or not self._turn(body, scope):
                break

    def _turn(self, body: Node, scope: Scope) -> bool:
        """One turn of a loop; False where the loop ends with it."""
        try:
            self._inside(body, scope)
        except _Ended as end:
            if end.what == "break":
                return False
            if end.what != "continue":
                raise
        return True

    def _while(self, node: Node, scope: Scope) -> None:
        """Nobody can tell how often: once, with what its body sets unknown."""
        self._inside(node, scope)

    # --- simple statements -------------------------------------------------------------------------

    def _assign(self, node: Node, scope: Scope) -> None:
        found = assignment(node, scope)
        if found is not None:
            self._pay(1 + len(found.value) if isinstance(found.value, tuple) else 1)
            scope.set(found.name, found.value, more=found.more)

    def _declare(self, node: Node, scope: Scope) -> None:
        """`export`, `local`, `declare`, `readonly`."""
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assign(child, scope)
                name = child.child_by_field_name("name")
            else:
                name = child if child.type == "variable_name" else None
            if name is not None and node.children[0].type == "export":
                scope.exported.add(words_of(name))

    def _unset(self, node: Node, scope: Scope) -> None:
        for child in node.named_children:
            if child.type == "variable_name":
                scope.variables[words_of(child)] = Text()

    def _define(self, node: Node, scope: Scope) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None:
            scope.functions[words_of(name)] = body

    def _command(self, node: Node, scope: Scope) -> None:
        if says_nothing(node, scope.functions):
            return
        found = call(node, scope)
        self._pay(len(found.words))
        if found.words:
            self._call(found, scope, scope.first_line + line_of(node) - 1)
        else:
            scope.variables.update(found.given)

    def _call(self, called: Call, scope: Scope, line: int) -> None:
        first, *rest = called.words
        name, arguments = first.known, tuple(rest)
        if name is None:
            if any("cf" in (one.known or "").split("/") for one in called.words[:3]):
                self.unread.append(Unread(scope.path, line, f"which command {first.shown} is"))
        elif name in scope.functions:
            self._function(scope.functions[name], arguments, scope)
        elif builtin := BUILTINS.get(name):
            builtin(scope, arguments)
        elif name in ("exit", "return", "break", "continue"):
            raise _Ended(name)
        elif name == "eval":
            self.unread.append(Unread(scope.path, line, "what eval runs"))
        elif name in ("source", "."):
            self._source(arguments, scope)
        elif (script := script_of(self.files, name, arguments, scope)) is not None:
            self._other(script, called.given, scope)
        else:
            self.commands.append(Command(called.words, scope.path, line, scope.folder))

    def _function(self, body: Node, arguments: tuple[Text, ...], scope: Scope) -> None:
        outer, scope.arguments = scope.arguments, arguments
        try:
            self._statement(body, scope)
        except _Ended as end:
            if end.what != "return":
                raise
        finally:
            scope.arguments = outer

    def _source(self, arguments: tuple[Text, ...], scope: Scope) -> None:
        path = script_at(self.files, arguments[0].known if arguments else None, scope)
        if path is not None:
            outer, scope.path, first = scope.path, path, scope.first_line
            scope.first_line = 1
            try:
                self._nested(path, scope)
            finally:
                scope.path, scope.first_line = outer, first

    def _nested(self, path: str, scope: Scope) -> None:
        if self._depth >= DEEPEST:
            raise _TooMuch
        self._depth += 1
        try:
            self._script(self.files[path], scope)
        finally:
            self._depth -= 1

    def _other(self, script: Script, given: dict[str, Value], scope: Scope) -> None:
        child = scope.child(script.path, script.arguments)
        child.variables |= given
        child.exported |= set(given)
        with suppress(_Ended):
            self._nested(script.path, child)


_STATEMENTS: Mapping[str, Callable[[Shell, Node, Scope], None]] = {
    "command": Shell._command,
    "list": Shell._list,
    "if_statement": Shell._if,
    "case_statement": Shell._case,
    "for_statement": Shell._for,
    "c_style_for_statement": Shell._while,
    "while_statement": Shell._while,
    "do_group": Shell._inside,
    "variable_assignment": Shell._assign,
    "variable_assignments": Shell._inside,
    "declaration_command": Shell._declare,
    "unset_command": Shell._unset,
    "function_definition": Shell._define,
    "compound_statement": Shell._inside,
    "subshell": Shell._inside,
    "pipeline": Shell._inside,
    "negated_command": Shell._inside,
    "redirected_statement": Shell._inside,
    "heredoc_redirect": Shell._inside,
    "program": Shell._inside,
}


def _following(shell: Shell, body: list[Node]) -> Callable[[Scope], None]:
    return lambda scope: shell._all(body, scope)
