"""Writes a bundle: whole or not at all, readable by its owner, in the memory that one block needs."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from runback.bundle.manifest import (
    EVIDENCE,
    LARGEST_EVIDENCE,
    LARGEST_LOGS,
    LARGEST_MANIFEST,
    LOGS,
    MANIFEST,
    MOST_LOGS,
    Manifest,
    manifest_of,
)
from runback.errors import RunbackError, UsageError
from runback.model import Evidence, LogText

_LEVEL = 3  # of zstd: benchmarks/bundle.py; higher ones save little of log text and take much longer
_CHUNK = 1 << 20


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


def check_place(path: Path) -> None:
    """Raises UsageError where a bundle cannot be written: before anybody waits for a collection."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", "Name a file.")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}", "Make it first, or name another place.")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"nothing may be written in {path.parent}", "Name another place.")


def write(evidence: Evidence, path: Path, *, tool: str, runbook: str, key: str) -> Manifest:
    """Writes redacted evidence to `path`, which holds the old file or the whole new one at any time.

    `key` is the id of the project's key, not the key. Raises UsageError where `path` cannot be written (its
    folder, a full disk).
    """
    manifest = manifest_of(evidence, tool=tool, runbook=runbook, key=key)
    with _replacing(path) as sink:
        _pack(evidence, manifest, sink)
    return manifest


def _pack(evidence: Evidence, manifest: Manifest, sink: BinaryIO) -> None:
    import zstandard

    names = {id(log.text): f"{LOGS}{number:05d}" for number, log in enumerate(evidence.logs, 1)}

    def name_of(text: Any) -> str:
        if not isinstance(text, LogText):
            raise NotImplementedError(f"{type(text).__name__} has no place in a bundle")
        return names[id(text)]

    described = msgspec.json.encode(manifest)
    encoded = msgspec.json.encode(evidence, enc_hook=name_of)
    _check_sizes(manifest, len(described), len(encoded))
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    with compressor.stream_writer(sink, closefd=False) as packed:
        for name, data in ((MANIFEST, described), (EVIDENCE, encoded)):
            _member(packed, name, io.BytesIO(data), len(data), evidence.collected_at)
        for log in evidence.logs:
            with log.text.open() as text:
                _member(packed, names[id(log.text)], text, log.text.size, evidence.collected_at)
        packed.write(b"\0" * 2 * tarfile.BLOCKSIZE)


def _member(sink: _Sink, name: str, source: BinaryIO, size: int, at: datetime) -> None:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, 0o600, int(at.timestamp())
    sink.write(header.tobuf(tarfile.GNU_FORMAT))
    left = size
    while left:
        data = source.read(min(_CHUNK, left))
        if not data:
            raise RunbackError(f"a log became shorter while the bundle was written ({name})", "Try again.")
        sink.write(data)
        left -= len(data)
    sink.write(b"\0" * (-size % tarfile.BLOCKSIZE))


def _check_sizes(manifest: Manifest, described: int, encoded: int) -> None:
    """A bundle that no reader would take is not written."""
    if (
        described > LARGEST_MANIFEST
        or encoded > LARGEST_EVIDENCE
        or manifest.log_bytes > LARGEST_LOGS
        or manifest.logs > MOST_LOGS
    ):
        raise RunbackError(
            f"this evidence is too large for a bundle: {encoded >> 20} MB, and {manifest.logs} logs of "
            f"{manifest.log_bytes >> 20} MB",
            "Look at one app or one pipeline.",
        )


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file beside `path` that takes its place when all went well, and vanishes otherwise."""
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:60]}-")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as sink:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise UsageError(
            f"{path} could not be written: {(error.strerror or str(error)).lower()}", "Name another place."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
