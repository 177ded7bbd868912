"""How the scripts of a job reach the lab's `cf`: a bash function that asks the lab's process.

A Python start for each `cf` call would cost a deploy script seconds. So every bash of a job reads
`functions.sh` (BASH_ENV), whose `cf` sends its arguments over a loopback socket and gets output and exit code
back; `sleep` moves the lab's clock instead of waiting. A `cf` file on PATH does the same for other programs.
"""

from __future__ import annotations

import io
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# One printf makes one write: fields end with NUL. Tracing (`set -x`) is off inside, so that a script's trace
# looks as it does with the real program.
FUNCTIONS = r"""
_lab_ask() {
  { local - lab_fd lab_code lab_part lab_name lab_fields; set +eux; } 2>/dev/null
  lab_fields=("$LAB_SHIM_KEY" "$PWD" "$#" "$@")
  for lab_name in "${!CF_@}"; do lab_fields+=("$lab_name=${!lab_name}"); done
  exec {lab_fd}<>"/dev/tcp/127.0.0.1/$LAB_SHIM_PORT" || return 127
  printf '%s\0' "${lab_fields[@]}" '' >&"$lab_fd"
  IFS= read -r -d '' -u "$lab_fd" lab_code
  while IFS= read -r -d '' -u "$lab_fd" lab_part && [ -n "$lab_part" ]; do
    if [ "${lab_part:0:1}" = 2 ]; then printf '%s' "${lab_part:1}" >&2; else printf '%s' "${lab_part:1}"; fi
  done
  exec {lab_fd}>&-
  return "$lab_code"
}
"""
FUNCTION = '{name}() {{ {{ local -; set +x; }} 2>/dev/null; _lab_ask {name} "$@"; }}\n'
PROGRAM = '#!/bin/bash\n{name} "$@"\n'


@dataclass(frozen=True)
class Call:
    program: str
    arguments: list[str]
    environment: dict[str, str]  # what the caller has of CF_*
    directory: Path


class Answer:
    """What a program prints, on two streams whose order is kept, and its exit code."""

    def __init__(self, code: int = 0, out: str = "") -> None:
        self.code = code
        self._parts: list[tuple[int, str]] = []
        self.out = _Stream(self._parts, 1)
        self.err = _Stream(self._parts, 2)
        self.out.write(out)

    def text(self) -> str:
        """Both streams, as a terminal shows them."""
        return "".join(part for _, part in self._parts)

    def fields(self) -> list[str]:
        """The exit code, each part behind the number of its stream, and the end."""
        parts = [(stream, text.replace("\0", "")) for stream, text in self._parts]
        return [str(self.code), *(f"{stream}{text}" for stream, text in parts if text), ""]


class _Stream(io.StringIO):
    def __init__(self, parts: list[tuple[int, str]], number: int) -> None:
        super().__init__()
        self._parts = parts
        self._number = number

    def write(self, text: str, /) -> int:
        if self._parts and self._parts[-1][0] == self._number:
            text, count = self._parts.pop()[1] + text, len(text)
        else:
            count = len(text)
        self._parts.append((self._number, text))
        return count


Program = Callable[[Call], Answer]


class Shim:
    """Offers programs to the scripts of jobs. `environment` is what a script needs to reach them."""

    def __init__(self, folder: Path, programs: Mapping[str, Program]) -> None:
        self._programs = programs
        self._key = secrets.token_hex(16)
        self._socket = socket.create_server(("127.0.0.1", 0))
        folder.mkdir(parents=True)
        functions = folder / "functions.sh"
        functions.write_text(FUNCTIONS + "".join(FUNCTION.format(name=name) for name in programs))
        for name in programs:
            program = folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(PROGRAM.format(name=name))
            program.chmod(0o755)
        self.path = folder / "bin"
        self.environment = {
            "BASH_ENV": str(functions),
            "LAB_SHIM_PORT": str(self._socket.getsockname()[1]),
            "LAB_SHIM_KEY": self._key,
        }

    def close(self) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """Readable when a call waits."""
        return self._socket.fileno()

    def serve(self) -> None:
        """Answers the call that waits, in the caller's thread."""
        connection, _ = self._socket.accept()
        with connection:
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        call = self._read(connection)
        if call is None:
            return
        answer = self._programs[call.program](call)
        connection.sendall(b"".join(field.encode() + b"\0" for field in answer.fields()))

    def _read(self, connection: socket.socket) -> Call | None:
        """The call, or None where it is not one of ours or the caller went away."""
        fields: list[bytes] = []
        data = b""
        while not (data.endswith(b"\0\0") and _whole(fields := data.split(b"\0")[:-1])):
            part = connection.recv(65536)
            if not part:
                return None
            data += part
        texts = [field.decode(errors="surrogateescape") for field in fields]
        count = int(texts[2])
        if not secrets.compare_digest(texts[0], self._key) or texts[3] not in self._programs:
            return None
        environment = dict(text.split("=", 1) for text in texts[3 + count : -1])
        return Call(texts[3], texts[4 : 3 + count], environment, Path(texts[1]))


def _whole(fields: list[bytes]) -> bool:
    """Whether all arguments have come: an empty one looks like the end."""
    return len(fields) > 3 and fields[2].isdigit() and len(fields) > 3 + int(fields[2])
