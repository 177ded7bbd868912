"""Reads a bundle that anybody may have made.

Nothing in it is believed: sizes are bounded before anything is read, names are compared and never used as
paths, and what is not exactly a bundle is refused in one plain line.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import msgspec

from runback.bundle.manifest import (
    EVIDENCE,
    LARGEST_EVIDENCE,
    LARGEST_LOGS,
    LARGEST_MANIFEST,
    LOGS,
    MANIFEST,
    MOST_LOGS,
    SCHEMA,
    Manifest,
)
from runback.errors import InputError
from runback.model import Evidence, LogText

_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1
_WINDOW = 8 << 20  # what a decompressor may be asked to hold; ours need 2 MB
_CHUNK = 1 << 20
_IN_MEMORY = 64 << 20  # logs beyond it, all together, lie on disk
_SPARE = 256 << 20  # what stays free on the disk on which logs are laid out
_LAST = 1 << 63  # nanoseconds: the year 2262

Part = TypeVar("Part")


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read, and found whole."""

    manifest: Manifest
    evidence: Evidence


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """The bundle in a file. Its logs can be read while the context lasts; large ones lie on disk for it.

    Raises InputError for a file that cannot be read, is damaged, is no bundle, asks for too much, or was
    written by a newer version.
    """
    import zstandard

    with tempfile.TemporaryDirectory(prefix="runback-bundle-") as folder:
        try:
            with path.open("rb") as file:
                bundle = _read(path, file, Path(folder))
        except zstandard.ZstdError as error:
            raise _damaged(path, _words_of(error)) from error
        except OSError as error:
            raise InputError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
        yield bundle


def _words_of(error: Exception) -> str:
    said = str(error).rpartition(": ")[2].lower()
    return "it asks for too much memory" if "too much memory" in said else said or "the compression is broken"


def _damaged(path: Path, why: str) -> InputError:
    return InputError(f"{path} is damaged, or not a bundle of Runback: {why}", "Save it again.")


def _read(path: Path, file: BinaryIO, folder: Path) -> Bundle:
    import zstandard

    if file.read(4) != _MAGIC:
        raise InputError(
            f"{path} is not a bundle of Runback", "`runback diagnose … --save-bundle FILE` makes one."
        )
    file.seek(0)
    decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    with decompressor.stream_reader(file, closefd=False) as stream:
        archive = _Archive(path, stream)
        manifest = _manifest(path, archive)
        encoded = archive.member(EVIDENCE, LARGEST_EVIDENCE)
        texts = _texts(path, archive, folder)
        evidence = _decoded(path, encoded, Evidence, texts)
        if archive.read(1):
            raise _damaged(path, "there is more in it than belongs to it")
    _check(path, manifest, evidence, texts)
    return Bundle(manifest, evidence)


class _Archive:
    """The members of the archive, one after the other."""

    def __init__(self, path: Path, stream: _Stream) -> None:
        self.path = path
        self._stream = stream

    def read(self, size: int) -> bytes:
        """`size` bytes, or fewer where the stream ends."""
        pieces: list[bytes] = []
        while size and (piece := self._stream.read(min(size, _CHUNK))):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def exactly(self, size: int) -> bytes:
        data = self.read(size)
        if len(data) != size:
            raise _damaged(self.path, "it breaks off")
        return data

    def header(self) -> tarfile.TarInfo | None:
        """The next member; None at the end of the archive. Anything but a plain file is refused."""
        block = self.exactly(tarfile.BLOCKSIZE)
        if not block.strip(b"\0"):
            self.exactly(tarfile.BLOCKSIZE)
            return None
        try:
            member = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise _damaged(self.path, str(error)) from error
        if member.type != tarfile.REGTYPE or member.size < 0:
            raise _damaged(self.path, "it holds something that is not a plain file")
        return member

    def member(self, name: str, largest: int) -> bytes:
        """The next member, which must be this one."""
        header = self.header()
        if header is None or header.name != name:
            raise _damaged(self.path, f"{name} is not where it belongs")
        if header.size > largest:
            raise _damaged(self.path, f"{name} is larger than {largest >> 20} MB")
        data = self.exactly(header.size)
        self.padding(header.size)
        return data

    def padding(self, size: int) -> None:
        self.exactly(-size % tarfile.BLOCKSIZE)


