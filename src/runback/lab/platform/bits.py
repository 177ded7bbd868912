"""What a pushed zip says of the app: its files, its commit, and the behaviour that follows from them.

The behaviour is that of a program of the world, overlaid with what the files themselves say:
`.lab/behaviour.yml` (see behaviour.py), the variables and services that settings.py reads, and the version in
runtime.txt.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runback.errors import ConfigurationError
from runback.lab.platform import pythoncode
from runback.lab.platform.behaviour import Behaviour, overlay
from runback.lab.platform.state import Bits

OVERRIDE = ".lab/behaviour.yml"
_KEPT = re.compile(
    r"(^|/)(public/[^/]+\.(html|js|css)|[^/]+\.(py|sh)|runtime\.txt|requirements\.txt|nginx\.conf"
    r"|buildpack\.yml|Procfile|behaviour\.yml)$"
)
_BIND = re.compile(rb'--bind "?[\d.]+:(\d+)')
_LIMIT = 200_000  # bytes of one file that is looked at


class InvalidBits(ValueError):
    """The upload is not a zip that can be read."""


def read_zip(data: bytes, programs: Mapping[str, Behaviour], program: str | None) -> Bits:
    """Read an uploaded zip. `program` is what the app ran so far, for a zip that does not name one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {
                info.filename: archive.read(info)
                for info in archive.infolist()
                if _KEPT.search(info.filename) and info.file_size <= _LIMIT
            }
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise InvalidBits("The app upload is invalid: Unzipping had errors") from error
    return read_files(files, programs, program, size=len(data), checksum=hashlib.sha256(data).hexdigest())


def read_files(
    files: Mapping[str, bytes],
    programs: Mapping[str, Behaviour],
    program: str | None,
    *,
    commit: str = "",
    size: int = 0,
    checksum: str = "",
) -> Bits:
    """Bits from files by path; raises InvalidBits where `.lab/behaviour.yml` is no behaviour."""
    base = programs.get(program or "", Behaviour(program=program or "app"))
    override = files.get(OVERRIDE)
    if override is not None:
        try:
            base, named_commit = overlay(base, override.decode(), OVERRIDE, programs)
        except (ConfigurationError, UnicodeDecodeError) as error:
            raise InvalidBits(f"{OVERRIDE}: {error}") from error
        commit = commit or named_commit
    behaviour = pythoncode.read(base, files)
    for name, content in files.items():
        if name.rpartition("/")[2] == "runtime.txt":
            behaviour = replace(behaviour, runtime_version=content.decode(errors="replace").strip())
    if (port := _port(files)) is not None:
        behaviour = replace(behaviour, listens=port)
    behaviour = replace(behaviour, **_served(files))
    digest = checksum or hashlib.sha256(b"".join(files.values())).hexdigest()
    return Bits(commit=commit, files=dict(files), behaviour=behaviour, size=size, checksum=digest)


def _served(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The pages and scripts of the package, and the configuration of the nginx that serves them."""
    static = {
        "/" + name.rpartition("public/")[2]: content.decode(errors="replace")
        for name, content in files.items()
        if name.startswith("public/") or "/public/" in name
    }
    conf = next((text for name, text in files.items() if name.rpartition("/")[2] == "nginx.conf"), b"")
    return {"static": static, "server": conf.decode(errors="replace")} if static else {}


def _port(files: Mapping[str, bytes]) -> int | None:
    """The port that gunicorn's start script binds by its number; None where it takes the platform's $PORT."""
    for name, content in files.items():
        if name.endswith("gunicorn_start.sh") and (found := _BIND.search(content)):
            return int(found[1])
    return None
