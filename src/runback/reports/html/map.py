"""The map: who asks whom, with the broken way in red and a cross on it; beside it the same in words."""

from __future__ import annotations

import htpy as h

from runback.model import Edge, Health, Node, Views
from runback.reports.html.layout import HEIGHT, Box, Layout, layout
from runback.reports.html.text import say

NAME = 34  # characters of a name that fit into a box
CHARACTER = 7.2  # width of one of a way's words, which may be bold
WORDS: dict[Health, str] = {"good": "works", "hurt": "fails behind it", "bad": "broken", "unknown": "unknown"}


def map_figure(views: Views) -> h.Element:
    """Drawing and list."""
    known = {node.name for node in views.nodes}
    edges = [edge for edge in views.edges if edge.source in known and edge.destination in known]
    drawn = layout(views.nodes, edges)
    broken = [edge for edge in edges if edge.health == "bad"]
    said = "; ".join(f"{edge.source} to {edge.destination}: {edge.says}" for edge in broken)
    label = f"Map of {len(views.nodes)} places. Broken: {say(said)}" if broken else "Map of the apps"
    left, right = _extent(edges, drawn)
    picture = h.svg(
        {"viewBox": f"{left:.0f} 0 {right - left:.0f} {drawn.height:.0f}"},
        class_="map",
        role="img",
        aria_label=label,
        width=f"{right - left:.0f}",
        height=f"{drawn.height:.0f}",
    )[
        [_way(edge, drawn) for edge in sorted(edges, key=lambda edge: edge.health == "bad")],
        [_node(node, drawn.boxes[node.name]) for node in views.nodes],
    ]
    return h.div(class_="columns map-columns")[
        h.div(class_="scroll", tabindex="0", role="region", aria_label="Map")[picture], _words(edges)
    ]


def _node(node: Node, box: Box) -> h.Element:
    name = say(node.name)
    shown = name if len(name) <= NAME else name[: NAME - 1] + "…"
    below = " · ".join(part for part in (node.space, node.says) if part) or node.kind
    middle = f"{box.middle:.0f}"
    return h.g(class_=f"node {node.kind} {node.health}")[
        h.title[name],
        h.rect(
            x=f"{box.x:.0f}",
            y=f"{box.y:.0f}",
            width=f"{box.width:.0f}",
            height=str(HEIGHT),
            rx="28" if node.kind == "people" else "8",
        ),
        h.text(class_="name", x=middle, y=f"{box.y + 25:.0f}", text_anchor="middle")[shown],
        h.text(class_="small", x=middle, y=f"{box.y + 43:.0f}", text_anchor="middle")[say(below, 60)],
    ]


def _way(edge: Edge, drawn: Layout) -> h.Element:
    source, destination = drawn.boxes[edge.source], drawn.boxes[edge.destination]
    down = destination.y > source.y
    x1, y1 = source.middle, source.bottom if down else source.y
    x2, y2 = destination.middle, destination.y if down else destination.bottom
    if destination.y == source.y:  # side by side: along the lower edges
        y1 = y2 = source.bottom
    bend = max(abs(y2 - y1) / 2, 24)
    side = 1 if y2 >= y1 else -1
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    aside = _aside(edge, drawn)
    words, anchor = x + 14 * aside, "start" if aside > 0 else "end"
    bends = f"{x1:.0f} {y1 + side * bend:.0f} {x2:.0f} {y2 - side * bend:.0f}"
    path = f"M{x1:.0f} {y1:.0f} C{bends} {x2:.0f} {y2 - side * 7:.0f}"
    tip = f"M{x2 - 5:.0f} {y2 - side * 9:.0f} L{x2:.0f} {y2:.0f} L{x2 + 5:.0f} {y2 - side * 9:.0f} Z"
    return h.g(class_=f"way {edge.health}")[
        h.path(class_="line", d=path),
        h.path(class_="tip", d=tip),
        _cross(x, y) if edge.health == "bad" else None,
        h.text(class_="small", x=f"{words:.0f}", y=f"{y - 3:.0f}", text_anchor=anchor)[say(edge.label, 40)],
        h.text(class_="small says", x=f"{words:.0f}", y=f"{y + 12:.0f}", text_anchor=anchor)[_says(edge)]
        if edge.says
        else None,
    ]


def _says(edge: Edge) -> str:
    return say(edge.says, 60)


def _aside(edge: Edge, drawn: Layout) -> int:
    """On which side of a way its words stand: away from the middle, where other ways are."""
    x = (drawn.boxes[edge.source].middle + drawn.boxes[edge.destination].middle) / 2
    return -1 if x < drawn.width / 2 - 1 else 1


def _extent(edges: list[Edge], drawn: Layout) -> tuple[float, float]:
    """How far boxes and words reach to the left and to the right."""
    left, right = 0.0, drawn.width
    for edge in edges:
        x = (drawn.boxes[edge.source].middle + drawn.boxes[edge.destination].middle) / 2
        reach = 24 + max(len(_says(edge)), len(say(edge.label, 40))) * CHARACTER
        aside = _aside(edge, drawn)
        left, right = min(left, x + aside * reach), max(right, x + aside * reach)
    return left, right


def _cross(x: float, y: float) -> h.Element:
    return h.g(class_="cross")[
        h.circle(cx=f"{x:.0f}", cy=f"{y:.0f}", r="9"),
        h.path(d=f"M{x - 4:.0f} {y - 4:.0f} l8 8 M{x + 4:.0f} {y - 4:.0f} l-8 8"),
    ]


def _words(edges: list[Edge]) -> h.Element:
    order: list[Health] = ["bad", "hurt", "unknown", "good"]
    rows = [
        h.li(class_=edge.health)[
            h.p[h.code[say(edge.source)], " → ", h.code[say(edge.destination)]],
            h.p(class_="meta")[
                h.strong(class_=f"{edge.health}-text")[WORDS[edge.health]],
                f" · {say(edge.label)}" if edge.label else None,
                f" · {say(edge.says)}" if edge.says else None,
            ],
        ]
        for edge in sorted(edges, key=lambda edge: order.index(edge.health))
    ]
    return h.div[h.h3["In words"], h.ul(class_="plain ways")[rows]]