def _manifest(path: Path, archive: _Archive) -> Manifest:
    encoded = archive.member(MANIFEST, LARGEST_MANIFEST)
    schema = _decoded(path, encoded, _Schema)
    family, _, version = schema.schema.partition("/")
    if family != SCHEMA.partition("/")[0]:
        raise _damaged(path, "its manifest is of another kind")
    if schema.schema != SCHEMA:
        raise InputError(
            f"{path} was written by a newer Runback ({schema.tool[:40]!r}, format {version[:20]!r})",
            "Install that version, or a later one, and try again.",
        )
    return _decoded(path, encoded, Manifest)


class _Schema(msgspec.Struct):
    schema: str
    tool: str = "?"


def _texts(path: Path, archive: _Archive, folder: Path) -> dict[str, LogText]:
    """The logs by the names of their members; from a certain sum on they go to files in `folder`."""
    found: dict[str, LogText] = {}
    held = total = 0
    while (header := archive.header()) is not None:
        name = f"{LOGS}{len(found) + 1:05d}"
        total += header.size
        if header.name != name or len(found) >= MOST_LOGS:
            raise _damaged(path, "it holds a file that does not belong there")
        if total > LARGEST_LOGS:
            raise _damaged(path, f"its logs are larger than {LARGEST_LOGS >> 30} GB")
        if held + header.size <= _IN_MEMORY:
            held += header.size
            found[name] = LogText(archive.exactly(header.size))
        else:
            found[name] = LogText(_spooled(path, archive, header.size, folder / str(len(found))))
        archive.padding(header.size)
    return found


def _spooled(path: Path, archive: _Archive, size: int, place: Path) -> Path:
    if shutil.disk_usage(place.parent).free < size + _SPARE:
        raise InputError(
            f"{path} holds a log of {size >> 20} MB, for which {place.parent.parent} has no room",
            "Set TMPDIR to a folder on a larger disk.",
        )
    with place.open("xb") as sink:
        while size:
            data = archive.exactly(min(size, _CHUNK))
            sink.write(data)
            size -= len(data)
    return place


def _decoded(path: Path, encoded: bytes, kind: type[Part], texts: dict[str, LogText] | None = None) -> Part:
    def text_of(wanted: type, name: Any) -> Any:
        if wanted is LogText and texts is not None and isinstance(name, str) and name in texts:
            return texts[name]
        raise ValueError("a log is missing")

    try:
        return msgspec.json.decode(encoded, type=kind, dec_hook=text_of)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _damaged(path, " ".join(str(error).split())[:200]) from error


def _check(path: Path, manifest: Manifest, evidence: Evidence, texts: dict[str, LogText]) -> None:
    """That manifest, evidence and logs belong together, and that all times can be reckoned with."""
    if (
        manifest.collected_at != evidence.collected_at
        or manifest.target != evidence.target
        or manifest.logs != len(evidence.logs)
        or len({id(log.text) for log in evidence.logs}) != len(texts)
    ):
        raise _damaged(path, "manifest, evidence and logs do not belong together")
    if not _reckonable(evidence) or not all(0 <= at < _LAST for log in evidence.logs for at in log.times):
        raise _damaged(path, "it holds impossible times")


def _reckonable(node: Any) -> bool:
    """Whether every time in `node` has a zone and lies where differences to others are still times."""
    if isinstance(node, datetime):
        return node.tzinfo is not None and 1900 < node.year < 2300
    if isinstance(node, msgspec.Struct):
        return all(_reckonable(getattr(node, name)) for name in node.__struct_fields__)
    if isinstance(node, tuple) and not (node and isinstance(node[0], int)):
        return all(map(_reckonable, node))
    return True
