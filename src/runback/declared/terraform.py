"""Terraform's cloudfoundry resources, read from the HCL of the checkout: what they say should be there.

Both providers are read, cloudfoundry-community/cloudfoundry and cloudfoundry/cloudfoundry; the arguments are
those of their documentation. Nothing is planned or evaluated but names: `var`, `local`, and references.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from runback.declared.bash import LONGEST, line_of, nests, words_of
from runback.declared.item import Declared
from runback.declared.shell import Unread
from runback.declared.text import NOTHING, Text, hole, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_DEEPEST = 12  # references that lead to references
_SETTINGS = {
    "memory": "memory",
    "disk_quota": "disk",
    "instances": "instances",
    "command": "command",
    "health_check_type": "health check",
    "health_check_http_endpoint": "health endpoint",
    "stack": "stack",
    "buildpack": "buildpacks",
}
_INSTANCES = ("cloudfoundry_service_instance", "cloudfoundry_user_provided_service")


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_hcl

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


def declared(files: Mapping[str, str]) -> tuple[list[Declared], list[Unread]]:
    """What the .tf files of one folder declare: they are one module."""
    module = _Module()
    unread = []
    for path, text in sorted(files.items()):
        source = text.encode("utf-8", "replace")
        if len(source) > LONGEST or nests(source):
            unread.append(Unread(path, 1, "longer, or more deeply nested, than what people write: not read"))
            continue
        module.add(path, _parser().parse(source).root_node)
    return list(module.items()), unread


class _Block:
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

    def blocks(self, kind: str) -> list[_Block]:
        inside = self.body.named_children if self.body is not None else []
        return [
            one for one in (_Block(self.path, n) for n in inside if n.type == "block") if one.kind == kind
        ]


class _Module:
    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._named: dict[tuple[str, ...], _Block] = {}
        self._locals: dict[str, Node] = {}

    def add(self, path: str, root: Node) -> None:
        for body in (one for one in root.named_children if one.type == "body"):
            for node in (one for one in body.named_children if one.type == "block"):
                block = _Block(path, node)
                self._blocks.append(block)
                if block.kind in ("resource", "data") and len(block.labels) == 2:
                    before = ("data",) if block.kind == "data" else ()
                    self._named[(*before, *block.labels)] = block
                elif block.kind == "variable" and block.labels:
                    self._named["var", block.labels[0]] = block
                elif block.kind == "locals":
                    self._locals |= block.attributes()

    def items(self) -> Iterator[Declared]:
        for block in self._blocks:
            if block.kind != "resource" or len(block.labels) != 2:
                continue
            kind = block.labels[0]
            if kind == "cloudfoundry_app":
                yield from self._app(block)
            elif kind in _INSTANCES:
                yield self._instance(block)
            elif kind == "cloudfoundry_network_policy":
                yield from self._policies(block)
            elif kind == "cloudfoundry_route":
                yield from self._route(block)

    # --- resources ---------------------------------------------------------------------------------

    def _app(self, block: _Block) -> Iterator[Declared]:
        attributes = block.attributes()
        app = self._named_of(block)
        for name, node in _object(attributes.get("environment")):
            yield self._item(block, "variable", app, literal(name), node, self._text(node))
        for node in self._inner(block, ("service_binding", "service_bindings"), "service_instance"):
            yield self._item(block, "service", app, self._text(node), node)
        for node in self._inner(block, ("routes",), "route"):
            yield self._item(block, "route", app, self._text(node), node)
        for key, setting in _SETTINGS.items():
            if key in attributes:
                node = attributes[key]
                yield self._item(block, "setting", app, literal(setting), node, self._text(node))
        packs = _tuple(attributes.get("buildpacks"))
        if packs:
            texts = [part for pack in packs for part in (literal(", "), self._text(pack))][1:]
            yield self._item(block, "setting", app, literal("buildpacks"), packs[0], joined(texts))

    def _instance(self, block: _Block) -> Declared:
        attributes = block.attributes()
        plan = attributes.get("service_plan")
        value = literal("user-provided") if block.labels[0] == _INSTANCES[1] else NOTHING
        if plan is not None:
            value = self._text(plan)
        return self._item(block, "instance", NOTHING, self._named_of(block), block.node, value)

    def _policies(self, block: _Block) -> Iterator[Declared]:
        inner = [one.attributes() for one in block.blocks("policy")]
        inner += [dict(_object(one)) for one in _tuple(block.attributes().get("policies"))]
        for policy in inner:
            source, destination = policy.get("source_app"), policy.get("destination_app")
            if source is None or destination is None:
                continue
            protocol = self._text(policy["protocol"]) if "protocol" in policy else literal("tcp")
            port = self._text(policy["port"]) if "port" in policy else literal("8080")
            value = joined((protocol, literal(" "), port))
            yield self._item(block, "policy", self._text(source), self._text(destination), source, value)

    def _route(self, block: _Block) -> Iterator[Declared]:
        for node in self._inner(block, ("target", "destinations"), "app") + self._inner(
            block, ("destinations",), "app_id"
        ):
            yield self._item(block, "route", self._text(node), self._url(block), block.node)

    def _inner(self, block: _Block, kinds: tuple[str, ...], key: str) -> list[Node]:
        """The expressions under `key` in blocks, or in lists of objects, of these names."""
        found = [one.attributes().get(key) for kind in kinds for one in block.blocks(kind)]
        attributes = block.attributes()
        for kind in kinds:
            found += [dict(_object(one)).get(key) for one in _tuple(attributes.get(kind))]
        return [one for one in found if one is not None]

    def _item(
        self, block: _Block, kind: str, app: Text, name: Text, at: Node, value: Text = NOTHING
    ) -> Declared:
        doubtful = bool({"count", "for_each"} & block.attributes().keys())
        return Declared(kind, app, name, value, block.path, line_of(at), doubtful)  # type: ignore[arg-type]

    # --- expressions -------------------------------------------------------------------------------

    def _named_of(self, block: _Block, depth: int = 0) -> Text:
        name = block.attributes().get("name")
        return self._text(name, depth + 1) if name is not None else hole(".".join(block.labels))

    def _url(self, block: _Block, depth: int = 0) -> Text:
        attributes = block.attributes()
        host, domain = attributes.get("hostname") or attributes.get("host"), attributes.get("domain")
        parts = [self._text(host, depth + 1), literal(".")] if host is not None else []
        parts.append(self._text(domain, depth + 1) if domain is not None else hole("domain"))
        if "path" in attributes:
            parts.append(self._text(attributes["path"], depth + 1))
        return joined(parts)

    def _text(self, node: Node, depth: int = 0) -> Text:
        if depth > _DEEPEST:
            return hole("…")
        inside = node.named_children
        if node.type in ("expression", "literal_value", "template_expr") and inside:
            if node.type == "expression" and len(inside) > 1:
                return self._reference(node, depth)
            return (
                self._reference(node, depth)
                if inside[0].type == "variable_expr"
                else self._text(inside[0], depth + 1)
            )
        if node.type in ("string_lit", "quoted_template"):
            return joined(self._text(one, depth + 1) for one in inside if not one.type.startswith("quoted_"))
        if node.type == "template_interpolation":
            found = next((one for one in inside if one.type == "expression"), None)
            return self._text(found, depth + 1) if found is not None else NOTHING
        if node.type in ("template_literal", "numeric_lit", "bool_lit"):
            return literal(words_of(node))
        return hole(words_of(node)[:40])

    def _reference(self, node: Node, depth: int) -> Text:
        """`var.x`, `local.x`, `cloudfoundry_service_instance.db.id`: the name of what is meant."""
        path = tuple(words_of(one).lstrip(".") for one in node.named_children if one.type != "index")
        if path[:1] == ("local",) and len(path) == 2 and path[1] in self._locals:
            return self._text(self._locals[path[1]], depth + 1)
        if path[:1] == ("var",) and len(path) == 2:
            given = self._named.get(("var", path[1]))
            default = given.attributes().get("default") if given is not None else None
            return hole(path[1], (self._text(default, depth + 1).known or "") if default is not None else "")
        if "service_plans" in path:
            return self._plan(node, depth)
        target = self._named.get(path[:3] if path[0] == "data" else path[:2])
        if target is None or not target.labels[0].startswith("cloudfoundry_"):
            return hole(".".join(path))
        if target.labels[0] == "cloudfoundry_route":
            return self._url(target, depth + 1)
        return self._named_of(target, depth)

    def _plan(self, node: Node, depth: int) -> Text:
        """`data.cloudfoundry_service.rds.service_plans["micro"]`: the offering's name and the plan."""
        index = next((one for one in node.named_children if one.type == "index"), None)
        plan = words_of(index).strip('[]." ') if index is not None else ""
        plan = plan or words_of(node.named_children[-1]).lstrip(".")
        path = tuple(words_of(one).lstrip(".") for one in node.named_children[:3])
        service = self._named.get(path)
        if service is None:
            return joined((hole("service"), literal(f" {plan}")))
        return joined((self._named_of(service, depth), literal(f" {plan}")))


def _object(node: Node | None) -> list[tuple[str, Node]]:
    """The keys and values of `{a = b}`."""
    found = _unwrapped(node, "object")
    pairs = [one.named_children for one in found if one.type == "object_elem"]
    return [
        (words_of(key).strip('"() '), value) for key, value in (pair[:2] for pair in pairs if len(pair) > 1)
    ]


def _tuple(node: Node | None) -> list[Node]:
    """The items of `[a, b]`."""
    return [one for one in _unwrapped(node, "tuple") if one.type == "expression"]


def _unwrapped(node: Node | None, kind: str) -> list[Node]:
    for _ in range(3):
        if node is None or node.type == kind:
            break
        node = node.named_children[0] if node.named_children else None
    return node.named_children if node is not None and node.type == kind else []
