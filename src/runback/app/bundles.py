"""Bundles: diagnosed without access, shown, compared, audited."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runback.app.diagnosis import judge
from runback.app.keeping import runbook_digest
from runback.model import Diagnosis

if TYPE_CHECKING:
    from runback.bundle import Audit, Difference, Manifest


@dataclass(frozen=True)
class BundleSeen:
    """What `bundle show` tells: the manifest, the logs with their bytes, and the diagnosis today."""

    manifest: Manifest
    logs: tuple[tuple[str, int], ...]
    apps: tuple[str, ...]
    diagnosis: Diagnosis
    notes: tuple[str, ...]


@dataclass(frozen=True)
class BundleDiff:
    """What differs between two bundles; `comparable` is False where they have different keys."""

    manifests: tuple[Manifest, Manifest]
    differences: tuple[Difference, ...]
    causes: tuple[tuple[str, ...], tuple[str, ...]]  # titles: only in the first, only in the second
    comparable: bool


def diagnose_bundle(path: Path, start: Path | None = None) -> tuple[Diagnosis, tuple[str, ...]]:
    """The diagnosis of a bundle, without any request, and what a person should know of the bundle: also
    that it is of another project than the checkout around `start`.

    It is not remembered as the last diagnosis: `fix` must not act on a file that somebody sent. Raises
    InputError for a file that is no bundle.
    """
    from runback import bundle

    with bundle.opened(path) as found:
        notes = (*_notes(found.manifest), *_foreign(found.manifest.target.project, start))
        return judge(found.evidence), notes


def _foreign(project: str | None, start: Path | None) -> tuple[str, ...]:
    """What to say where the bundle is not of the project of this checkout."""
    from runback import config

    here = config.project_of(start) if start else None
    if not (here and project) or config.same_project(here, project):
        return ()
    return (f"This checkout is of {here}: the report is about {project}, not about what you have here.",)


def show_bundle(path: Path) -> BundleSeen:
    """What a bundle is about, what it holds, and what is diagnosed from it. Raises InputError."""
    from runback import bundle
    from runback.model import Platform

    with bundle.opened(path) as found:
        platform = found.evidence.platform
        apps = platform.apps if isinstance(platform, Platform) and isinstance(platform.apps, tuple) else ()
        return BundleSeen(
            manifest=found.manifest,
            logs=tuple((log.name, log.text.size) for log in found.evidence.logs),
            apps=tuple(app.name for app in apps),
            diagnosis=judge(found.evidence),
            notes=_notes(found.manifest),
        )


def diff_bundles(first: Path, second: Path) -> BundleDiff:
    """What is different: yesterday and today, or one environment and another."""
    from runback import bundle

    with bundle.opened(first) as one, bundle.opened(second) as other:
        comparable = one.manifest.key == other.manifest.key
        said = [
            tuple(cause.finding.title for cause in judge(found.evidence).causes) for found in (one, other)
        ]
        return BundleDiff(
            manifests=(one.manifest, other.manifest),
            differences=bundle.differences(one.evidence, other.evidence, comparable=comparable),
            causes=(
                tuple(title for title in said[0] if title not in said[1]),
                tuple(title for title in said[1] if title not in said[0]),
            ),
            comparable=comparable,
        )


def audit_bundle(path: Path) -> Audit:
    """What the detectors of today find in a bundle. Raises InputError."""
    from runback import bundle

    with bundle.opened(path) as found:
        return bundle.audit(found)


def _notes(manifest: Manifest) -> tuple[str, ...]:
    target = manifest.target
    about = " in ".join(filter(None, (target.app, target.environment))) or "an unnamed target"
    at = f"{manifest.collected_at:%Y-%m-%d %H:%M} UTC"
    notes = [f"Bundle of {about} ({target.project or 'no CI'}), collected {at} by Runback {manifest.tool}."]
    if manifest.runbook != runbook_digest():
        notes.append("Another runbook was in force then: the diagnosis may differ from that of the time.")
    if manifest.unlearned:
        notes.append(
            f"Not all secrets could be learned ({len(manifest.unlearned)}); `bundle audit` names them."
        )
    return tuple(notes)
