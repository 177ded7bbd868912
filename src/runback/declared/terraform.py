"""Terraform's cloudfoundry resources, read from the HCL of the checkout: what they say should be there.

Both providers are read, cloudfoundry-community/cloudfoundry and cloudfoundry/cloudfoundry; the arguments are
those of their documentation. Nothing is planned: names and lists are evaluated as far as files tell them,
`for_each` item by item, modules of the checkout with what they are called with.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from runback.declared.bash import line_of, words_of
from runback.declared.hcl import Block, Budget, Value, parse
from runback.declared.item import Declared, Unread
from runback.declared.module import Instance, Module
from runback.declared.text import NOTHING, Text, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node

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
_ELSEWHERE = re.compile(
    r"(?i)cloud-?_?foundry|cloud-?\.?gov"
)  # modules of others that may make what is asked for


def declared(files: Mapping[str, str]) -> tuple[list[Declared], list[Unread]]:
    """What the .tf files declare. A folder is a module; one that others call is read with them."""
    unread: list[Unread] = []
    folders: dict[str, dict[str, Node]] = {}
    for path, text in sorted(files.items()):
        root, line, reason = parse(text)
        if reason:
            unread.append(Unread(path, line, reason))
        if root is not None:
            folders.setdefault(posixpath.dirname(path), {})[path] = root
    budget = Budget()
    modules = {folder: Module(folder, folders, budget) for folder in folders}
    called = {there for module in modules.values() for there in module.calls()}
    found: list[Declared] = []
    for folder, module in modules.items():
        if folder not in called:
            for item in _items(module):
                if isinstance(item, Unread):
                    unread.append(item)
                else:
                    found.append(item)
    if budget.left <= 0:
        unread.append(Unread(next(iter(files)), 1, "too much of it: the rest is not read"))
    return found, unread


def _items(module: Module) -> Iterator[Declared | Unread]:
    for block in module.blocks:
        reader = _RESOURCES.get(block.labels[0]) if block.kind == "resource" and block.labels else None
        if block.kind == "module":
            yield from _of_call(module, block)
        elif reader is not None and len(block.labels) == 2:
            for one in module.instances(block):
                yield from reader(module, one)


def _of_call(module: Module, block: Block) -> Iterator[Declared | Unread]:
    """What a module makes that this one calls."""
    there, source = module.called(block), words_of(block.attributes().get("source", block.node))
    for one in module.instances(block) if there is not None else ():
        child = module.child(there or "", module.given(one))
        for item in _items(child) if child is not None else ():
            yield item._replace(doubtful=True) if isinstance(item, Declared) and one.doubtful else item
    if there is None and _ELSEWHERE.search(source):
        said = source.strip('"')
        yield Unread(block.path, line_of(block.node), f"what the module {said} makes, which was not read")


def _app(module: Module, one: Instance) -> Iterator[Declared | Unread]:
    name = module.name(one)
    if "environment" in one.attributes:
        yield from _environment(module, one, name)
    for kind, key in (("service_binding", "service_instance"), ("service_bindings", "service_instance")):
        for inner in module.inner(one, kind):
            if key in inner:
                yield _item(one, "service", name, inner[key].text, inner[key])
    for inner in module.inner(one, "routes"):
        if "route" in inner:
            yield _item(one, "route", name, inner["route"].text, inner["route"])
    for key, setting in _SETTINGS.items():
        if key in one.attributes:
            value = module.value(one, key)
            yield _item(one, "setting", name, literal(setting), value, value.text)
    packs = module.value(one, "buildpacks").items if "buildpacks" in one.attributes else None
    if packs:
        texts = [part for pack in packs for part in (literal(", "), pack.text)][1:]
        yield _item(one, "setting", name, literal("buildpacks"), packs[0], joined(texts))


def _environment(module: Module, one: Instance, app: Text) -> Iterator[Declared | Unread]:
    value = module.value(one, "environment")
    fields = value.fields if value.fields is not None else {f"…{value.text.told}": value}
    for name, given in fields.items():
        if name.startswith("…"):
            reason = f"which variables {name[1:]} gives {app.told}"
            yield Unread(one.block.path, line_of(one.attributes["environment"]), reason)
        else:
            yield _item(one, "variable", app, literal(name), given, given.text)


def _instance(module: Module, one: Instance) -> Iterator[Declared]:
    value = literal("user-provided") if one.block.labels[0] == _INSTANCES[1] else NOTHING
    if "service_plan" in one.attributes:
        value = module.value(one, "service_plan").text
    at = Value(NOTHING, one.block.path, line_of(one.block.node))
    yield _item(one, "instance", NOTHING, module.name(one), at, value)


def _binding(module: Module, one: Instance) -> Iterator[Declared]:
    if "app" in one.attributes and "service_instance" in one.attributes:
        at = module.value(one, "service_instance")
        yield _item(one, "service", module.value(one, "app").text, at.text, at)


def _policies(module: Module, one: Instance) -> Iterator[Declared]:
    for policy in (*module.inner(one, "policy"), *module.inner(one, "policies")):
        source, destination = policy.get("source_app"), policy.get("destination_app")
        if source is None or destination is None:
            continue
        protocol = policy["protocol"].text if "protocol" in policy else literal("tcp")
        port = policy["port"].text if "port" in policy else literal("8080")
        value = joined((protocol, literal(" "), port))
        yield _item(one, "policy", source.text, destination.text, source, value)


def _route(module: Module, one: Instance) -> Iterator[Declared]:
    at = Value(NOTHING, one.block.path, line_of(one.block.node))
    for inner in (*module.inner(one, "target"), *module.inner(one, "destinations")):
        app = inner.get("app") or inner.get("app_id")
        if app is not None:
            yield _item(one, "route", app.text, module.url(one), at)


def _item(one: Instance, kind: str, app: Text, name: Text, at: Value, value: Text = NOTHING) -> Declared:
    return Declared(kind, app, name, value, at.path, at.line, one.doubtful)  # type: ignore[arg-type]


_RESOURCES: Mapping[str, Callable[[Module, Instance], Iterator[Declared | Unread]]] = {
    "cloudfoundry_app": _app,
    **dict.fromkeys(_INSTANCES, _instance),
    "cloudfoundry_service_credential_binding": _binding,
    "cloudfoundry_network_policy": _policies,
    "cloudfoundry_route": _route,
}
