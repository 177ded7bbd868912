"""The small language of configurations: `<< references >>`, conditions, parameters and their types."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from runback.lab.circleci.plans import ConfigProblem

REFERENCE = re.compile(r"<<\s*([\w.-]+)\s*>>")
# The types of parameters, with what their values are; the others are not checked.
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": (str, int, float),
    "boolean": bool,
    "integer": int,
    "steps": list,
    "env_var_name": str,
}
_NAMES = {bool: "boolean", int: "integer", str: "string", list: "steps", dict: "mapping", float: "number"}


def fill(value: Any, scope: Mapping[str, Any]) -> Any:
    """`value` with every `<< name >>` of the scope replaced; a name of an inner scope stays."""
    if isinstance(value, dict):
        return {fill(key, scope): fill(one, scope) for key, one in value.items()}
    if isinstance(value, list):
        return [fill(one, scope) for one in value]
    if not isinstance(value, str) or "<<" not in value:
        return value
    whole = REFERENCE.fullmatch(value.strip())
    if whole and whole[1] in scope:
        return scope[whole[1]]  # keeps booleans, numbers and steps
    return REFERENCE.sub(lambda found: text(scope.get(found[1], found[0])), value)


def is_true(condition: Any) -> bool:
    """What a `when:` says, once its references are filled in. Raises ConfigProblem."""
    if not isinstance(condition, dict):
        return bool(condition)
    operator, operand = next(iter(condition.items()))
    if operator == "and":
        return all(is_true(one) for one in operand)
    if operator == "or":
        return any(is_true(one) for one in operand)
    if operator == "not":
        return not is_true(operand)
    if operator == "equal":
        return all(one == operand[0] for one in operand)
    if operator == "matches":
        return re.search(operand["pattern"], str(operand["value"])) is not None
    raise ConfigProblem(f"Unexpected logic operator: {operator}")


def arguments(kind: str, name: str, declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a job, command or executor as `parameters.NAME`, defaults and types regarded."""
    found = {}
    for parameter, what in declared.items():
        what = what or {}
        if parameter not in given and "default" not in what:
            raise ConfigProblem(f"Error calling {kind}: '{name}'\nMissing required argument(s): {parameter}")
        value = given.get(parameter, what.get("default"))
        if parameter in given:
            _check(kind, name, parameter, what, value)
        found[f"parameters.{parameter}"] = value
    return found


def _check(kind: str, name: str, parameter: str, what: Mapping[str, Any], value: Any) -> None:
    wanted = what.get("type", "string")
    if wanted == "enum":
        if value in what.get("enum", ()):
            return
        wanted = f"enum({', '.join(map(json.dumps, what.get('enum', ())))})"
    elif wanted not in _TYPES or (isinstance(value, _TYPES[wanted]) and _fits(wanted, value)):
        return
    raise ConfigProblem(
        f"Error calling {kind}: '{name}'\nType error for argument {parameter}: expected type: {wanted}, "
        f"actual value: {json.dumps(value)} (type {_NAMES.get(type(value), 'string')})"
    )


def _fits(wanted: str, value: Any) -> bool:
    """Python takes a boolean for a number."""
    return wanted == "boolean" or not isinstance(value, bool)


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts(value: Any) -> dict[str, str]:
    """The names and values of an `environment:`, be it a mapping or a list of them."""
    if isinstance(value, list):
        value = {name: one for entry in value for name, one in entry.items()}
    return {str(name): text(one) for name, one in (value or {}).items()}


def seconds(value: Any) -> float:
    """A duration such as 30s, 10m or 1.5h."""
    given = str(value)
    return float(given.rstrip("smh")) * {"s": 1, "m": 60, "h": 3600}.get(given[-1:], 1)
