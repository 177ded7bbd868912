"""Expressions of Terraform's language, as far as names and lists can be told without running it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from runback.declared.bash import LONGEST, line_of, nests, words_of
from runback.declared.branching import first_error
from runback.declared.text import Text, hole, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

DEEPEST = 24  # expressions within expressions, references that lead to references
MOST = 200  # items of one list or object


class Value(NamedTuple):
    """What an expression is: a text with holes, and, of a list or an object, what is in it."""

    text: Text
    path: str
    line: int
    items: tuple[Value, ...] | None = None
    fields: Mapping[str, Value] | None = None

    def called(self, key: Text) -> Value:
        """The key that leads to it, as a value of the same place."""
        return Value(key, self.path, self.line)

    def each(self) -> list[tuple[Text, Value]] | None:
        """The keys and values that `for_each` and `for` go through; None where nobody can tell."""
        if self.fields is not None:
            return [(literal(key), value) for key, value in self.fields.items()]
        return [(one.text, one) for one in self.items] if self.items is not None else None

    def within(self, steps: Sequence[str], said: str) -> Value | Text:
        """What `.name` and `["key"]` lead to; `said`: how the file calls it, where it leads nowhere."""
        found = self
        for step in steps:
            key = step.lstrip("[")
            if found.fields is not None and key in found.fields:
                found = found.fields[key]
            elif found.items is not None and key.isdigit() and int(key) < len(found.items):
                found = found.items[int(key)]
            else:
                return hole(said)
        return found


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_hcl

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


def parse(text: str) -> tuple[Node | None, int, str]:
    """The tree; else, or where it is broken, the line and what is wrong with it."""
    source = text.encode("utf-8", "replace")
    if len(source) > LONGEST or nests(source):
        return None, 1, "longer, or more deeply nested, than what people write: not read"
    root = _parser().parse(source).root_node
    broken = _unclosed(root) or (first_error(root) if root.has_error else None)
    return root, broken or 1, "this is not Terraform as far as it can be read" if broken else ""


def _unclosed(root: Node) -> int | None:
    """The line of a text in quotes that goes on over its line's end, which the grammar takes for one."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        quoted = (node.parent.text or b"") if node.type == "quoted_template_start" and node.parent else b""
        if b"\n" in re.sub(rb"\$\{[^}]*\}", b"", quoted):
            return line_of(node)
        waiting += reversed(node.children)
    return None


class Block:
    """One block with its labels; `body` holds attributes and further blocks."""

    def __init__(self, path: str, node: Node) -> None:
        self.path = path
        self.node = node
        labels = [one for one in node.named_children if one.type in ("identifier", "string_lit")]
        self.kind, *self.labels = [words_of(one).strip('"') for one in labels] or [""]
        self.body = next((one for one in node.named_children if one.type == "body"), None)

    def attributes(self) -> dict[str, Node]:
        found = {}
        for child in self.body.named_children if self.body is not None else ():
            if child.type == "attribute" and len(child.named_children) > 1:
                found[words_of(child.named_children[0])] = child.named_children[1]
        return found

    def blocks(self, kind: str) -> list[Block]:
        inside = self.body.named_children if self.body is not None else []
        return [one for one in (Block(self.path, n) for n in inside if n.type == "block") if one.kind == kind]


Names = Mapping[str, Value]  # what names like `each.key` are just now
Resolve = Callable[[tuple[str, ...], "Node", Names, int], "Value | Text"]


@dataclass
class Budget:
    """What is left of the steps that all modules of a checkout may take: hostile ones multiply."""

    left: int = 100_000

    def pay(self) -> bool:
        self.left -= 1
        return self.left > 0


