"""Titles with their values filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runback.model import Scalar

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def filled(title: str, values: Mapping[str, Scalar]) -> str:
    """The title with each {name} replaced; what is not known reads 'unknown'."""

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1])
        return "unknown" if found is None or found == "" else str(found)

    return PLACEHOLDER.sub(value, title)
