"""What is kept of a diagnosis: the memory of its project, and bundles."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from runback import __version__
from runback.app.runbook import runbook
from runback.model import Evidence, Target

if TYPE_CHECKING:
    from runback.bundle import Manifest
    from runback.state import ProjectState


def memory(target: Target, environ: Mapping[str, str]) -> ProjectState:
    """What is kept of the target's project."""
    from runback.state import State

    return State.of(environ).project(target.project or f"{target.org}/{target.space}")


def save(evidence: Evidence, path: Path, environ: Mapping[str, str]) -> Manifest:
    """Write evidence, which is sealed already, to a bundle. Raises UsageError where that cannot be done."""
    from runback import bundle
    from runback.redact import key_id

    key = memory(evidence.target, environ).fingerprint_key()
    return bundle.write(evidence, path, tool=__version__, runbook=runbook_digest(), key=key_id(key))


@cache
def runbook_digest() -> str:
    """Of all that the pages say, wherever they lie: two runs with the same digest judge alike."""
    pages = [msgspec.structs.replace(page, path="") for page in runbook().pages]
    return hashlib.sha256(msgspec.json.encode(pages, order="sorted")).hexdigest()[:16]
