"""Whether a condition of a script holds: yes, no, or None where that cannot be told."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from runback.declared import expansion, words
from runback.declared.bash import words_of
from runback.declared.scope import Scope
from runback.declared.text import Text, literal

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 20
_EQUAL = ("=", "==")
_NUMBERS: Mapping[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq, "-ne": operator.ne, "-gt": operator.gt,
    "-ge": operator.ge, "-lt": operator.lt, "-le": operator.le,
}  # fmt: skip
_ARITHMETIC = {"==": "-eq", "!=": "-ne", ">": "-gt", ">=": "-ge", "<": "-lt", "<=": "-le"}
_PLACE = re.compile(
    r"(?i)(?:env|environment|space|branch|stage|org|tag|app|host|domain|tier|region)(?:[_}]|$)"
    r"|\b(?:prod|production|staging|stage|dev|develop|development|main|master|test|qa|uat|demo|sandbox)\b"
)
# Whether something is there already: what is done where it is not belongs to every deployment.
_ASKING = ("cf", "command", "which", "type", "hash")


class Truth(NamedTuple):
    """`doubtful`: what depends on it may rightly not be done at all, as for another environment."""

    holds: bool | None
    doubtful: bool = True


def truth(node: Node, scope: Scope, depth: int = 0) -> Truth:
    if depth > DEEPEST:
        return Truth(None)
    kind, inside = node.type, node.named_children
    if kind == "negated_command" and inside:
        found = truth(inside[-1], scope, depth + 1)
        return Truth(None if found.holds is None else not found.holds, found.doubtful)
    if kind in ("list", "binary_expression") and _joint(node) is not None:
        return _list(node, scope, depth)
    if kind == "compound_statement" and node.children[0].type == "((":
        return _arithmetic(inside[0], scope) if len(inside) == 1 else Truth(None)
    if kind in ("test_command", "parenthesized_expression", "redirected_statement", "compound_statement"):
        return truth(inside[0], scope, depth + 1) if inside else Truth(None)
    if kind == "unary_expression" and inside:
        return _unary(node, scope, depth)
    if kind == "binary_expression":
        return _binary(node, scope)
    if kind == "command":
        return _command(node)
    if kind in ("string", "word", "simple_expansion", "expansion", "raw_string"):
        return Truth(_set(words.text(node, scope)), doubtful=False)
    return Truth(None)


def _joint(node: Node) -> str | None:
    return next((child.type for child in node.children if child.type in ("&&", "||", "-a", "-o")), None)


def _list(node: Node, scope: Scope, depth: int) -> Truth:
    joint = _joint(node)
    sides = [truth(child, scope, depth + 1) for child in node.named_children if child.type != "test_operator"]
    doubtful = any(side.doubtful for side in sides)
    values = [side.holds for side in sides]
    if joint in ("||", "-o"):
        return Truth(True if True in values else None if None in values else False, doubtful)
    return Truth(False if False in values else None if None in values else True, doubtful)


def _unary(node: Node, scope: Scope, depth: int) -> Truth:
    sign, operand = node.children[0], node.children[-1]
    if sign.type == "!":
        found = truth(operand, scope, depth + 1)
        return Truth(None if found.holds is None else not found.holds, found.doubtful)
    name = words_of(sign)
    if name not in ("-z", "-n"):
        return Truth(None, doubtful=False)  # files and such
    is_set = _set(words.text(operand, scope))
    return Truth(is_set if name == "-n" or is_set is None else not is_set, doubtful=False)


def _set(value: Text) -> bool | None:
    """Whether the text is not empty."""
    return True if value.literals else None if value.parts else False


def _binary(node: Node, scope: Scope) -> Truth:
    children = node.children
    if len(children) != 3:
        return Truth(None)
    sign = words_of(children[1])
    if sign in _NUMBERS:
        return _compared(node, sign, scope)
    if sign not in (*_EQUAL, "!="):
        return Truth(None)
    left, right = words.text(children[0], scope), words.text(children[2], scope)
    quoted = children[2].type in ("string", "raw_string")
    if quoted or node.parent is None or not words_of(node.parent).startswith("[["):
        same = _same(left, right)
    else:
        same = expansion.matches(left, right)
    return Truth(same if sign in _EQUAL or same is None else not same, about_place(left, right))


def _arithmetic(node: Node, scope: Scope) -> Truth:
    """`(( … ))`."""
    if node.type == "binary_expression" and len(node.children) == 3:
        return _compared(node, _ARITHMETIC.get(words_of(node.children[1]), ""), scope)
    value = number(node, scope)
    return Truth(None if value is None else value != 0, doubtful=False)


def _compared(node: Node, sign: str, scope: Scope) -> Truth:
    left, right = number(node.children[0], scope), number(node.children[2], scope)
    if left is None or right is None or sign not in _NUMBERS:
        return Truth(None, about_place(literal(words_of(node))))
    return Truth(_NUMBERS[sign](left, right), doubtful=False)


def number(node: Node | None, scope: Scope) -> int | None:
    """The number that a word is, or that the variable of this name holds; None where that cannot be told."""
    if node is None:
        return None
    said: str | None = words_of(node)
    if said is not None and said.isidentifier():
        value = scope.value(said)
        said = value.known if isinstance(value, Text) else None
    else:
        said = words.text(node, scope).known
    return int(said) if said is not None and re.fullmatch(r"-?\d{1,9}", said) else None


def about_place(*texts: Text) -> bool:
    """Whether a comparison is about which environment this is, and not about how it is deployed."""
    return any(_PLACE.search(text.shown) for text in texts)


def _same(left: Text, right: Text) -> bool | None:
    one, other = left.known, right.known
    if one is not None and other is not None:
        return one == other
    if one is not None:
        return None if right.matches(one) else False
    if other is not None:
        return None if left.matches(other) else False
    return None


def _command(node: Node) -> Truth:
    name = node.child_by_field_name("name")
    said = words_of(name) if name is not None else ""
    if said in ("true", ":"):
        return Truth(True)
    if said == "false":
        return Truth(False)
    return Truth(None, doubtful=said not in _ASKING)
