"""What `${name[…]}` is: of a list, of what `declare -A` makes, of the arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runback.declared import expansion
from runback.declared.scope import Scope
from runback.declared.text import Text, hole, literal

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL = ("@", "*")


def values(scope: Scope, name: str, index: str) -> list[Text] | None:
    """The variable's values: one, or those of a list; None where nobody in sight sets it."""
    found = scope.value(name)
    if found is None or isinstance(found, Text):
        return None if found is None else [found]
    if index in ALL or name in ALL:
        return list(found.values() if isinstance(found, dict) else found)
    if isinstance(found, dict):
        return None if index == "?" else [found.get(index or "0", Text())]
    position = _position(index, scope)
    if position is None:
        return None
    return [found[position]] if -len(found) <= position < len(found) else [Text()]


def _position(index: str, scope: Scope) -> int | None:
    """The place in a list that `0`, `-1`, or the name of a variable stands for."""
    if index.isidentifier():
        value = scope.value(index)
        index = (value.known or "?") if isinstance(value, Text) else "?"
    return int(index or "0") if re.fullmatch(r"(-?\d{1,4})?", index) else None


def keys(scope: Scope, name: str) -> list[Text]:
    """`${!name[@]}`. What `declare -A` made has its keys where they are written."""
    found = scope.value(name)
    if found is None or isinstance(found, Text):
        return [hole(f"!{name}")]
    if isinstance(found, dict):
        return [literal(one, value.origin) for one, value in found.items()]
    return [literal(str(number)) for number in range(len(found))]


def count(name: str, found: list[Text] | None) -> Text:
    """`${#name[@]}`."""
    if found is None or any(one.bare for one in found):
        return hole(f"#{name}")
    return literal(str(len(found)))


def indirect(name: str, found: list[Text] | None, scope: Scope) -> tuple[str, list[Text] | None]:
    """`${!name}`: the value of the variable that `name` names."""
    pointed = expansion.united(found).known if found else None
    if pointed is None or not re.fullmatch(r"\w+", pointed):
        return f"!{name}", None
    return pointed, values(scope, pointed, "")


def part(name: str, found: list[Text], arguments: Sequence[Text]) -> list[Text]:
    """`${name[@]:start:count}`, `${@:2}`."""
    numbers = [(one.known or "?").strip() for one in arguments]
    if not numbers or not all(re.fullmatch(r"-?\d{1,4}", one) for one in numbers):
        return [hole(f"{name}:")]
    start, *most = (int(one) for one in numbers)
    if name in ALL and start >= 0:
        start = max(start - 1, 0)  # the arguments count from 1
    return found[start:][: most[0] if most else None]
