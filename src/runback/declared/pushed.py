"""The files that a push reads: manifests of the checkout, those that a script writes, files of variables."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import NamedTuple

from runback.declared.manifest import Manifest, values
from runback.declared.text import Part, Text


class Pushed(NamedTuple):
    manifests: Mapping[str, Manifest]
    texts: Mapping[str, str]

    def and_written(self, written: Mapping[str, tuple[Text, ...]]) -> Pushed:
        """With those that the script itself writes; what it puts into them is as unknown as a ((name))."""
        found = dict(self.manifests)
        for path, lines in written.items():
            origin = lines[0].origin if lines else None
            if origin is not None:
                text = "\n".join("".join(_placed(part) for part in line.parts) for line in lines)
                found[path] = Manifest(origin[0], text, origin[1])
        return Pushed(found, self.texts)

    def manifest(self, folder: str | None, given: Text | None) -> Manifest | None:
        """That of `-f`, else the folder's own."""
        if given is None and folder is not None:
            return self.manifests.get(posixpath.normpath(posixpath.join(folder, "manifest.yml")))
        path = _path(folder, given.known if given is not None else "manifest.yml", self.manifests)
        return self.manifests[path] if path is not None else None

    def values(self, folder: str | None, given: Text) -> dict[str, Text] | None:
        """What a file of variables gives; None where it was not read."""
        path = _path(folder, given.known, self.texts)
        return values(path, self.texts[path]) if path is not None else None


def _path(folder: str | None, name: str | None, files: Mapping[str, object]) -> str | None:
    """The file that is meant: at its path, or, where the folder is unknown, the only one of its name."""
    if not name:
        return None
    path = posixpath.normpath(posixpath.join(folder, name)) if folder is not None else None
    if path in files:
        return path
    ends = [path for path in files if f"/{path}".endswith("/" + name.lstrip("./"))]
    return ends[0] if len(ends) == 1 else None


def _placed(part: Part) -> str:
    return part if isinstance(part, str) else f"(({re.sub(r'[^a-zA-Z0-9_.-]', '_', part.name)}))"
