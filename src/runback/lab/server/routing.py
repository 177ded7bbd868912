"""A table of routes: method and path pattern to handler."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from runback.lab.server.messages import Handler


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` is a path whose segments may be `{name}`; a last `{name*}` takes the rest of the path,
    slashes included. The method `*` takes any method."""

    method: str
    pattern: str
    handler: Handler

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.pattern.strip("/").split("/"))


def route(method: str, pattern: str, handler: Handler) -> Route:
    return Route(method, pattern, handler)


class Table:
    """Finds the route of a request. Literal segments win over `{name}`, whatever the order of the table."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._by_length: dict[int, list[Route]] = {}
        self._open_ended: list[Route] = []
        for each in self.routes:
            if each.segments[-1].endswith("*}"):
                self._open_ended.append(each)
            else:
                self._by_length.setdefault(len(each.segments), []).append(each)
        for candidates in self._by_length.values():
            candidates.sort(key=lambda each: [part.startswith("{") for part in each.segments])
        self._open_ended.sort(key=lambda each: -len(each.segments))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route with the values of its pattern's names, percent-decoded; None where nothing matches."""
        parts = tuple(path.strip("/").split("/"))
        for each in self._by_length.get(len(parts), ()):
            if each.method in (method, "*") and (found := _match(each.segments, parts)) is not None:
                return each, found
        for each in self._open_ended:
            fixed = len(each.segments) - 1
            if each.method not in (method, "*") or len(parts) < fixed:
                continue
            if (found := _match(each.segments[:-1], parts[:fixed])) is not None:
                found[each.segments[-1][1:-2]] = unquote("/".join(parts[fixed:]))
                return each, found
        return None


def _match(segments: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for segment, part in zip(segments, parts, strict=True):
        if segment.startswith("{"):
            found[segment[1:-1]] = unquote(part)
        elif segment != part:
            return None
    return found
