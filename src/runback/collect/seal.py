"""The last step of collection: raw logs become logs, and no text of the evidence keeps a secret."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from runback.collect.interface import RawLog
from runback.model import Evidence, Log, LogText
from runback.redact import Redactor

_BETWEEN = "\n\0\n"  # between texts that are sealed in one go: no pattern and no secret reaches across


def seal_logs(logs: Iterable[RawLog], redactor: Redactor) -> tuple[Log, ...]:
    """The logs without secrets, with the same number of lines. Files of raw logs are removed."""
    return tuple(
        Log(
            id=raw.id,
            kind=raw.kind,
            name=raw.name,
            text=_text(raw.data, redactor),
            app=raw.app,
            url=raw.url,
            times=raw.times,
            started_at=raw.started_at,
            truncated=raw.truncated,
        )
        for raw in logs
    )


def seal_evidence(evidence: Evidence, logs: tuple[Log, ...], redactor: Redactor) -> Evidence:
    """The evidence with `logs`, every other text in it sealed too: errors, commands, files, messages."""
    texts = sorted(set(_texts(evidence)))
    sealed = redactor.seal_text(_BETWEEN.join(texts)).split(_BETWEEN)
    if len(sealed) != len(texts):  # a private key without an end reached into the next text
        sealed = [redactor.seal_text(text) for text in texts]
    changed = {old: new for old, new in zip(texts, sealed, strict=True) if old != new}
    clean: Evidence = _rebuilt(evidence, lambda text: changed.get(text, text)) if changed else evidence
    return msgspec.structs.replace(clean, logs=logs, detections=redactor.detections())


def _text(data: bytes | Path, redactor: Redactor) -> LogText:
    if isinstance(data, bytes):
        return LogText(redactor.seal(data))
    place = _folder() / data.name  # random, so it meets no other of this process
    with place.open("xb") as sink, data.open("rb") as source:
        redactor.seal_stream(source, sink)
    data.unlink()
    return LogText(place)


@cache
def _folder() -> Path:
    """Where large sealed logs lie while this process runs; readable by its user only."""
    folder = Path(tempfile.mkdtemp(prefix="runback-logs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from _texts(getattr(node, name))
    elif isinstance(node, tuple | list):
        for inner in node:
            yield from _texts(inner)
    elif isinstance(node, dict):
        for key, inner in node.items():
            yield from _texts(key)
            yield from _texts(inner)


def _rebuilt(node: Any, change: Callable[[str], str]) -> Any:
    """`node` with every text changed; what holds no changed text is the same object as before."""
    if isinstance(node, str):
        return change(node)
    if isinstance(node, msgspec.Struct):
        new = {name: _rebuilt(getattr(node, name), change) for name in node.__struct_fields__}
        same = all(new[name] is getattr(node, name) for name in new)
        return node if same else type(node)(**new)
    if isinstance(node, tuple | list):
        rebuilt = [_rebuilt(inner, change) for inner in node]
        return node if all(a is b for a, b in zip(rebuilt, node, strict=True)) else type(node)(rebuilt)
    if isinstance(node, dict):
        return {_rebuilt(key, change): _rebuilt(inner, change) for key, inner in node.items()}
    return node
