"""The body of an answer, read within limits: in memory, or a large download into a file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import urllib3

from runback.errors import FetchError
from runback.http.answers import Limits

_CHUNK = 1 << 18


def read(
    response: urllib3.BaseHTTPResponse,
    begin: float,
    limits: Limits,
    place: tuple[str, str],
    folder: Callable[[], Path] | None,
) -> tuple[bytes | Path, bool]:
    """The body, and whether it was cut. In small pieces, to keep the total time, which counts from `begin`.

    `place`: host and path for people. `folder`: of a download, where what exceeds memory goes; without one
    the body must fit. Raises FetchError for one that is too large or too slow.
    """
    whole = bytearray()
    path: Path | None = None
    file: BinaryIO | None = None
    size = 0
    try:
        while piece := response.read1(_CHUNK):
            size += len(piece)
            if time.monotonic() - begin > limits.total:
                response.close()
                host, what = place
                raise FetchError(f"{host} did not finish its answer to {what} within {limits.total:.0f} s")
            if folder is None and size > limits.body:
                response.close()
                host, what = place
                raise FetchError(f"the answer of {host} to {what} is larger than {limits.body:,} bytes")
            if folder is not None and size > limits.download:
                response.close()
                return _kept(path, file, whole + piece[: limits.download - size]), True
            whole += piece
            if folder is not None and len(whole) > limits.memory:
                if file is None:
                    handle, name = tempfile.mkstemp(dir=folder())
                    path, file = Path(name), open(handle, "wb")  # noqa: PTH123, SIM115 - a descriptor
                file.write(whole)
                whole.clear()
        return _kept(path, file, whole), False
    finally:
        if file is not None:
            file.close()


def _kept(path: Path | None, file: BinaryIO | None, rest: bytearray) -> bytes | Path:
    if path is None or file is None:
        return bytes(rest)
    file.write(rest)
    return path
