"""The jobs, commands and executors that a configuration may name: its own, and those of its orbs.

An orb is inline, or one of the registry: a file `orbs/NAMESPACE/NAME.yml` of the world, with its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from runback.lab.circleci.plans import ConfigProblem

# The C loader of PyYAML is ten times as fast as the other; both are safe.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Element:
    """A definition, and where the names inside it are looked up."""

    name: str
    body: dict[str, Any]
    home: Definitions


class Definitions:
    """The names that can be used in one configuration or orb. `orbs` are those it imports, by its names."""

    def __init__(self, loaded: Mapping[str, Any], registry: Mapping[str, Mapping[str, Any]]) -> None:
        self._loaded = loaded
        self.orbs = {
            name: Definitions(_orb(reference, registry), registry)
            for name, reference in (loaded.get("orbs") or {}).items()
        }

    def find(self, kind: str, name: str) -> Element:
        """The definition of a 'job', 'command' or 'executor'. Raises ConfigProblem where there is none."""
        orb, _, own = name.rpartition("/")
        home = self.orbs.get(orb) if orb else self
        body = (home._loaded.get(f"{kind}s") or {}).get(own) if home else None
        if home is None or not isinstance(body, dict):
            raise ConfigProblem(f"Cannot find a definition for {kind} named {name}")
        return Element(name, body, home)


def _orb(reference: Any, registry: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    if isinstance(reference, dict):  # inline
        return reference
    name, _, version = str(reference).partition("@")
    found = registry.get(name)
    if found is None or not _serves(str(found["version"]), version):
        raise ConfigProblem(
            f"Cannot find {reference} in the orb registry. "
            "Check that the namespace, orb name and version are correct."
        )
    return found


def _serves(version: str, wanted: str) -> bool:
    """Whether a version is what `4`, `4.12`, `4.12.5` or `volatile` asks for."""
    parts = wanted.split(".")
    return wanted == "volatile" or version.split(".")[: len(parts)] == parts


def read_registry(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The orbs of a world by 'namespace/name'; empty where it has none."""
    return _registry(folder) if folder.is_dir() else {}


@lru_cache(maxsize=4)
def _registry(folder: Path) -> dict[str, Mapping[str, Any]]:
    return {
        f"{path.parent.name}/{path.stem}": yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 - safe
        for path in sorted(folder.glob("*/*.yml"))
    }
