"""All that Runback keeps between runs: a private folder, one subfolder for each project.

$XDG_STATE_HOME/runback/                    0700
  audit.jsonl                               every change, before and after; only ever appended to
  projects/<name>-<digest>/
    fingerprint.key                         32 random bytes; never leaves this folder
    diagnosis.json                          the last diagnosis
    snapshots/<app>                         of an app that is rebuilt, encrypted, until that is verified
    history.jsonl                           one line for each diagnosis
    journal.json                            a change that was begun and has not ended
    lock
    script.lock, script-home/               while a rebuild's script runs: its copy of the login of cf
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from runback.errors import RunbackError, UsageError
from runback.model import Diagnosis
from runback.redact import outgoing_entry

KEY_BYTES = 32
HISTORY = 1_000  # diagnoses remembered for each project


class State:
    """The state folder of one user. Folders and files come into being when first written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> State:
        """`$XDG_STATE_HOME/runback`, else `~/.local/state/runback`."""
        named = environ.get("XDG_STATE_HOME", "")
        home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
        return cls((Path(named) if named.startswith("/") else home / ".local" / "state") / "runback")

    def project(self, name: str | None) -> ProjectState:
        """The memory of a project: its CircleCI slug, or another stable name such as 'org/space'."""
        named = name or "unnamed"
        digest = hashlib.sha256(named.encode()).hexdigest()[:12]
        readable = re.sub(r"[^\w.-]+", "-", named).strip("-.")[-60:]
        return ProjectState(self.folder / "projects" / f"{readable}-{digest}")

    def audit(self, entry: Mapping[str, Any]) -> None:
        """Appends one line to the audit log, on disk when this returns; secrets in it become tokens.

        Raises RunbackError where it cannot be written: a change that cannot be recorded is not made.
        """
        sealed = outgoing_entry(entry)
        _append(self.folder / "audit.jsonl", {"at": datetime.now(UTC).isoformat(), **sealed})

    def audited(self) -> list[dict[str, Any]]:
        """The audit log, oldest first; a line that a crash cut short is left out."""
        return _lines(self.folder / "audit.jsonl")


class ProjectState:
    """What is kept for one project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fingerprint_key(self) -> bytes:
        """The project's key for fingerprints of values, made on the first call.

        Two runs that start at once get the same key: the first to link its file wins.
        """
        path = self.folder / "fingerprint.key"
        with _plain(path):
            _private(self.folder)
            if not path.exists():
                fresh = _temporary(self.folder, secrets.token_bytes(KEY_BYTES))
                try:
                    os.link(fresh, path)
                except FileExistsError:
                    pass
                finally:
                    fresh.unlink()
            key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise RunbackError(
                f"{path} is damaged: {len(key)} bytes instead of {KEY_BYTES}",
                "Remove it; a new one is made, and older fingerprints compare as unknown.",
            )
        return key

    def remember(self, diagnosis: Diagnosis, at: datetime) -> None:
        """Keeps the (redacted) diagnosis as the last one, and one line of it in the history."""
        _write(self.folder / "diagnosis.json", msgspec.json.encode(diagnosis))
        entry = {
            "at": at.isoformat(),
            "app": diagnosis.target.app,
            "environment": diagnosis.target.environment,
            "verdict": diagnosis.verdict,
            "causes": [[cause.finding.page, cause.finding.app] for cause in diagnosis.causes],
        }
        path = self.folder / "history.jsonl"
        _append(path, entry)
        kept = _lines(path)
        if len(kept) > 2 * HISTORY:
            _write(path, b"".join(map(_line, kept[-HISTORY:])))

    def last(self) -> Diagnosis | None:
        """The last diagnosis; None where there is none, or an older version wrote it in another form."""
        path = self.folder / "diagnosis.json"
        with _plain(path):
            try:
                return msgspec.json.decode(path.read_bytes(), type=Diagnosis)
            except (FileNotFoundError, msgspec.DecodeError):
                return None

    def history(self) -> list[dict[str, Any]]:
        """One entry for each diagnosis, oldest first: at, app, environment, verdict, causes."""
        return _lines(self.folder / "history.jsonl")

    def journal(self) -> bytes | None:
        """What a change that was begun left behind; None where all have ended."""
        path = self.folder / "journal.json"
        with _plain(path):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def write_journal(self, data: bytes) -> None:
        """On disk when this returns: the next request may be a change."""
        _write(self.folder / "journal.json", data)

    def end_journal(self) -> None:
        with _plain(self.folder):
            (self.folder / "journal.json").unlink(missing_ok=True)

    def snapshot(self, name: str) -> bytes | None:
        """The (encrypted) snapshot of this name; None where there is none."""
        path = self._snapshot(name)
        with _plain(path):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def write_snapshot(self, name: str, data: bytes) -> None:
        """On disk when this returns: what it holds may be deleted by the next request."""
        _write(self._snapshot(name), data)

    def end_snapshot(self, name: str) -> None:
        path = self._snapshot(name)
        with _plain(path):
            path.unlink(missing_ok=True)

    def _snapshot(self, name: str) -> Path:
        return self.folder / "snapshots" / (re.sub(r"[^\w.-]+", "-", name).strip("-.") or "app")

    @contextmanager
    def lock(self, doing: str) -> Iterator[None]:
        """Only one run at a time gets in. Raises UsageError with what the other one is doing.

        The lock belongs to the process: it is free again when that ends, however it ends.
        """
        import fcntl

        path = self.folder / "lock"
        with _plain(path):
            _private(self.folder)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                other = os.pread(handle, 200, 0).decode("utf-8", "replace").strip()
                raise UsageError(
                    f"another run is at work on this project: {other or 'unknown'}",
                    "Wait until it ends, then try again.",
                ) from None
            with _plain(path):
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"{doing} (process {os.getpid()})".encode()[:200], 0)
            yield
            os.ftruncate(handle, 0)
        finally:
            os.close(handle)


@contextmanager
def _plain(path: Path) -> Iterator[None]:
    """Turns an error of the file system into one plain line."""
    try:
        yield
    except OSError as error:
        raise RunbackError(
            f"{error.filename or path}: {error.strerror or error}",
            "Runback keeps its state there; XDG_STATE_HOME names another place.",
        ) from error


def _private(folder: Path) -> None:
    """Makes the folder and its parents; ours (from 'runback' down) for nobody but the user."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = folder.parts
    first = len(names) - 1 - names[::-1].index("runback") if "runback" in names else len(names) - 1
    for depth in range(first, len(names)):
        ours = Path(*names[: depth + 1])
        if ours.stat().st_mode & 0o077:
            ours.chmod(0o700)


def _temporary(folder: Path, data: bytes) -> Path:
    """A new file of mode 0600 in `folder` with `data`, on disk."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        path.unlink()
        raise
    return path


def _write(path: Path, data: bytes) -> None:
    """Replaces a file in one step: a reader sees the old one or the new one, whole."""
    with _plain(path):
        _private(path.parent)
        _temporary(path.parent, data).replace(path)


def _append(path: Path, entry: Mapping[str, Any]) -> None:
    """One line in one write; a line that a crash left open is closed first."""
    with _plain(path):
        _private(path.parent)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(path, flags, 0o600)
        try:
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            data = (b"\n" if torn else b"") + _line(entry)
            written = os.write(handle, data)
            if written != len(data):
                raise OSError(28, "No space left on device", str(path))
            os.fsync(handle)
        finally:
            os.close(handle)


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _lines(path: Path) -> list[dict[str, Any]]:
    with _plain(path):
        try:
            text = path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return []
    entries = []
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries
