"""The first member of a bundle: what it is, what made it, what it lacks.

A bundle is a tar archive in one zstd frame, in this order: `manifest.json`, `evidence.json`, then one member
for each log (`logs/00001` …). Any tool that knows tar and zstd can look into it; Runback never unpacks it by
its names.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from runback.model import Detection, Evidence, Gap, Record, Target

SCHEMA = "runback.bundle/1"
MANIFEST = "manifest.json"
EVIDENCE = "evidence.json"
LOGS = "logs/"

# What a reader takes at most. Writers keep to the same, so no bundle of ours is refused.
LARGEST_MANIFEST = 8 << 20
LARGEST_EVIDENCE = 128 << 20
LARGEST_LOGS = 16 << 30  # all together
MOST_LOGS = 20_000


class Manifest(Record, frozen=True, kw_only=True):
    """`key` names the project's key for fingerprints, without telling it: under another one, fingerprints
    cannot be compared. `runbook` is the digest of the pages that were in force.
    """

    schema: str
    tool: str
    runbook: str
    key: str
    collected_at: datetime
    target: Target
    logs: int = 0
    log_bytes: int = 0
    gaps: tuple[Gap, ...] = ()
    unlearned: tuple[Gap, ...] = ()
    detections: tuple[Detection, ...] = ()


def manifest_of(evidence: Evidence, *, tool: str, runbook: str, key: str) -> Manifest:
    """The manifest of evidence; `key` names the key of its fingerprints without telling it."""
    return Manifest(
        schema=SCHEMA,
        tool=tool,
        runbook=runbook,
        key=key,
        collected_at=evidence.collected_at,
        target=evidence.target,
        logs=len(evidence.logs),
        log_bytes=sum(log.text.size for log in evidence.logs),
        gaps=gaps_of(evidence),
        unlearned=evidence.unlearned,
        detections=evidence.detections,
    )


def gaps_of(evidence: Evidence) -> tuple[Gap, ...]:
    """What could not be collected, once each, in the order of the evidence."""
    parts = (evidence.ci, evidence.platform, evidence.repository)
    return tuple(dict.fromkeys(gap for part in parts for gap in _gaps(part)))


def _gaps(node: Any) -> Iterator[Gap]:
    if isinstance(node, Gap):
        yield node
    elif isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from _gaps(getattr(node, name))
    elif isinstance(node, tuple):
        for inner in node:
            yield from _gaps(inner)
