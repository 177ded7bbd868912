"""Where a script goes: lists of commands, conditions, loops, pipes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runback.declared import reading, words
from runback.declared.bash import STATEMENTS, words_of
from runback.declared.branching import Ended, branches
from runback.declared.conditions import about_place, number, truth
from runback.declared.expansion import matches
from runback.declared.scope import MOST_ITEMS, Scope
from runback.declared.text import Text, hole, literal

if TYPE_CHECKING:
    from tree_sitter import Node

    from runback.declared.steps import Steps

TURNS = 200  # of a loop of which each turn can be told


def both(sh: Steps, node: Node, scope: Scope) -> None:
    """`a && b`, `a || b`."""
    sides = node.named_children
    sh.statement(sides[0], scope)
    joint = next((child.type for child in node.children if child.type in ("&&", "||")), "&&")
    found = truth(sides[0], scope)
    if len(sides) < 2 or found.holds is (joint == "||"):
        return
    is_test = sides[0].type in ("test_command", "negated_command")
    if found.holds is None and (joint == "||" or is_test):
        sh.ways([lambda own: sh.statement(sides[1], own)], scope, False, is_test and found.doubtful)
    else:
        sh.statement(sides[1], scope)


def if_(sh: Steps, node: Node, scope: Scope) -> None:
    ways: list[Callable[[Scope], None]] = []
    doubtful = False
    for condition, body in branches(node):
        found = truth(condition, scope) if condition is not None else None
        if condition is not None:
            sh.statement(condition, scope)
        if found is not None and found.holds is False:
            continue
        ways.append(_following(sh, body))
        if found is None or found.holds:
            return sh.ways(ways, scope, True, doubtful) if len(ways) > 1 else sh.all(body, scope)
        doubtful = doubtful or found.doubtful
    return sh.ways(ways, scope, False, doubtful)


def case(sh: Steps, node: Node, scope: Scope) -> None:
    value = node.child_by_field_name("value")
    subject = words.text(value, scope) if value is not None else hole("?")
    ways: list[Callable[[Scope], None]] = []
    exhaustive = doubtful = False
    for item in (one for one in node.named_children if one.type == "case_item"):
        patterns = item.children_by_field_name("value")
        globs = [words.text(pattern, scope) for pattern in patterns]
        fits = [matches(subject, glob) for glob in globs]
        doubtful = doubtful or about_place(subject, *globs)
        body = [one for one in item.named_children if one.type in STATEMENTS and one not in patterns]
        if True in fits:
            ways.append(_following(sh, body))
            exhaustive = True
            break
        if None in fits:
            ways.append(_following(sh, body))
    if exhaustive and len(ways) == 1:
        ways[0](scope)
    elif ways:
        sh.ways(ways, scope, exhaustive, doubtful)


def for_(sh: Steps, node: Node, scope: Scope) -> None:
    variable = node.child_by_field_name("variable")
    name = words_of(variable) if variable is not None else "?"
    values = node.children_by_field_name("value")
    items = [one for value in values for one in words.fields(value, scope)]
    if not values and scope.arguments is not None:
        items = list(scope.arguments)
    elif not values:
        items = [hole(name)]
    _each(sh, node, name, items, scope)


def counted(sh: Steps, node: Node, scope: Scope) -> None:
    """`for ((i=0; i<n; i++))`: with the numbers, where the end can be told."""
    start, until = node.child_by_field_name("initializer"), node.child_by_field_name("condition")
    update = node.child_by_field_name("update")
    name = words_of(start).partition("=")[0].strip() if start is not None else "?"
    first = number(start.child_by_field_name("value"), scope) if start is not None else None
    last = number(until.child_by_field_name("right"), scope) if until is not None else None
    sign = words_of(until.children[1]) if until is not None and len(until.children) == 3 else ""
    steps = words_of(update) if update is not None else ""
    items = [hole(name)]
    counts = sign in ("<", "<=") and steps in (f"{name}++", f"++{name}")
    if counts and first is not None and last is not None and last - first <= MOST_ITEMS:
        items = [literal(str(one)) for one in range(first, last + (sign == "<="))]
    _each(sh, node, name, items, scope)


def _each(sh: Steps, node: Node, name: str, items: list[Text], scope: Scope) -> None:
    sh.pay(len(items))
    body = node.child_by_field_name("body")
    for item in items:
        scope.variables[name] = item
        if body is None or not _turn(sh, body, scope):
            break


def while_(sh: Steps, node: Node, scope: Scope) -> None:
    """Turn by turn as far as the condition can be told; else one turn, which may be none or many."""
    condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
    if condition is None or body is None:
        return
    asked, read = reading.getopts_of(condition), reading.read_of(condition)
    if read is not None and scope.stdin is not None:
        _lines(sh, read, body, scope)
        return
    for _ in range(TURNS):
        before = scope.now()
        holds = reading.next_option(asked, scope) if asked is not None else truth(condition, scope).holds
        if asked is None:
            sh.statement(condition, scope)
        if holds is None:
            sh.ways([_turning(sh, body)], scope, False, False)
            return
        if holds is (node.children[0].type == "until") or not _turn(sh, body, scope):
            return
        if scope.now() == before:
            return  # nobody can tell what ends it


def _lines(sh: Steps, read: Node, body: Node, scope: Scope) -> None:
    """A loop over lines that are known."""
    lines = scope.stdin or ()
    sh.pay(len(lines))
    for line in lines:
        scope.stdin = (line,)
        sh.statement(read, scope)
        scope.stdin = None
        if not _turn(sh, body, scope):
            break


def _turn(sh: Steps, body: Node, scope: Scope) -> bool:
    """One turn of a loop; False where the loop ends with it."""
    try:
        sh.inside(body, scope)
    except Ended as end:
        if end.what == "break":
            return False
        if end.what != "continue":
            raise
    return True


def _turning(sh: Steps, body: Node) -> Callable[[Scope], None]:
    def turn(scope: Scope) -> None:
        _turn(sh, body, scope)

    return turn


def pipeline(sh: Steps, node: Node, scope: Scope) -> None:
    """`a | b`: b reads what a prints, where that can be told."""
    outer, lines = scope.stdin, scope.stdin
    for part in node.named_children:
        scope.stdin = lines
        sh.statement(part, scope)
        lines = reading.printed(part, scope, sh.files)
    scope.stdin = outer


def redirected(sh: Steps, node: Node, scope: Scope) -> None:
    """A statement that reads from a file or a here-document; what is piped on stands within the latter."""
    body, redirects = node.child_by_field_name("body"), node.children_by_field_name("redirect")
    outer = scope.stdin
    found = reading.given(redirects, scope, sh.files)
    path = reading.written(node, scope)
    if path is not None and found is not None:
        sh.written[path] = found
    scope.stdin = found if found is not None else outer
    if body is not None:
        sh.statement(body, scope)
        scope.stdin = reading.printed(node, scope, sh.files)
    for one in redirects:
        if one.type == "heredoc_redirect":
            sh.inside(one, scope)
    scope.stdin = outer


def _following(sh: Steps, body: list[Node]) -> Callable[[Scope], None]:
    return lambda scope: sh.all(body, scope)
