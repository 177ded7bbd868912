"""The output of a step: `[{"message", "time", "type"}, …]` as one text, whole, however long it is.

Segments cut lines anywhere and may hold gigabytes, so they are read one after another and never all at once.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

CHUNK = 1 << 20
_OUTSIDE = re.compile(rb'["}]')


class _Segment(msgspec.Struct):
    message: str | None = None


_SEGMENTS = msgspec.json.Decoder(_Segment)  # made before any thread reads


class BrokenOff(Exception):
    """The body ended within a segment."""


def text_of(body: bytes | Path, spool: Path) -> tuple[bytes | Path, bool]:
    """The segments' messages put together, and whether the body broke off before its end.

    A body that is a file becomes a file in `spool`. A body that is no JSON list is the text itself.
    """
    with body.open("rb") if isinstance(body, Path) else BytesIO(body) as source:
        if not source.read(64).lstrip().startswith(b"["):
            return body, False
        source.seek(0)
        if isinstance(body, Path):
            handle = tempfile.NamedTemporaryFile(dir=spool, suffix=".log", delete=False)  # noqa: SIM115
            with handle:
                whole = _copy(source, handle)
            return Path(handle.name), not whole
        kept = BytesIO()
        whole = _copy(source, kept)
        return kept.getvalue(), not whole


def joined(bodies: tuple[bytes | Path, ...], spool: Path) -> bytes | Path:
    """Several streams as one text, one after another; a file where one of them is."""
    if len(bodies) == 1:
        return bodies[0]
    if not any(isinstance(body, Path) for body in bodies):
        return b"".join(body for body in bodies if isinstance(body, bytes))
    handle = tempfile.NamedTemporaryFile(dir=spool, suffix=".log", delete=False)  # noqa: SIM115
    with handle:
        for body in bodies:
            with body.open("rb") if isinstance(body, Path) else BytesIO(body) as source:
                shutil.copyfileobj(source, handle, CHUNK)
    return Path(handle.name)


def _copy(source: BinaryIO, target: object) -> bool:
    write = target.write  # type: ignore[attr-defined]  # a BytesIO or a named temporary file
    try:
        for message in messages(source):
            write(message)
    except BrokenOff:
        return False
    return True


def messages(source: BinaryIO) -> Iterator[bytes]:
    """The message of each segment, in order. Raises BrokenOff where the list does not end."""
    buffer, position, chunk = b"", 0, CHUNK
    while True:
        start = _skip(buffer, position)
        if buffer[start : start + 1] == b"]":
            return
        end = _end(buffer, start)
        if end < 0:
            more = source.read(chunk)
            if not more:
                raise BrokenOff
            buffer, position = buffer[start:] + more, 0
            chunk = min(chunk * 2, 64 << 20)  # one huge segment is not scanned again and again
            continue
        yield _message(buffer[start:end])
        position, chunk = end, CHUNK


def _skip(buffer: bytes, position: int) -> int:
    """Behind white space, the opening bracket and commas."""
    while position < len(buffer) and buffer[position] in b" \t\r\n[,":
        position += 1
    return position


def _end(buffer: bytes, start: int) -> int:
    """Behind the object that starts there; -1 where it is not all there. Segments hold no objects."""
    position = start
    while True:
        found = _OUTSIDE.search(buffer, position)
        if found is None:
            return -1
        if found.group() == b"}":
            return found.end()
        position = _end_of_text(buffer, found.end())
        if position < 0:
            return -1


def _end_of_text(buffer: bytes, position: int) -> int:
    while True:
        quote = buffer.find(b'"', position)
        if quote < 0:
            return -1
        slashes = quote
        while slashes > 0 and buffer[slashes - 1] == 0x5C:
            slashes -= 1
        if (quote - slashes) % 2 == 0:
            return quote + 1
        position = quote + 1


def _message(segment: bytes) -> bytes:
    try:
        return (_SEGMENTS.decode(segment).message or "").encode()
    except (msgspec.DecodeError, UnicodeError):
        pass
    try:  # half a surrogate pair: allowed in JSON, refused by strict decoders
        loaded = json.loads(segment.decode("utf-8", "replace"))
    except ValueError:
        return segment
    message = loaded.get("message") if isinstance(loaded, dict) else None
    return message.encode("utf-8", "replace") if isinstance(message, str) else b""
