"""From a word as it is written to the texts that a command gets."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from runback.declared import expansion, lists
from runback.declared.bash import line_of, words_of
from runback.declared.scope import Scope
from runback.declared.text import Text, hole, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_WORDS = 2_000
DEEPEST = 30  # expansions within expansions


def fields(node: Node, scope: Scope, depth: int = 0) -> list[Text]:
    """The words that one written word becomes: several for a list, none for nothing."""
    if depth > DEEPEST:
        return [hole("…")]
    kind = node.type
    if kind == "regex" and "$" in words_of(node):
        return [_pattern(words_of(node), scope)]
    if kind in ("word", "number", "regex", "extglob_pattern", "variable_name", "test_operator"):
        return [_plain(node, scope)]
    if kind == "raw_string":
        return [literal(words_of(node)[1:-1], origin(node, scope))]
    if kind == "ansi_c_string":
        return [literal(words_of(node)[2:-1])]
    if kind in ("string", "translated_string"):
        return _quoted(node, scope, depth)
    if kind in ("simple_expansion", "expansion"):
        return [one for text in _expansion(node, scope, depth) for one in expansion.fields(text)][:MOST_WORDS]
    if kind == "command_substitution":
        return expansion.fields(_substituted(node, scope, depth))
    if kind == "brace_expression":
        ends = [words_of(one) for one in node.named_children]
        return _numbers(ends[0], ends[1]) if len(ends) == 2 else [hole(words_of(node)[:40])]
    if kind == "concatenation":
        return _concatenated(node, scope, depth)
    return [hole(words_of(node)[:40])]


def text(node: Node, scope: Scope, depth: int = 0) -> Text:
    """The word as one text, as in an assignment: nothing is split there."""
    if node.type in ("simple_expansion", "expansion"):
        return expansion.united(_expansion(node, scope, depth))
    if node.type == "command_substitution" and depth <= DEEPEST:
        return _substituted(node, scope, depth)
    if node.type == "concatenation":
        parts = [text(child, scope, depth + 1) for child in node.children] if depth < DEEPEST else [hole("…")]
        return joined(parts)
    return expansion.united(fields(node, scope, depth))


def origin(node: Node, scope: Scope) -> tuple[str, int]:
    return scope.path, scope.first_line + line_of(node) - 1


def _plain(node: Node, scope: Scope) -> Text:
    return literal(re.sub(r"\\(.)", r"\1", words_of(node).replace("\\\n", "")), origin(node, scope))


def _pattern(written: str, scope: Scope) -> Text:
    """The pattern of `${name##$prefix}`, which the grammar gives in one piece."""
    parts = []
    for index, part in enumerate(re.split(r"\$\{?(\w+)\}?", written.replace('"', ""))):
        value = scope.value(part) if index % 2 else None
        parts.append(literal(part) if not index % 2 else value if isinstance(value, Text) else hole(part))
    return joined(parts)


def _quoted(node: Node, scope: Scope, depth: int) -> list[Text]:
    """A text in double quotes. What the grammar leaves between its parts is text too."""
    if node.type == "translated_string":
        node = node.children[-1]
    inner = [child for child in node.children if child.type != '"']
    if len(inner) == 1 and inner[0].end_byte - inner[0].start_byte == node.end_byte - node.start_byte - 2:
        only = inner[0]
        if only.type in ("simple_expansion", "expansion"):
            return _expansion(only, scope, depth)  # "${list[@]}" is one word for each item
    source, start = node.text or b"", node.start_byte
    position, end = start + 1, node.end_byte - 1
    parts: list[Text] = []
    for child in inner:
        parts.append(literal(_unescaped(source[position - start : child.start_byte - start])))
        if child.type == "string_content":
            parts.append(literal(_unescaped(child.text or b"")))
        else:
            parts.append(text(child, scope, depth + 1))
        position = child.end_byte
    parts.append(literal(_unescaped(source[position - start : max(position, end) - start])))
    return [joined(parts).of(origin(node, scope))]


def _unescaped(source: bytes) -> str:
    return re.sub(r"\\([$`\"\\])", r"\1", source.decode("utf-8", "replace").replace("\\\n", ""))


def _concatenated(node: Node, scope: Scope, depth: int) -> list[Text]:
    """Neighbours without space between them: one word, or one for each alternative of `{a,b}`."""
    found, children = [Text()], node.children
    index = 0
    while index < len(children):
        alternatives = _braces(children[index : index + 3])
        if alternatives:
            index += 3
        else:
            alternatives = fields(children[index], scope, depth + 1) or [Text()]
            if len(alternatives) > 1 and children[index].type != "brace_expression":
                alternatives = [expansion.united(alternatives)]
            index += 1
        found = [joined((left, right)) for left in found for right in alternatives][:MOST_WORDS]
    return [one.of(origin(node, scope)) if one.known is not None else one for one in found]


def _braces(nodes: list[Node]) -> list[Text]:
    if len(nodes) == 3 and nodes[0].type == nodes[1].type == nodes[2].type == "word":
        opening, inner, closing = (words_of(node) for node in nodes)
        if (opening, closing) == ("{", "}") and "," in inner:
            return [literal(one) for one in inner.split(",")]
    return []


def _numbers(first: str, last: str) -> list[Text]:
    """`{1..3}`, `seq 1 3`; one that nobody knows where they are no numbers."""
    if not re.fullmatch(r"\d{1,4}", first) or not re.fullmatch(r"\d{1,4}", last):
        return [hole(f"{first}..{last}")]
    return [literal(str(number)) for number in range(int(first), int(last) + 1)][:MOST_WORDS]


# --- $name and ${…} -------------------------------------------------------------------------------


def _expansion(node: Node, scope: Scope, depth: int) -> list[Text]:
    if depth > DEEPEST:
        return [hole("…")]
    children = [child for child in node.children if child.type not in ("$", "${", "}")]
    prefix = ""
    if len(children) > 1 and children[0].type in ("!", "#"):
        prefix, children = children[0].type, children[1:]
    if not children:
        return [hole(words_of(node)[:40])]
    name, index = _named(children[0], scope, depth)
    values = lists.values(scope, name, index)
    whole = index in lists.ALL or name in lists.ALL
    if prefix == "#":
        return [lists.count(name, values) if whole else hole(f"#{name}")]
    if prefix == "!" and whole:
        return lists.keys(scope, name)
    if prefix == "!":
        name, values = lists.indirect(name, values, scope)
    operator = children[1].type if len(children) > 1 else ""
    if whole:
        return _list(name, values, operator, children[2:], scope, depth)[:MOST_WORDS]
    value = None if values is None else expansion.united(values)
    return [expansion.expanded(name, value, operator, _arguments(children[2:], scope, depth))]


def _list(
    name: str, values: list[Text] | None, operator: str, rest: list[Node], scope: Scope, depth: int
) -> list[Text]:
    """`${name[@]}`, and what an operator makes of each item."""
    if operator in ("+", ":+", "-", ":-"):
        others = [one for node in rest for one in fields(node, scope, depth + 1)]
        if operator.endswith("+"):
            return others if values else []
        return values or others
    if values is None:
        return [hole(name if name not in lists.ALL else "arguments")]
    if not operator:
        return values
    arguments = _arguments(rest, scope, depth)
    if operator == ":":
        return lists.part(name, values, arguments)
    return [expansion.expanded(name, value, operator, arguments) for value in values]


def _named(node: Node, scope: Scope, depth: int) -> tuple[str, str]:
    """The variable's name and what stands in the brackets after it; '?' where that cannot be told."""
    if node.type != "subscript":
        return words_of(node), ""
    name, index = node.child_by_field_name("name"), node.child_by_field_name("index")
    return (words_of(name) if name is not None else "?"), key(index, scope, depth) or "?"


