"""Where the nodes of the map stand: in layers from those who ask down to those who are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from runback.model import Edge, Node

GAP, DROP, HEIGHT, MARGIN = 28, 74, 58, 12


class Box(NamedTuple):
    """A node's place in the drawing."""

    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + HEIGHT


class Layout(NamedTuple):
    """Where each node stands; sizes in the units of the drawing."""

    boxes: Mapping[str, Box]
    width: float
    height: float


def layout(nodes: Sequence[Node], edges: Sequence[Edge]) -> Layout:
    """The boxes of all nodes, and the drawing's size. Circles are cut where they close."""
    layers = _layers(nodes, edges)
    rows = [[node for node in nodes if layers[node.name] == depth] for depth in sorted(set(layers.values()))]
    rows = _ordered(rows, edges)
    widest = max(sum(_width(node) for node in row) + GAP * (len(row) - 1) for row in rows)
    boxes: dict[str, Box] = {}
    for depth, row in enumerate(rows):
        taken = sum(_width(node) for node in row) + GAP * (len(row) - 1)
        x = MARGIN + (widest - taken) / 2
        for node in row:
            boxes[node.name] = Box(x, MARGIN + depth * (HEIGHT + DROP), _width(node))
            x += _width(node) + GAP
    height = 2 * MARGIN + len(rows) * HEIGHT + (len(rows) - 1) * DROP
    return Layout(boxes, widest + 2 * MARGIN, height)


def _width(node: Node) -> float:
    return min(max(len(node.name) * 7.8, len(node.says) * 6.6 + 20, 120) + 40, 330)


def _layers(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[str, int]:
    """The longest way from somebody whom nobody asks; such a one stands right above whom it asks."""
    after: dict[str, list[str]] = {node.name: [] for node in nodes}
    for edge in edges:
        if edge.source in after and edge.destination in after:
            after[edge.source].append(edge.destination)
    depth = dict.fromkeys(after, 0)

    def descend(name: str, level: int, path: frozenset[str]) -> None:
        if name in path or (level <= depth[name] and level > 0):
            return
        depth[name] = max(depth[name], level)
        for following in after[name]:
            descend(following, level + 1, path | {name})

    asked = {name for names in after.values() for name in names}
    for name in [name for name in after if name not in asked] or list(after)[:1]:
        descend(name, 0, frozenset())
    for name, names in after.items():
        if name not in asked and names:
            depth[name] = max(0, min(depth[following] for following in names) - 1)
    return depth


def _ordered(rows: list[list[Node]], edges: Sequence[Edge]) -> list[list[Node]]:
    """Each row so that its nodes stand below those that ask them."""
    place: dict[str, float] = {}
    ordered: list[list[Node]] = []
    for row in rows:
        wanted: dict[str, float] = {}
        for index, node in enumerate(row):
            above = [
                place[edge.source] for edge in edges if edge.destination == node.name and edge.source in place
            ]
            wanted[node.name] = sum(above) / len(above) if above else index + 0.5
        row = sorted(row, key=lambda node: wanted[node.name])
        place |= {node.name: index for index, node in enumerate(row)}
        ordered.append(row)
    return ordered
