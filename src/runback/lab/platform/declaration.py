"""YAML files read strictly into dataclasses: unknown keys, wrong types and missing values are said with file
and line.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from typing import Any, Literal, TypeVar

import yaml

from runback.errors import ConfigurationError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_T = TypeVar("_T")
_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def compose(text: str, file: str) -> yaml.Node:
    """The YAML tree of a text; raises ConfigurationError with file and line."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark else file
        raise ConfigurationError(f"{where}: not YAML: {getattr(error, 'problem', None) or error}") from error
    if node is None:
        raise ConfigurationError(f"{file}: the file is empty")
    return node


def read(node: yaml.Node, kind: type[_T], file: str) -> _T:
    """An object of the dataclass `kind` from a mapping node."""
    return typing.cast(_T, _value(node, kind, file))


def given(node: yaml.Node, kind: type, file: str) -> dict[str, Any]:
    """Only the fields of `kind` that the mapping names: what an overlay changes."""
    return _fields(node, kind, file)


def _fields(node: yaml.Node, kind: type, file: str) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(node, file, f"a mapping with the keys {', '.join(_hints(kind))} is wanted here")
    hints = _hints(kind)
    values: dict[str, Any] = {}
    for key, value in node.value:
        if key.value not in hints:
            raise _wrong(key, file, f"unknown key {key.value!r}; allowed: {', '.join(sorted(hints))}")
        values[key.value] = _value(value, hints[key.value], file)
    return values


def _value(node: yaml.Node, kind: Any, file: str) -> Any:
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        values = _fields(node, typing.cast(type, kind), file)
        missing = [
            field.name
            for field in dataclasses.fields(kind)
            if field.name not in values
            and field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING
        ]
        if missing:
            raise _wrong(node, file, f"missing: {', '.join(missing)}")
        return typing.cast(type, kind)(**values)
    if origin in (typing.Union, types.UnionType):
        return _union(node, kind, file)
    if origin is Literal:
        allowed = typing.get_args(kind)
        if isinstance(node, yaml.ScalarNode) and node.value in allowed:
            return node.value
        raise _wrong(node, file, f"allowed here: {', '.join(map(str, allowed))}")
    if origin in (tuple, list):
        if not isinstance(node, yaml.SequenceNode):
            raise _wrong(node, file, "a list is wanted here")
        items = [_value(item, typing.get_args(kind)[0], file) for item in node.value]
        return tuple(items) if origin is tuple else items
    if origin is dict:
        if not isinstance(node, yaml.MappingNode):
            raise _wrong(node, file, "a mapping is wanted here")
        return {key.value: _value(value, typing.get_args(kind)[1], file) for key, value in node.value}
    return _scalar(node, kind, file)


def _union(node: yaml.Node, kind: Any, file: str) -> Any:
    options = [option for option in typing.get_args(kind) if option is not type(None)]
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
        return None
    return _value(node, options[0], file)


def _scalar(node: yaml.Node, kind: Any, file: str) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        raise _wrong(node, file, f"{_NAMES.get(kind, 'one value')} is wanted here")
    tag = node.tag.rpartition(":")[2]
    if kind is str:
        return node.value
    if kind is object:
        return int(node.value) if tag == "int" else node.value
    if kind is bool and tag == "bool":
        return node.value.lower() in ("true", "yes", "on")
    if kind in (int, float) and tag in ("int", "float"):
        try:
            return kind(node.value)
        except ValueError:
            pass
    raise _wrong(node, file, f"{_NAMES[kind]} is wanted here, not {node.value!r}")


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _wrong(node: yaml.Node, file: str, message: str) -> ConfigurationError:
    return ConfigurationError(f"{file}:{node.start_mark.line + 1}: {message}")
