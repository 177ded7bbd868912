"""The parameters of a plan's step, read; one that is missing is a fault of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from runback.model import Scalar
from runback.remedies.reach import NotDone

Parameters: TypeAlias = Mapping[str, Scalar]


def text(given: Parameters, name: str) -> str:
    """A text that is not empty. Raises NotDone."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise NotDone(f"the plan's step does not say its {name}")
    return value


def number(given: Parameters, name: str) -> int:
    """Raises NotDone."""
    value = given.get(name)
    if not isinstance(value, int):
        raise NotDone(f"the plan's step does not say its {name}")
    return value
