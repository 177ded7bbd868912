"""The views as lines of text for a terminal: what the logs say, what happened when, who asks whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from runback.model import (
    ChangesSeen,
    Edge,
    Health,
    LogBegin,
    Moment,
    Node,
    PathSeen,
    RouteRate,
    Timeline,
    TraceSeen,
    Views,
)
from runback.reports import changes as words

STYLES: dict[Health, str] = {"bad": "bold red", "hurt": "yellow", "unknown": "magenta", "good": ""}
SIGNS: dict[Health, str] = {"bad": "✗", "hurt": "!", "unknown": "?", "good": "✓"}
FEW = 2  # of each kind; `show all` prints the rest
MOMENTS = 40


CHANGES = 8  # that are shown where not everything is asked for


class Line(NamedTuple):
    """A line of text for a terminal, and rich's style for it."""

    text: str
    style: str = ""


def said_by_logs(views: Views, everything: bool) -> list[Line]:
    """Exceptions that are new, routes that fail, and where the log ends: in short, or all of it."""
    traces = [one for one in views.traces if everything or one.new]
    routes = [one for one in views.routes if everything or one.failed]
    most = None if everything else FEW
    return [
        *(Line(_trace(one)) for one in traces[:most]),
        *(Line(_route(one)) for one in routes[:most]),
        *(Line(_begin(one)) for one in views.log_begins[:most]),
    ]


def _trace(trace: TraceSeen) -> str:
    times = "once" if trace.count == 1 else f"{trace.count} times"
    instances = f" in {trace.instances} instances" if trace.instances > 1 else ""
    place = f" ({trace.place})" if trace.place else ""
    since = ""
    if trace.new and trace.at:
        since = f", new since {trace.at:%H:%M}, never before"
    elif trace.at:
        since = f", since {trace.at:%H:%M}" if trace.count > 1 else f", at {trace.at:%H:%M}"
    return f"{trace.app}: {trace.error}{place}: {times}{instances}{since}"


def _route(route: RouteRate) -> str:
    percent = 100 * route.failed / route.requests
    error = f", the router says {route.error}" if route.error else ""
    return f"{route.host}: {route.failed} of {route.requests} requests failed ({percent:.0f} %){error}"


def _begin(log: LogBegin) -> str:
    wanted = f"what happened at {log.wanted:%Y-%m-%d %H:%M}"
    if log.begins is None:
        said = f"{log.app}: log-cache holds no line, and nothing of {wanted}"
    elif log.cut:
        said = f"{log.app}: the lines before {log.begins:%H:%M} were not read ({wanted} is among them)"
    else:
        said = f"{log.app}: log-cache holds nothing before {log.begins:%H:%M}, when {wanted} was over"
    return f"{said}; the platform's archive: {log.archive}" if log.archive else said


def changed(seen: ChangesSeen, everything: bool) -> list[Line]:
    """What changed since the app ran well, and who did it; in short the newest few."""
    shown = seen.changes if everything else seen.changes[-CHANGES:]
    said = [(f"{words.when(one):<11}", words.said(one), words.by(one)) for one in shown]
    lines = [Line(" ".join(filter(None, parts))) for parts in said]
    left = len(seen.changes) - len(shown)
    return [Line(f"{left} earlier ones (--show all)"), *lines] if left else lines


def hop_by_hop(ways: Sequence[PathSeen]) -> list[Line]:
    """Each way with its hops, and where that was seen of those that do not hold."""
    return [line for way in ways for line in way_lines(way)]


def way_lines(way: PathSeen) -> Iterator[Line]:
    """One way, a line for each hop, and what its log says of it."""
    held = f" (in {way.asked_by})" if way.asked_by else ""
    yield Line(f"{way.source} → {way.hostname}{held}")
    wide = max(9, *(len(hop.name) for hop in way.hops))
    for hop in way.hops:
        sign: Health = "good" if hop.ok else "unknown" if hop.ok is None else "bad"
        yield Line(f"  {SIGNS[sign]} {hop.name:<{wide}}  {hop.says}", STYLES[sign])
        if hop.proof and hop.ok is not True:
            yield Line(f"    {'':<{wide}}  {hop.proof}")
    if way.failing:
        yield Line(f"  its log shows that connections to {way.hostname} fail")


