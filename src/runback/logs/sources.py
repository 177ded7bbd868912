"""Inputs of any make as plain `\\n`-separated UTF-8: compressed, in JSON, in another encoding.

A stream is read once, from the start; nothing is kept beyond what a format makes necessary.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import msgspec

from runback.errors import InputError

SAMPLE = 64 * 1024
LARGEST_JSON = 512 * 1024 * 1024  # such an input must be read whole
_BINARY = 0.05  # share of bytes that no log holds
_LEAST_TEXT = 0.2  # share of bytes that are not NUL
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\b\x1b\x00\x07")


class _Output(msgspec.Struct):
    """One entry of CircleCI's step output."""

    message: str = ""


class _Payload(msgspec.Struct):
    payload: str = ""
    type: str = "OUT"


class _Envelope(msgspec.Struct):
    timestamp: str | int = "0"
    instance_id: str = "0"
    tags: dict[str, str] = {}
    log: _Payload | None = None


class _Batch(msgspec.Struct):
    batch: list[_Envelope] = []


class _Envelopes(msgspec.Struct):
    envelopes: _Batch


def plain(stream: BinaryIO, name: str) -> BinaryIO:
    """The text of an input. Raises `InputError` where it is empty, binary, damaged or cannot be unpacked."""
    head, stream = _peek(stream)
    if not head:
        raise InputError(f"{name} is empty", "Give it the output of the failed job, or pipe a log into it.")
    opened = _decompressed(head, stream)
    if opened is not None:
        return plain(cast(BinaryIO, _Guarded(opened, name)), name)
    encoding = _encoding(head)
    if encoding is not None:
        return plain(cast(BinaryIO, _Transcoded(stream, encoding)), name)
    if head.startswith(b"PK\x03\x04"):  # GitHub's and Azure's log archives
        raise InputError(f"{name} is a zip archive", f"Unpack it (unzip {name}), then name the logs in it.")
    if _is_binary(head):
        raise InputError(f"{name} is not text", "It looks like a binary file; scan reads logs.")
    text = head.lstrip()
    if text.startswith(b"[") and b'"message"' in head:
        return _from_circleci(head, stream, name)
    if text.startswith(b"{") and b'"envelopes"' in head:
        return _from_log_cache(head, stream, name)
    return stream


def _peek(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """The first bytes, and a stream that still has them."""
    head = b""
    while len(head) < SAMPLE and (piece := stream.read(SAMPLE - len(head))):
        head += piece
    return head, cast(BinaryIO, io.BufferedReader(_Joined(head, stream), SAMPLE))


class _Joined(io.RawIOBase):
    """Bytes that were read already, then the rest of their stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        data = self._head[: len(view)] or self._rest.read(len(view))
        self._head = self._head[len(view) :]
        view[: len(data)] = data
        return len(data)


def _decompressed(head: bytes, stream: BinaryIO) -> BinaryIO | None:
    if head.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    if head.startswith(b"BZh"):
        return cast(BinaryIO, bz2.BZ2File(stream))
    if head.startswith(b"\xfd7zXZ\0"):
        return cast(BinaryIO, lzma.LZMAFile(stream))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return cast(BinaryIO, _Zstandard(stream))
    return None


class _Zstandard(io.RawIOBase):
    """The text of zstd frames, one after the other. A frame that breaks off is an `EOFError`.

    (The library's own reader takes a broken-off frame for an ended one.)
    """

    # Input at a time: a block of 4 bytes may stand for 128 KB of text, so this bounds the memory.
    PIECE = 2048

    def __init__(self, stream: BinaryIO) -> None:
        import zstandard

        self._stream = stream
        self._library = zstandard
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._text = self._rest = b""
        self._inside = False  # a frame has begun and not ended

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._text and (piece := self._rest or self._stream.read(self.PIECE)):
            self._rest = b""
            self._read_on(piece)
        if not self._text and self._inside:
            raise EOFError("it breaks off")
        size = len(self._text) if size < 0 else size
        text, self._text = self._text[:size], self._text[size:]
        return text

    def _read_on(self, piece: bytes) -> None:
        try:
            self._text = self._frame.decompress(piece)
        except self._library.ZstdError as error:
            raise OSError(str(error)) from error
        self._inside = not self._frame.eof
        if self._frame.eof:
            self._rest = self._frame.unused_data
            self._frame = self._library.ZstdDecompressor().decompressobj()


class _Guarded(io.RawIOBase):
    """A decompressed stream whose damage is told as a fault of the input."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name = stream, name

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise InputError(f"{self._name} is damaged: {error}", "Fetch or compress it again.") from error


class _Transcoded(io.RawIOBase):
    """A stream of another encoding as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._text = io.TextIOWrapper(stream, encoding, errors="replace", newline="\n")
        self._rest = b""  # a character may be several bytes: more than were asked for

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = sys.maxsize
        data = self._rest or self._text.read(size).encode("utf-8", "replace")
        self._rest = data[size:]
        return data[:size]


def _encoding(head: bytes) -> str | None:
    """The encoding, where it is not one whose line ends are a single byte (UTF-8, Latin-1 …)."""
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.4 * len(head) / 2 and even < 0.05 * len(head):
        return "utf-16-le"
    if even > 0.4 * len(head) / 2 and odd < 0.05 * len(head):
        return "utf-16-be"
    return None


def _is_binary(head: bytes) -> bool:
    """NUL bytes alone do not make it binary: a log that is rotated while it is written begins with them."""
    head = head.lstrip(b"\x00")
    rest = head.replace(b"\x00", b"")
    controls = sum(rest.count(byte) for byte in range(32) if byte not in _TEXT_CONTROLS)
    return controls > _BINARY * len(rest) or len(rest) <= _LEAST_TEXT * len(head)


def _all_of(stream: BinaryIO, name: str) -> bytes:
    data = stream.read(LARGEST_JSON + 1)
    if len(data) > LARGEST_JSON:
        raise InputError(f"{name} is JSON of more than {LARGEST_JSON >> 20} MB", "Give it the plain text.")
    return data


def _from_circleci(head: bytes, stream: BinaryIO, name: str) -> BinaryIO:
    """CircleCI's step output: a list of pieces, which need not end with a line."""
    data = _all_of(stream, name)
    try:
        pieces = msgspec.json.decode(data, type=list[_Output])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return io.BytesIO(data)  # text that only starts like it
    return io.BytesIO("".join(piece.message for piece in pieces).encode())


def _from_log_cache(head: bytes, stream: BinaryIO, name: str) -> BinaryIO:
    """log-cache's envelopes, oldest first, written as `cf logs` does."""
    data = _all_of(stream, name)
    try:
        envelopes = msgspec.json.decode(data, type=_Envelopes).envelopes.batch
    except (msgspec.DecodeError, UnicodeDecodeError):
        return io.BytesIO(data)
    lines = _cf_lines(sorted(envelopes, key=lambda envelope: int(envelope.timestamp)))
    return io.BytesIO("".join(lines).encode())


def _cf_lines(envelopes: list[_Envelope]) -> Iterator[str]:
    from datetime import UTC, datetime

    for envelope in envelopes:
        if envelope.log is None:
            continue
        at = datetime.fromtimestamp(int(envelope.timestamp) / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-4]
        source = f"{envelope.tags.get('source_type', 'APP')}/{envelope.instance_id}"
        text = base64.b64decode(envelope.log.payload).decode("utf-8", "replace")
        for line in text.rstrip("\n").split("\n"):
            yield f"   {at}+0000 [{source}] {envelope.log.type} {line}\n"
