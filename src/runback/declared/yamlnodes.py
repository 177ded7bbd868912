"""YAML with its line numbers: nodes, not values, so that whatever is said has a file and a line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yaml.nodes import Node

LONGEST = 256_000  # characters
MOST = 500  # items of one list or mapping
_MERGE = "tag:yaml.org,2002:merge"


class NotYaml(ValueError):
    """The text is not YAML, or nests deeper than anybody writes; `line` from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class _Named(io.StringIO):
    """A text that knows the name of its file, which the parser gives to each node."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.name = name


def root(text: str, path: str = "") -> Node | None:
    """The first document; None where there is none. Raises NotYaml."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if len(text) > LONGEST:
        raise NotYaml(1, "longer than what people write: not read")
    try:
        return next(iter(yaml.compose_all(_Named(text, path), Loader=loader)), None)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise NotYaml((mark.line if mark else 0) + 1, getattr(error, "problem", "") or "not YAML") from None
    except RecursionError:
        raise NotYaml(1, "more deeply nested than what people write: not read") from None


def pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    """The keys and values of a mapping, with those that it merges; nothing for other nodes.

    What a mapping says itself comes before what it merges, and of several the first: so says YAML.
    """
    found: dict[str, Node] = {}
    _add(node, found, set())
    yield from found.items()


def _add(node: Node | None, found: dict[str, Node], seen: set[int]) -> None:
    from yaml.nodes import MappingNode, ScalarNode, SequenceNode

    if not isinstance(node, MappingNode) or id(node) in seen:
        return
    seen.add(id(node))
    entries = [(key, value) for key, value in node.value[:MOST] if isinstance(key, ScalarNode)]
    for key, value in entries:
        if key.tag != _MERGE:
            found.setdefault(key.value, value)
    for key, value in entries:
        if key.tag == _MERGE:
            for merged in value.value[:MOST] if isinstance(value, SequenceNode) else [value]:
                _add(merged, found, seen)


def child(node: Node | None, *keys: str) -> Node | None:
    """The value under the keys, one after the other; None where one is not there."""
    for key in keys:
        node = next((value for name, value in pairs(node) if name == key), None)
    return node


def items(node: Node | None) -> list[Node]:
    from yaml.nodes import SequenceNode

    return list(node.value[:MOST]) if isinstance(node, SequenceNode) else []


def scalar(node: Node | None) -> str | None:
    """The text of a scalar; None for null and for what is none."""
    from yaml.nodes import ScalarNode

    if not isinstance(node, ScalarNode) or node.tag == "tag:yaml.org,2002:null":
        return None
    return str(node.value)


def line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def path(node: Node) -> str:
    """The file that the node stands in."""
    return str(node.start_mark.name)


def is_block(node: Node) -> bool:
    """Whether a scalar is written below its key: its first line is the next one."""
    return getattr(node, "style", None) in ("|", ">")
