"""What the files of a checkout say should be there: deploy scripts, manifests, Terraform.

Read, never executed: a pure function of the files. What cannot be resolved is told, never guessed.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import NamedTuple

from runback.declared import cf, circleci, terraform
from runback.declared.item import Declared, Kind
from runback.declared.manifest import Manifest
from runback.declared.scope import Scope
from runback.declared.shell import Shell, Unread
from runback.declared.text import NOTHING, Hole, Part, Text
from runback.model import SourceFile

__all__ = ["NOTHING", "Declared", "Files", "Hole", "Kind", "Part", "Text", "Unread", "read"]

_SCRIPT = re.compile(r"\.(sh|bash)$|(^|/)deploy[\w-]*$")
_MANIFEST = re.compile(r"(^|/)[^/]*manifest[^/]*\.ya?ml$")
_CIRCLECI = re.compile(r"^\.circleci/.*\.ya?ml$")


class Files(NamedTuple):
    """`called`: by the jobs of CI, with their arguments. `alone`: scripts as they stand, arguments unknown;
    and what manifests say that nobody is seen to push, and Terraform."""

    called: tuple[Declared, ...] = ()
    alone: tuple[Declared, ...] = ()
    unread: tuple[Unread, ...] = ()


@lru_cache(maxsize=8)
def read(files: tuple[SourceFile, ...]) -> Files:
    """What the files declare, each thing once."""
    texts = {file.path: file.text for file in files}
    manifests = {path: Manifest(path, text) for path, text in texts.items() if _MANIFEST.search(path)}
    unread = [one for manifest in manifests.values() for one in manifest.unread]
    called, said = _called(texts, manifests)
    alone, also = _alone(texts, manifests)
    hcl, hcl_unread = _terraform(texts)
    pushed = {item.path for item in (*called, *alone)}
    loose = [
        item
        for path, manifest in manifests.items()
        if path not in pushed
        for item in manifest.items(NOTHING, {})
        if item.app.parts and item.name.parts
    ]
    return Files(
        called=tuple(dict.fromkeys(called)),
        alone=tuple(dict.fromkeys((*alone, *loose, *hcl))),
        unread=tuple(dict.fromkeys((*unread, *said, *also, *hcl_unread))),
    )


def _called(texts: dict[str, str], manifests: dict[str, Manifest]) -> tuple[list[Declared], list[Unread]]:
    """What the jobs of CI declare by what they run."""
    scripts, unread = circleci.scripts({path: text for path, text in texts.items() if _CIRCLECI.search(path)})
    found: list[Declared] = []
    for script in scripts:
        if not any(word in script.text for word in ("cf ", ".sh", "deploy")):
            continue
        shell = Shell(texts)
        scope = Scope(path=script.path, folder=script.folder, arguments=(), first_line=script.line)
        scope.variables |= script.variables
        scope.exported |= set(script.variables)
        shell.run(script.text, scope)
        items, unknown = cf.declared(shell.commands, manifests)
        found += items
        unread += (*shell.unread, *unknown)
    return found, unread


def _alone(texts: dict[str, str], manifests: dict[str, Manifest]) -> tuple[list[Declared], list[Unread]]:
    """What each script declares, whoever calls it with whatever."""
    found: list[Declared] = []
    unread: list[Unread] = []
    for path, text in texts.items():
        if not _SCRIPT.search(path) or "cf " not in text:
            continue
        shell = Shell(texts)
        shell.run(text, Scope(path=path))
        items, _ = cf.declared(shell.commands, manifests)  # that names are unknown here is no wonder
        found += items
        unread += shell.unread
    return found, unread


def _terraform(texts: dict[str, str]) -> tuple[list[Declared], list[Unread]]:
    folders: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        if path.endswith(".tf") and "cloudfoundry_" in text:
            folders.setdefault(posixpath.dirname(path), {})
    found: list[Declared] = []
    unread: list[Unread] = []
    for folder in folders:
        own = {p: t for p, t in texts.items() if p.endswith(".tf") and posixpath.dirname(p) == folder}
        items, unknown = terraform.declared(own)
        found += items
        unread += unknown
    return found, unread
