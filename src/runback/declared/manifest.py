"""An app manifest of cf, with its lines: variables, services, routes and how the app runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from runback.declared import yamlnodes
from runback.declared.item import Declared, Unread
from runback.declared.text import Text, hole, joined, literal

if TYPE_CHECKING:
    from yaml.nodes import Node

_PLACE = re.compile(r"\(\(([\w.-]+)\)\)")
# The manifest's key → the setting. Of a process type other than web, its name comes before.
SETTINGS = {
    "memory": "memory",
    "disk_quota": "disk",
    "disk-quota": "disk",
    "instances": "instances",
    "health-check-type": "health check",
    "health-check-http-endpoint": "health endpoint",
    "command": "command",
    "stack": "stack",
}


class Manifest:
    """One manifest. `apps` are its applications by name. Scripts write manifests too: their text begins where
    `first_line` says."""

    def __init__(self, path: str, text: str, first_line: int = 1) -> None:
        self.path = path
        self._before = first_line - 1
        self.unread: tuple[Unread, ...] = ()
        self.apps: dict[str, Node] = {}
        try:
            found = yamlnodes.items(yamlnodes.child(yamlnodes.root(text), "applications"))
        except yamlnodes.NotYaml as error:
            self.unread = (Unread(path, error.line + self._before, f"this is not YAML: {error}"),)
            return
        for app in found:
            self.apps[yamlnodes.scalar(yamlnodes.child(app, "name")) or ""] = app

    def items(self, pushed_as: Text, variables: Mapping[str, Text]) -> Iterator[Declared]:
        """What it declares, for the name that a push gives, else for the names in it."""
        for name, app in self.apps.items():
            own = _filled(name, variables)
            if pushed_as.parts and len(self.apps) > 1 and not _same(own, pushed_as):
                continue
            if pushed_as.parts and (len(self.apps) == 1 or not pushed_as.bare):
                own = pushed_as
            for item in _App(self.path, own, variables).items(app):
                yield item._replace(line=item.line + self._before)


def _same(name: Text, pushed_as: Text) -> bool:
    """Whether the app of this name may be the one that is pushed."""
    if pushed_as.bare:
        return True
    if pushed_as.known is not None:
        return name.matches(pushed_as.known)
    return pushed_as.matches(name.known) if name.known is not None else pushed_as.shown == name.shown


class _App:
    def __init__(self, path: str, app: Text, variables: Mapping[str, Text]) -> None:
        self._path, self._app, self._variables = path, app, variables

    def items(self, node: Node) -> Iterator[Declared]:
        for name, value in yamlnodes.pairs(yamlnodes.child(node, "env")):
            yield self._item("variable", literal(name), value, self._text(value))
        for one in yamlnodes.items(yamlnodes.child(node, "services")):
            named = yamlnodes.child(one, "name") or one
            yield self._item("service", self._text(named), one)
        for one in yamlnodes.items(yamlnodes.child(node, "routes")):
            yield self._item("route", self._text(yamlnodes.child(one, "route")), one)
        yield from self._settings(node, "")
        for process in yamlnodes.items(yamlnodes.child(node, "processes")):
            kind = yamlnodes.scalar(yamlnodes.child(process, "type")) or "web"
            yield from self._settings(process, "" if kind == "web" else f"{kind} ")
        yield from self._buildpacks(node)
        sidecars = yamlnodes.items(yamlnodes.child(node, "sidecars"))
        if sidecars:
            names = [yamlnodes.scalar(yamlnodes.child(one, "name")) or "" for one in sidecars]
            yield self._item("setting", literal("sidecars"), sidecars[0], literal(", ".join(sorted(names))))

    def _settings(self, node: Node, before: str) -> Iterator[Declared]:
        for key, value in yamlnodes.pairs(node):
            if key in SETTINGS and yamlnodes.scalar(value) is not None:
                yield self._item("setting", literal(before + SETTINGS[key]), value, self._text(value))

    def _buildpacks(self, node: Node) -> Iterator[Declared]:
        several = yamlnodes.child(node, "buildpacks")
        one = yamlnodes.child(node, "buildpack")
        found = yamlnodes.items(several) or ([one] if one is not None and yamlnodes.scalar(one) else [])
        if found:
            texts = [part for pack in found for part in (literal(", "), self._text(pack))][1:]
            yield self._item("setting", literal("buildpacks"), found[0], joined(texts))

    def _item(self, kind: str, name: Text, at: Node, value: Text | None = None) -> Declared:
        line = yamlnodes.line(at)
        return Declared(kind, self._app, name, value or Text(), self._path, line)  # type: ignore[arg-type]

    def _text(self, node: Node | None) -> Text:
        return _filled(yamlnodes.scalar(node) or "", self._variables)


def values(path: str, text: str) -> dict[str, Text]:
    """What a variables file gives: names and plain values; nothing where it is no YAML."""
    try:
        found = yamlnodes.pairs(yamlnodes.root(text, path))
        return {name: literal(said) for name, node in found if (said := yamlnodes.scalar(node)) is not None}
    except yamlnodes.NotYaml:
        return {}


def _filled(text: str, variables: Mapping[str, Text]) -> Text:
    """A text with its ((name)) filled in, as far as the push gives them."""
    parts: list[Text] = []
    for index, part in enumerate(_PLACE.split(text)):
        parts.append(variables.get(part, hole(part)) if index % 2 else literal(part))
    return joined(parts)
