"""What a bundle still holds: the detectors run over it once more, as they are today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from runback.bundle.manifest import EVIDENCE
from runback.bundle.reading import Bundle
from runback.model import Detection, Evidence, Gap, LogText
from runback.redact import Redactor, pieces, tokens_in


@dataclass(frozen=True)
class Audit:
    """`sealed`: what was replaced when the bundle was made. `tokens`: which secrets' places it shows, and how
    often. `now`: what the detectors find in it today; `places` names the first of those, a line each.
    """

    sealed: tuple[Detection, ...]
    tokens: tuple[tuple[str, int], ...]
    now: tuple[Detection, ...]
    places: tuple[str, ...]
    unlearned: tuple[Gap, ...]

    @property
    def clean(self) -> bool:
        return not any(one.found for one in self.now)


def audit(bundle: Bundle, most_places: int = 20) -> Audit:
    """What today's detectors say of all logs and of every text of the evidence."""
    redactor = Redactor(b"audit", strict=bool(bundle.evidence.unlearned))
    tokens: Counter[str] = Counter()
    places: list[str] = []
    for place, text in _texts(bundle.evidence):
        with text.open() as stream:
            for piece in pieces(stream):
                tokens.update(tokens_in(piece))
        with text.open() as stream:
            places += [f"{place}:{line}" for line in redactor.suspicious(stream)]
        del places[most_places:]
    return Audit(
        sealed=bundle.evidence.detections,
        tokens=tuple(sorted(tokens.items(), key=lambda one: (-one[1], one[0]))),
        now=redactor.detections(),
        places=tuple(places),
        unlearned=bundle.evidence.unlearned,
    )


def _texts(evidence: Evidence) -> Iterator[tuple[str, LogText]]:
    """All that a bundle says, by where it says it: the records a line a text, then the logs."""
    records = dict.fromkeys(_strings(msgspec.structs.replace(evidence, logs=())))
    yield EVIDENCE, LogText("\n\n".join(records).encode(errors="replace"))
    for log in evidence.logs:
        yield log.name, log.text


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from _strings(getattr(node, name))
    elif isinstance(node, tuple):
        for inner in node:
            yield from _strings(inner)
    elif isinstance(node, dict):
        for key, inner in node.items():
            yield key
            yield from _strings(inner)