class Reader:
    """Reads expressions; `resolve` tells what a reference to something of the module is."""

    def __init__(self, resolve: Resolve, budget: Budget) -> None:
        self._resolve, self._budget = resolve, budget

    def value(self, path: str, node: Node, names: Names, depth: int = 0) -> Value:
        read = depth <= DEEPEST and self._budget.pay()
        found = self._value(path, node, names, depth) if read else hole("…")
        return found if isinstance(found, Value) else Value(found, path, line_of(node))

    def _value(self, path: str, node: Node, names: Names, depth: int) -> Value | Text:
        inside = node.named_children
        if node.type == "expression" and inside and inside[0].type == "variable_expr":
            return self._reference(path, node, names, depth)
        if (
            node.type in ("expression", "literal_value", "template_expr", "collection_value", "for_expr")
            and inside
        ):
            return self.value(path, inside[0], names, depth + 1)
        if node.type in ("string_lit", "quoted_template"):
            written = (one for one in inside if not one.type.startswith("quoted_"))
            return joined(self.value(path, one, names, depth + 1).text for one in written)
        if node.type == "template_interpolation":
            found = next((one for one in inside if one.type == "expression"), None)
            return self.value(path, found, names, depth + 1) if found is not None else Text()
        if node.type in ("template_literal", "numeric_lit", "bool_lit"):
            return literal(words_of(node))
        if reader := _COLLECTIONS.get(node.type):
            return reader(self, path, node, names, depth)
        return hole(words_of(node)[:40])

    def _reference(self, path: str, node: Node, names: Names, depth: int) -> Value | Text:
        """`each.value.name`, `local.apps["api"]`, `cloudfoundry_app.web.id`."""
        said: list[str] = []
        for one in node.named_children:
            if one.type == "index":
                key = next(
                    (self.value(path, n, names, depth + 1).text.known for n in _expressions(one)), None
                )
                said.append(f"[{key}" if key is not None else "[")
            else:
                said.append(words_of(one).lstrip("."))
        known = max((n for n in range(1, len(said) + 1) if ".".join(said[:n]) in names), default=0)
        if known:
            return names[".".join(said[:known])].within(said[known:], ".".join(said))
        return self._resolve(tuple(said), node, names, depth)

    def _object(self, path: str, node: Node, names: Names, depth: int) -> Value:
        fields = {}
        for pair in [one.named_children for one in node.named_children if one.type == "object_elem"][:MOST]:
            if len(pair) > 1:
                found = self.value(path, pair[1], names, depth + 1)
                fields[self._key(path, pair[0], names, depth)] = found._replace(
                    path=path, line=line_of(pair[1])
                )
        return Value(hole("object"), path, line_of(node), fields=fields)

    def _key(self, path: str, node: Node, names: Names, depth: int) -> str:
        written = words_of(node).strip('"')
        if re.fullmatch(r"[\w.-]+", written):
            return written
        key = self.value(path, node, names, depth + 1).text
        return key.known if key.known is not None else f"…{key.told}"

    def _tuple(self, path: str, node: Node, names: Names, depth: int) -> Value:
        found = tuple(self.value(path, one, names, depth + 1) for one in _expressions(node)[:MOST])
        return Value(hole("list"), path, line_of(node), items=found)

    def _for(self, path: str, node: Node, names: Names, depth: int) -> Value | Text:
        """`[for a in b : c]`, `{for k, v in b : k => v}`; with a condition nobody can tell."""
        intro = node.named_children[1] if len(node.named_children) > 1 else None
        wanted = [one for one in node.named_children if one.type == "expression"]
        if intro is None or not wanted or any(one.type == "for_cond" for one in node.named_children):
            return hole(words_of(node)[:40])
        called = [words_of(one) for one in intro.named_children if one.type == "identifier"]
        source = _expressions(intro)
        entries = self.value(path, source[-1], names, depth + 1).each() if source else None
        if entries is None or not called:
            return hole(words_of(node)[:40])
        rows = []
        for key, value in entries[:MOST]:
            own = dict(names) | {called[-1]: value}
            if len(called) > 1:
                own[called[0]] = value.called(key)
            rows.append([self.value(path, one, own, depth + 1) for one in wanted])
        if node.type == "for_object_expr":
            fields = {row[0].text.shown: row[-1] for row in rows}
            return Value(hole("object"), path, line_of(node), fields=fields)
        return Value(hole("list"), path, line_of(node), items=tuple(row[0] for row in rows))

    def _call(self, path: str, node: Node, names: Names, depth: int) -> Value | Text:
        name = words_of(node.named_children[0])
        given = next((one for one in node.named_children if one.type == "function_arguments"), None)
        arguments = [
            self.value(path, one, names, depth + 1) for one in (_expressions(given) if given else [])
        ]
        function = _FUNCTIONS.get(name)
        found = function(arguments) if function is not None and arguments else None
        return found if found is not None else hole(words_of(node)[:40])


def _expressions(node: Node) -> list[Node]:
    found = [one for one in node.named_children if one.type == "expression"]
    return found or [
        one for child in node.named_children for one in child.named_children if one.type == "expression"
    ]


# --- functions ------------------------------------------------------------------------------------


def _merge(arguments: list[Value]) -> Value | None:
    """What is known of it, with a key '…' where an argument is not."""
    fields: dict[str, Value] = {}
    for one in arguments:
        fields |= one.fields if one.fields is not None else {f"…{one.text.told}": one}
    return arguments[0]._replace(text=hole("object"), fields=fields)


def _concat(arguments: list[Value]) -> Value | None:
    if any(one.items is None for one in arguments):
        return None
    return arguments[0]._replace(items=tuple(item for one in arguments for item in one.items or ()))


def _format(arguments: list[Value]) -> Text | None:
    pattern = arguments[0].text.known
    pieces = re.split(r"%[sdv]", pattern) if pattern is not None else []
    if len(pieces) != len(arguments) or "%" in "".join(pieces):
        return None
    parts = [
        part
        for piece, one in zip(pieces[1:], arguments[1:], strict=True)
        for part in (one.text, literal(piece))
    ]
    return joined([literal(pieces[0]), *parts])


def _join(arguments: list[Value]) -> Text | None:
    if len(arguments) != 2 or arguments[1].items is None:
        return None
    parts = [part for one in arguments[1].items for part in (arguments[0].text, one.text)][1:]
    return joined(parts)


def _cased(change: Callable[[str], str]) -> Callable[[list[Value]], Value | Text | None]:
    return lambda arguments: literal(change(arguments[0].text.known)) if arguments[0].text.known else None


_FUNCTIONS: Mapping[str, Callable[[list[Value]], Value | Text | None]] = {
    "merge": _merge,
    "concat": _concat,
    "format": _format,
    "join": _join,
    "lower": _cased(str.lower),
    "upper": _cased(str.upper),
    **dict.fromkeys(
        ("toset", "tolist", "tomap", "tostring", "distinct", "sensitive"), lambda given: given[0]
    ),
}
_COLLECTIONS: Mapping[str, Callable[[Reader, str, Node, Names, int], Value | Text]] = {
    "object": Reader._object,
    "tuple": Reader._tuple,
    "function_call": Reader._call,
    "for_tuple_expr": Reader._for,
    "for_object_expr": Reader._for,
}
