"""Compiled things that are costly to make again: the index of a source tree's pages, the signature database.

An entry is only read from a folder that belongs to the user and that nobody else may write to, for a compiled
database is as good as code.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

_DIGEST = 32


def folder() -> Path | None:
    """Where entries are kept (`$XDG_CACHE_HOME/runback`), made if missing; None if it cannot be trusted."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    path = Path(root) / "runback"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
    except (OSError, RuntimeError):
        return None
    if hasattr(os, "getuid") and (
        status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    ):
        return None
    return path


def key(*parts: bytes) -> str:
    """A name for an entry that is made of `parts` and nothing else."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:40]


def read(name: str) -> bytes | None:
    """The entry, or None where there is none or it is damaged."""
    place = folder()
    if place is None:
        return None
    try:
        data = (place / name).read_bytes()
    except OSError:
        return None
    digest, content = data[:_DIGEST], data[_DIGEST:]
    return content if hashlib.sha256(content).digest() == digest else None


def write(name: str, content: bytes) -> None:
    """Keeps the entry; does nothing where that is impossible, since it can be made again."""
    place = folder()
    if place is None:
        return
    import tempfile  # not where all is in the cache: it is a slow module

    try:
        descriptor, temporary = tempfile.mkstemp(dir=place)
        with os.fdopen(descriptor, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        Path(temporary).replace(place / name)
    except OSError:
        return
