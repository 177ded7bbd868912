"""The app's files as the zip that is uploaded."""

from __future__ import annotations

import fnmatch
import io
import zipfile
from pathlib import Path

from runback.lab.cf.errors import CfError

# What cf never uploads (actor/sharedaction/resource.go)
IGNORED = (".cfignore", ".DS_Store", ".git", ".gitignore", ".hg", ".svn", "_darcs", "manifest.yml")


def zipped(folder: Path) -> bytes:
    """All files below the folder but those of .cfignore; raises CfError where there are none."""
    ignored = [*IGNORED, *_cfignore(folder)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not path.is_symlink() and not _matches(name, ignored):
                archive.write(path, name)
        if not archive.namelist():
            raise CfError(f"No app files found in '{folder}'")
    return buffer.getvalue()


def multipart(data: bytes) -> tuple[bytes, str]:
    """The body of the upload, and its content type."""
    mark = "runback-lab-cf"
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="bits"; filename="package.zip"\r\n'
        "Content-Type: application/zip\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    )
    return head.encode() + data + f"\r\n--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def _cfignore(folder: Path) -> list[str]:
    path = folder / ".cfignore"
    if not path.is_file():
        return []
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line.strip("/") for line in lines if line and not line.startswith("#")]


def _matches(name: str, patterns: list[str]) -> bool:
    parts = name.split("/")
    return any(
        fnmatch.fnmatch(name, pattern) or any(fnmatch.fnmatch(part, pattern) for part in parts)
        for pattern in patterns
    )