def key(index: Node | None, scope: Scope, depth: int = 0) -> str | None:
    """What stands in the brackets of `name[…]`; None where it cannot be told."""
    if index is None:
        return None
    return words_of(index) if index.type == "unary_expression" else text(index, scope, depth + 1).known


def keyed(node: Node, scope: Scope) -> tuple[str | None, Text] | None:
    """The key and value of an item `[key]=value` of a list; None for other items."""
    parts = node.children
    closing = next((place for place, one in enumerate(parts) if words_of(one) == "]"), 0)
    if node.type != "concatenation" or words_of(parts[0]) != "[" or not 1 < closing < len(parts) - 1:
        return None
    if not words_of(parts[closing + 1]).startswith("="):
        return None
    name = joined(text(one, scope) for one in parts[1:closing]).known
    value = joined(text(one, scope) for one in parts[closing + 1 :])
    first = str(value.parts[0]).removeprefix("=")
    return name, Text((*((first,) if first else ()), *value.parts[1:]), origin(node, scope))


def _arguments(nodes: list[Node], scope: Scope, depth: int) -> tuple[Text, ...]:
    """What stands behind the operator; a second `/` or `:` parts it in two."""
    groups: list[list[Text]] = [[]]
    for node in nodes:
        if node.type in ("/", ":"):
            groups.append([])
        else:
            groups[-1].append(text(node, scope, depth + 1))
    return tuple(joined(group) for group in groups if group or len(groups) > 1)


