"""What the repository's files expect of an app: variables, services, routes, policies and how it runs.

Scripts that CI calls with arguments say it exactly; of other scripts, the app may be one that they are
written for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from runback.declared import Declared, Files, Kind, Part, Text, Unread, read
from runback.facts import views
from runback.model import App, Evidence, Repository, SourceFile, Where


class Expectation(NamedTuple):
    """One thing that a file says. `name` may have holes, which the names of the evidence must fit."""

    kind: Kind
    name: Text
    value: Text
    path: str
    line: int
    text: str
    doubtful: bool = False  # only under a condition that this environment may not meet

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def where(self) -> Where:
        return Where(kind="file", source=self.path, line=self.line, text=self.text.strip())


class Address(NamedTuple):
    """The host and port of an address that a file gives a variable."""

    host: Text
    port: int | None


def expectations(evidence: Evidence, app_name: str | None, *kinds: Kind) -> tuple[Expectation, ...]:
    """What the files expect of this app, each thing once; of an unknown app: what any script lists."""
    if not isinstance(evidence.repository, Repository):
        return ()
    files = evidence.repository.files
    app = views.app_named(evidence, app_name)
    found: dict[tuple[str, str], Expectation] = {}
    for item in _concerning(read(files), app) if app is not None else _all(read(files)):
        if (kinds and item.kind not in kinds) or item.kind == "instance":
            continue
        one = _expectation(files, item)
        known = found.get((item.kind, item.name.shown))
        if known is None or (known.doubtful and not one.doubtful):
            found[item.kind, item.name.shown] = one
    return tuple(found.values())


def instances(evidence: Evidence) -> tuple[Expectation, ...]:
    """The service instances that files say are created, with offering and plan."""
    if not isinstance(evidence.repository, Repository):
        return ()
    files = evidence.repository.files
    declared = read(files)
    wanted = [item for item in (*declared.called, *declared.alone) if item.kind == "instance"]
    return tuple(_expectation(files, item) for item in wanted)


def unread(evidence: Evidence) -> tuple[Unread, ...]:
    """What of the files nobody can tell."""
    return read(evidence.repository.files).unread if isinstance(evidence.repository, Repository) else ()


def address_of(value: Text) -> Address | None:
    """The host and port of a value that is an address; None for other values."""
    first = value.parts[0] if value.parts else None
    if not isinstance(first, str):
        return None
    scheme, found, rest = first.partition("://")
    if not found or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        return None
    parts: list[Part] = []
    for part in (rest, *value.parts[1:]):
        literal, slash, _ = part.partition("/") if isinstance(part, str) else (part, "", "")
        parts.append(literal)
        if slash:
            break
    for index, part in reversed([*enumerate(parts)]):
        if isinstance(part, str) and "@" in part:  # a login before the host
            parts = [part.rpartition("@")[2], *parts[index + 1 :]]
            break
    last = parts[-1]
    port: int | None = {"http": 80, "https": 443}.get(scheme)
    if isinstance(last, str) and (ported := re.fullmatch(r"(.*):(\d{1,5})", last)):
        parts[-1], port = ported[1], int(ported[2])
    return Address(Text(tuple(part for part in parts if part)), port)


def _all(files: Files) -> Iterator[Declared]:
    yield from files.called
    yield from files.alone


def _concerning(files: Files, app: App) -> Iterator[Declared]:
    """What is said of the app by those who name it; else by scripts that are written for apps like it."""
    exactly = [item for item in files.called if item.app.known == app.name]
    yield from exactly
    called = [] if exactly else list(_filled(files.called, app))
    yield from called
    settled = {item.path for item in (*exactly, *called)}
    yield from _filled([item for item in files.alone if item.path not in settled], app, bool(settled))


def _filled(items: Iterable[Declared], app: App, literally: bool = False) -> Iterator[Declared]:
    """Those that can mean the app, with what follows from it; `literally`: only those that name it."""
    for item in items:
        fitted = _fitted(item, app)
        if fitted is not None and not (literally and item.app.known is None):
            yield item._replace(name=item.name.filled(fitted), value=item.value.filled(fitted))


def _fitted(item: Declared, app: App) -> dict[str, str] | None:
    """What the holes of the file's name for the app are, if it can mean this one."""
    if not item.app.bare:
        return item.app.fitted(app.name) if item.app.parts else None
    words = set(re.split(r"[\W_]+", app.name.lower())) - {""}
    said = set(re.split(r"[\W_]+", f"{item.app.shown} {item.path}".lower()))
    own = {word for word in words if len(word) >= 4}
    return item.app.fitted(app.name) if own & said else None


def _expectation(files: tuple[SourceFile, ...], item: Declared) -> Expectation:
    lines = _lines(files).get(item.path, ())
    text = lines[item.line - 1] if 0 < item.line <= len(lines) else ""
    return Expectation(item.kind, item.name, item.value, item.path, item.line, text, item.doubtful)


@lru_cache(maxsize=8)
def _lines(files: tuple[SourceFile, ...]) -> dict[str, list[str]]:
    return {file.path: file.text.splitlines() for file in files}
