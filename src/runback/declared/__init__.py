"""What the files of a checkout say should be there: deploy scripts, manifests, Terraform.

Read, never executed: a pure function of the files. What cannot be resolved is told, never guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from runback.declared import cf, circleci, terraform
from runback.declared.item import Declared, Kind, Unread
from runback.declared.manifest import Manifest
from runback.declared.pushed import Pushed
from runback.declared.scope import Scope
from runback.declared.shell import Shell
from runback.declared.text import NOTHING, Hole, Part, Text
from runback.model import SourceFile

__all__ = ["NOTHING", "Declared", "Files", "Hole", "Kind", "Part", "Text", "Unread", "read"]

_SCRIPT = re.compile(r"\.(sh|bash)$|(^|/)deploy[\w-]*$")
_LEADS = re.compile(r"\bcf |\bsource |^\s*\. |\.sh\b", re.MULTILINE)  # to what an app should have
_MANIFEST = re.compile(r"(^|/)[^/]*manifest[^/]*\.ya?ml$")
_APPS = re.compile(r"^applications:", re.MULTILINE)
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
    manifests = {path: Manifest(path, text) for path, text in texts.items() if _is_manifest(path, text)}
    unread = [one for manifest in manifests.values() for one in manifest.unread]
    pushed = Pushed(manifests, texts)
    called, said, followed = _called(texts, pushed)
    alone, also = _alone(texts, pushed, followed)
    hcl = {path: text for path, text in texts.items() if path.endswith(".tf")}
    planned, not_planned = terraform.declared(hcl) if _has_apps(hcl) else ([], [])
    taken = {item.path for item in (*called, *alone)}
    loose = [
        item
        for path, manifest in manifests.items()
        if path not in taken
        for item in manifest.items(NOTHING, {})
        if item.app.parts and item.name.parts
    ]
    return Files(
        called=tuple(dict.fromkeys(called)),
        alone=tuple(dict.fromkeys((*alone, *loose, *planned))),
        unread=tuple(dict.fromkeys((*unread, *said, *also, *not_planned))),
    )


def _has_apps(hcl: dict[str, str]) -> bool:
    return any("cloudfoundry" in text or "cloudgov" in text for text in hcl.values())


def _is_manifest(path: str, text: str) -> bool:
    """By its name, or because it says `applications:`: `cf push -f` takes any file."""
    return bool(_MANIFEST.search(path) or (path.endswith((".yml", ".yaml")) and _APPS.search(text)))


def _called(texts: dict[str, str], pushed: Pushed) -> tuple[list[Declared], list[Unread], set[str]]:
    """What the jobs of CI declare by what they run, and the scripts that they lead to."""
    scripts, unread = circleci.scripts({path: text for path, text in texts.items() if _CIRCLECI.search(path)})
    found: list[Declared] = []
    followed: set[str] = set()
    for script in scripts:
        if not any(word in script.text for word in ("cf ", ".sh", "deploy")):
            continue
        shell = Shell(texts)
        scope = Scope(path=script.path, folder=script.folder, arguments=(), first_line=script.line)
        scope.variables |= script.variables
        scope.exported |= set(script.variables)
        shell.run(script.text, scope)
        items, unknown = cf.declared(shell.commands, pushed.and_written(shell.written))
        found += items
        followed |= shell.followed
        unread += (*shell.unread, *unknown)
    return found, unread, followed


def _alone(texts: dict[str, str], pushed: Pushed, followed: set[str]) -> tuple[list[Declared], list[Unread]]:
    """What each script declares, whoever calls it with whatever."""
    found: list[Declared] = []
    unread: list[Unread] = []
    for path, text in texts.items():
        if not _SCRIPT.search(path) or not _LEADS.search(text):
            continue
        shell = Shell(texts)
        shell.run(text, Scope(path=path))
        items, unknown = cf.declared(shell.commands, pushed.and_written(shell.written))
        found += items
        unread += shell.unread
        # That names are unknown is no wonder in a script that others call with arguments.
        unread += [one for one in unknown if one.path not in followed]
    return found, unread