# --- $(…) -----------------------------------------------------------------------------------------


def _substituted(node: Node, scope: Scope, depth: int) -> Text:
    """What scripts find out about their own place, `$(dirname "$0")`; of other commands nothing is known."""
    inside = node.named_children
    if len(inside) == 1 and inside[0].type == "list":
        inside = inside[0].named_children
    called = [_called(one, scope, depth) for one in inside[:3]]
    if len(called) == 2 and called[0][:1] == ["cd"] and called[1] == ["pwd"]:
        return _path(called[0][1:], scope)
    words = called[0] if len(called) == 1 else []
    if words[:1] == ["dirname"] and len(words) == 2 and words[1] is not None:
        return literal(posixpath.dirname(words[1]) or ".")
    if words[:1] == ["basename"] and len(words) == 2 and words[1] is not None:
        return literal(posixpath.basename(words[1]))
    if words == ["pwd"]:
        return literal(scope.folder) if scope.folder is not None else hole("PWD")
    if words == ["git", "rev-parse", "--show-toplevel"]:
        return literal(".")
    if words[:1] == ["echo"] and len(words) == 2 and words[1] is not None:
        return literal(words[1])
    if words[:1] == ["seq"] and len(words) in (2, 3) and None not in words:
        first, last = "1" if len(words) == 2 else words[1] or "", words[-1] or ""
        return expansion.united(_numbers(first, last))
    body = scope.functions.get(words[0] or "") if words else None
    said = _printed(body, words[1:], scope, depth) if body is not None else None
    return said if said is not None else hole(words_of(node)[:40])


def _printed(body: Node, words: list[str | None], scope: Scope, depth: int) -> Text | None:
    """What a function prints that consists of one `echo` or `printf '%s\\n'`; None for others."""
    inside = [one for one in body.named_children if one.type != "comment"]
    if len(inside) != 1 or inside[0].type != "command" or depth >= DEEPEST:
        return None
    arguments = tuple(literal(word) if word is not None else hole("?") for word in words)
    outer, scope.arguments = scope.arguments, arguments
    try:
        found = [
            child.children[0] if child.type == "command_name" else child for child in inside[0].named_children
        ]
        said = [text(word, scope, depth + 1) for word in found[:6]]
    finally:
        scope.arguments = outer
    name = said[0].known if said else None
    plain = name == "echo" and len(said) == 2
    formatted = name == "printf" and len(said) == 3 and said[1].known in ("%s", "%sn", "%s\\n")
    return said[-1] if plain or formatted else None


def _called(node: Node, scope: Scope, depth: int) -> list[str | None]:
    """The words of a simple command; None for a word that cannot be told."""
    if node.type == "redirected_statement" and node.named_children:
        node = node.named_children[0]
    if node.type != "command":
        return []
    words = [child.children[0] if child.type == "command_name" else child for child in node.named_children]
    return [text(word, scope, depth + 1).known for word in words[:6] if word.type != "--"]


def _path(words: list[str | None], scope: Scope) -> Text:
    path = words[-1] if words else None
    resolved = scope.resolved(path) if path is not None else None
    return literal(resolved) if resolved is not None else hole("PWD")