def happened(timeline: Timeline) -> list[Line]:
    """One line for each moment, oldest first; equal ones that follow each other are counted."""
    groups = [
        list(same) for _, same in groupby(timeline.moments, key=lambda one: (one.lane, one.kind, one.title))
    ]
    left_out = len(groups) - MOMENTS
    lines = [Line(f"… {left_out} earlier")] if left_out > 0 else []
    wide = max((len(group[0].lane) for group in groups[-MOMENTS:]), default=0)
    return lines + [_moment(group, wide, timeline.since) for group in groups[-MOMENTS:]]


def _moment(alike: Sequence[Moment], wide: int, since: datetime) -> Line:
    first, last = alike[0], alike[-1]
    time = f"{first.at:%H:%M:%S}" if first.at >= since else f"{first.at:%b %d, %H:%M}"
    until = last.until if first.kind not in ("revision", "step") else None
    ends = f" → {until:%H:%M:%S}" if until and (until - first.at).total_seconds() >= 1 else ""
    count = f" ({len(alike)} times, last {last.at:%H:%M:%S})" if len(alike) > 1 else ends
    return Line(
        f"{time:<13} {first.lane:<{wide}}  {SIGNS[first.health]} {first.title}{count}", STYLES[first.health]
    )


def who_asks_whom(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[Line]:
    """The map as a tree: each app below those that ask it, the people on top; broken ways in red."""
    return list(_Tree(nodes, edges).lines())


class _Tree:
    def __init__(self, nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._ways: dict[str, list[Edge]] = {}
        for edge in edges:
            self._ways.setdefault(edge.source, []).append(edge)
        self._drawn: set[str] = set()

    def lines(self) -> Iterator[Line]:
        asked = {edge.destination for ways in self._ways.values() for edge in ways}
        tops = [name for name in self._nodes if name not in asked]
        for name in (*tops, *self._nodes):  # those that only ask each other come last
            if name not in self._drawn:
                yield Line(self._node(name), STYLES[self._nodes[name].health])
                yield from self._below(name, "")

    def _below(self, name: str, lead: str) -> Iterator[Line]:
        """What the app has, and the ways from it, each with what stands at its end."""
        self._drawn.add(name)
        ways = [edge for edge in self._ways.get(name, ()) if edge.destination in self._nodes]
        for listed in _listed(self._nodes[name]):
            yield Line(f"{lead}{'│' if ways else ' '}    {listed}", "dim")
        for index, edge in enumerate(ways):
            last = index == len(ways) - 1
            again = edge.destination in self._drawn
            yield self._way(edge, f"{lead}{'└' if last else '├'}", again)
            if not again:
                yield from self._below(edge.destination, lead + ("   " if last else "│  "))

    def _way(self, edge: Edge, lead: str, again: bool) -> Line:
        node = self._nodes[edge.destination]
        parts = [
            f"{lead}{'─✗─' if edge.health == 'bad' else '──'}",
            *([edge.label] if edge.label else []),
            "→",
            f"{edge.destination} (see above)" if again else self._node(edge.destination),
            *([f"[{edge.says}]"] if edge.says else []),
        ]
        health = node.health if edge.health == "good" and not again else edge.health
        return Line(" ".join(parts), STYLES[health])

    def _node(self, name: str) -> str:
        node = self._nodes[name]
        about = ", ".join(part for part in (node.space, node.says) if part)
        return f"{SIGNS[node.health]} {name}" + (f" ({about})" if about else "")


def _listed(node: Node) -> Iterator[str]:
    if node.routes:
        yield f"routes: {', '.join(node.routes)}"
    if node.services:
        yield f"services: {', '.join(node.services)}"
