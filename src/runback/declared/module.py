"""A folder of Terraform's files: its blocks, what they repeat, and what their references mean."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from runback.declared.bash import words_of
from runback.declared.hcl import Block, Budget, Names, Reader, Value
from runback.declared.text import Text, hole, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST = 4  # modules within modules


class Instance(NamedTuple):
    """One resource that a block makes; `names` are each.key and the like."""

    block: Block
    attributes: dict[str, Node]
    names: Names
    doubtful: bool


class Module:
    """`given`: what the module is called with, by the names of its variables."""

    def __init__(
        self,
        folder: str,
        folders: dict[str, dict[str, Node]],
        budget: Budget,
        given: Names = MappingProxyType({}),
        depth: int = 0,
    ) -> None:
        self._folder, self._folders, self._budget = folder, folders, budget
        self._given, self._depth = given, depth
        self.blocks: list[Block] = []
        self._named: dict[tuple[str, ...], Block] = {}
        self._locals: dict[str, tuple[str, Node]] = {}
        self._reader = Reader(self._resolved, budget)
        for path, root in folders[folder].items():
            self._add(path, root)

    def _add(self, path: str, root: Node) -> None:
        for body in (one for one in root.named_children if one.type == "body"):
            for node in (one for one in body.named_children if one.type == "block"):
                block = Block(path, node)
                self.blocks.append(block)
                if block.kind in ("resource", "data") and len(block.labels) == 2:
                    before = ("data",) if block.kind == "data" else ()
                    self._named[(*before, *block.labels)] = block
                elif block.kind == "variable" and block.labels:
                    self._named["var", block.labels[0]] = block
                elif block.kind == "locals":
                    self._locals |= {name: (path, node) for name, node in block.attributes().items()}

    # --- modules and repetitions -------------------------------------------------------------------

    def calls(self) -> Iterator[str]:
        """The folders of the modules that this one calls."""
        for block in self.blocks:
            if block.kind == "module" and (there := self.called(block)):
                yield there

    def called(self, block: Block) -> str | None:
        source = words_of(block.attributes()["source"]).strip('"') if "source" in block.attributes() else ""
        there = posixpath.normpath(posixpath.join(self._folder, source))
        return there if source.startswith(".") and there in self._folders and there != self._folder else None

    def child(self, there: str, given: Names) -> Module | None:
        """The module of that folder, called with these; None where they nest deeper than people write."""
        if self._depth >= _DEEPEST:
            return None
        return Module(there, self._folders, self._budget, given, self._depth + 1)

    def given(self, one: Instance) -> dict[str, Value]:
        return {name: self.value(one, name) for name in one.attributes}

    def instances(self, block: Block) -> Iterator[Instance]:
        """The resources of a block: one, or one for each item."""
        attributes = block.attributes()
        if "for_each" in attributes:
            entries = self._reader.value(block.path, attributes["for_each"], {}).each()
            if entries is not None:
                for key, value in entries:
                    if not self._budget.pay():
                        return
                    own = {"each.key": value.called(key), "each.value": value}
                    yield Instance(block, attributes, own, False)
                return
        count = attributes.get("count")
        known = self._reader.value(block.path, count, {}).text.known if count is not None else None
        if known != "0" and self._budget.pay():
            yield Instance(
                block, attributes, {}, "for_each" in attributes or (count is not None and not known)
            )

    def inner(self, one: Instance, kind: str) -> list[dict[str, Value]]:
        """The objects of blocks of this name, of `dynamic` ones, and of a list of this name."""
        block, names, found = one.block, one.names, []
        for inner in block.blocks(kind):
            found.append(self._values(inner, names))
        for dynamic in block.blocks("dynamic"):
            attributes = dynamic.attributes()
            if dynamic.labels != [kind] or "for_each" not in attributes:
                continue
            called = words_of(attributes["iterator"]) if "iterator" in attributes else kind
            entries = self._reader.value(block.path, attributes["for_each"], names).each() or []
            for key, value in entries:
                own = {
                    f"{called}.key": value.called(key),
                    f"{called}.value": value,
                }
                found += [self._values(content, {**names, **own}) for content in dynamic.blocks("content")]
        if kind in one.attributes:
            listed = self._reader.value(block.path, one.attributes[kind], names).items or ()
            found += [dict(item.fields or {}) for item in listed]
        return found

    def _values(self, block: Block, names: Names) -> dict[str, Value]:
        return {
            name: self._reader.value(block.path, node, names) for name, node in block.attributes().items()
        }

    def value(self, one: Instance, key: str) -> Value:
        return self._reader.value(one.block.path, one.attributes[key], one.names)

    def name(self, one: Instance) -> Text:
        return self._named_of(one.block, one.names, 0)

    def url(self, one: Instance) -> Text:
        return self._url(one.block, one.names)

    # --- references --------------------------------------------------------------------------------

    def _named_of(self, block: Block, names: Names, depth: int) -> Text:
        name = block.attributes().get("name")
        return self._text(block, name, names, depth) if name is not None else hole(".".join(block.labels))

    def _text(self, block: Block, node: Node, names: Names, depth: int) -> Text:
        return self._reader.value(block.path, node, names, depth + 1).text

    def _url(self, block: Block, names: Names, depth: int = 0) -> Text:
        attributes = block.attributes()
        host, domain = attributes.get("hostname") or attributes.get("host"), attributes.get("domain")
        parts = [self._text(block, host, names, depth), literal(".")] if host is not None else []
        parts.append(self._text(block, domain, names, depth) if domain is not None else hole("domain"))
        if "path" in attributes:
            parts.append(self._text(block, attributes["path"], names, depth))
        return joined(parts)

    def _resolved(self, said: tuple[str, ...], node: Node, names: Names, depth: int) -> Value | Text:
        """`var.x`, `local.x`, `cloudfoundry_service_instance.db.id`: the value or the name that is meant."""
        plain = tuple(one for one in said if not one.startswith("["))
        if said[:1] == ("local",) and len(said) > 1 and said[1] in self._locals:
            path, value = self._locals[said[1]]
            return self._reader.value(path, value, {}, depth + 1).within(said[2:], ".".join(said))
        if said[:1] == ("var",) and len(said) > 1:
            return self._variable(said, depth)
        if "service_plans" in plain:
            return self._plan(said, names, depth)
        target = self._named.get(plain[:3] if plain[0] == "data" else plain[:2])
        if target is None or not target.labels[0].startswith("cloudfoundry_"):
            return hole(".".join(plain))
        own = self._repeated(target, said, depth)
        if target.labels[0] == "cloudfoundry_route":
            return self._url(target, own, depth + 1)
        return self._named_of(target, own, depth)

    def _repeated(self, target: Block, said: tuple[str, ...], depth: int) -> Names:
        """What each.key and each.value are in `cloudfoundry_app.each["api"]`."""
        key = next((one[1:] for one in said if one.startswith("[")), "")
        for_each = target.attributes().get("for_each")
        if not key or for_each is None:
            return {}
        entries = self._reader.value(target.path, for_each, {}, depth + 1).each() or []
        value = next((value for name, value in entries if name.known == key), None)
        if value is None:
            return {}
        return {"each.key": value._replace(text=literal(key), items=None, fields=None), "each.value": value}

    def _variable(self, said: tuple[str, ...], depth: int) -> Value | Text:
        name, rest = said[1], said[2:]
        if name in self._given:
            return self._given[name].within(rest, ".".join(said))
        block = self._named.get(("var", name))
        node = block.attributes().get("default") if block is not None else None
        if block is None or node is None:
            return hole(name if not rest else ".".join(said))
        default = self._reader.value(block.path, node, {}, depth + 1)
        if default.each() is not None:
            return default.within(rest, ".".join(said))
        return hole(name, default.text.known or "")

    def _plan(self, said: tuple[str, ...], names: Names, depth: int) -> Text:
        """`data.cloudfoundry_service.rds.service_plans["micro"]`: the offering's name and the plan."""
        service, plan = self._named.get(said[:3]), said[-1].lstrip("[") or hole("plan").shown
        offering = self._named_of(service, names, depth) if service is not None else hole("service")
        return joined((offering, literal(f" {plan}")))
