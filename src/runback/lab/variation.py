"""Variations of a world: other names, fewer peers, more instances, the scanner in another space.

A variation is text: the files of the world are copied with its words replaced, so that scripts, manifests,
settings and topology go on fitting each other.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# What a word of the reference world may be called instead; only whole words are replaced.
_NAMES = {
    "tdp": ("tdp", "kite", "fern", "osprey", "quill", "m4p"),
    "tanf": ("tanf", "orchard", "snap", "harbor", "wic"),
    "raft": ("raft", "canoe", "sandbox", "dev1", "loom"),
    "qasp": ("qasp", "audit", "mirror", "dev2"),
    "a11y": ("a11y", "demo", "train", "dev3"),
    "app.cloud.gov": ("app.cloud.gov", "apps.agency.example", "cf.county.example"),
}
_PEERS = ("qasp", "a11y", "develop")
_SPACES = ("tanf-dev", "tanf-staging", "tanf-prod")
_INSTANCE_MB = 1088  # one more of backend, worker and frontend
_TEXT = re.compile(r"\.(yml|toml|sh|txt|py|conf|json|md|cfg|js|html|types)$")


@dataclass(frozen=True)
class Variation:
    names: Mapping[str, str]
    dropped: tuple[str, ...]  # environments, by their names in the reference world
    instances: Mapping[str, int]
    scanner_space: str

    def rename(self, text: str) -> str:
        """The text with the words of the reference world replaced."""
        for old, new in self.names.items():
            text = re.sub(rf"(?<![\w]){re.escape(old)}(?![\w])", new, text)
        return text

    def places(self, reference: Mapping[str, str]) -> dict[str, str]:
        """The places of an environment, made of those of the reference world."""
        found = {name: self.rename(value) for name, value in reference.items()}
        return found | {"scanner-space": self.rename(self.scanner_space)}

    def write(self, world: Path, folder: Path) -> None:
        """Writes the varied world to `folder`."""
        for path in sorted(world.rglob("*")):
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            there = folder / path.relative_to(world)
            there.parent.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes()
            if _TEXT.search(path.name):
                text = data.decode()
                if path.name == "topology.yml":
                    text = self._topology(text)
                data = self.rename(text).encode()
            there.write_bytes(data)
            there.chmod(path.stat().st_mode)

    def _topology(self, text: str) -> str:
        for name in self.dropped:
            text = re.sub(rf"^  - {{name: {name}, space: .*\n", "", text, flags=re.MULTILINE)
        for name, count in self.instances.items():
            text = re.sub(rf"({{name: {name}, space: [\w-]+)}}", rf"\1, instances: {count}}}", text)
        text = re.sub(
            r"(- name: clamav-rest\n    space: )[\w-]+", rf"\g<1>{self.scanner_space}", text, count=1
        )
        more = sum(count - 1 for count in self.instances.values()) - len(self.dropped)
        return re.sub(r"memory_mb: (\d+), routes", lambda found: _memory(int(found[1]), more), text)


def _memory(megabytes: int, more: int) -> str:
    return f"memory_mb: {megabytes + more * _INSTANCE_MB}, routes"


def draw(chance: random.Random, keep: str) -> Variation:
    """A variation that keeps an environment."""
    able = [name for name in _PEERS if name != keep]
    dropped = tuple(name for name in able if chance.random() < 0.3)
    left = [name for name in ("raft", "staging", *_PEERS) if name not in dropped]
    return Variation(
        names={old: chance.choice(new) for old, new in _NAMES.items()},
        dropped=dropped,
        instances={name: 2 for name in left if chance.random() < 0.25},
        scanner_space=chance.choice(_SPACES),
    )
