"""`runback bundle`: what a saved bundle holds, what differs between two, what an audit of one finds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runback.cli.arguments import add_json

if TYPE_CHECKING:
    from runback.app import BundleDiff, BundleSeen
    from runback.bundle import Audit, Manifest
    from runback.model import Gap


def configure(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="show|diff|audit")
    show = verbs.add_parser("show", help="what it is about, what it holds and lacks, its diagnosis")
    show.add_argument("file", type=Path, metavar="FILE")
    diff = verbs.add_parser("diff", help="what differs: yesterday and today, one environment and another")
    diff.add_argument("file", type=Path, metavar="A")
    diff.add_argument("other", type=Path, metavar="B")
    audit = verbs.add_parser("audit", help="which detectors ran, what they found, what they find today")
    audit.add_argument("file", type=Path, metavar="FILE")
    for one in (show, diff, audit):
        add_json(one)


def run(arguments: argparse.Namespace) -> int:
    """0; `audit` 1 where a detector finds something in the bundle."""
    verbs = {"show": _show, "diff": _diff, "audit": _audit}
    return verbs[arguments.verb](arguments)


def _show(arguments: argparse.Namespace) -> int:
    from runback import app

    seen = app.show_bundle(arguments.file)
    _write(arguments, _shown(seen), "\n".join(_show_lines(seen)))
    return 0


def _shown(seen: BundleSeen) -> dict[str, Any]:
    return {
        "schema": "runback.bundle-show/1",
        "manifest": _manifest(seen.manifest),
        "apps": list(seen.apps),
        "logs": [{"name": name, "bytes": size} for name, size in seen.logs],
        "verdict": seen.diagnosis.verdict,
        "causes": [cause.finding.page for cause in seen.diagnosis.causes],
        "notes": list(seen.notes),
    }


def _show_lines(seen: BundleSeen) -> list[str]:
    manifest = seen.manifest
    lines = [*seen.notes, "", f"{seen.diagnosis.verdict}: {seen.diagnosis.sentence}"]
    lines += [f"  {cause.rank}. {cause.finding.title}" for cause in seen.diagnosis.causes]
    lines += ["", f"apps: {', '.join(seen.apps) or 'none'}"]
    lines += [f"logs: {manifest.logs}, {_size(manifest.log_bytes)}"]
    lines += [f"  {_size(size):>9}  {name}" for name, size in seen.logs]
    lines += _gaps("could not be collected", manifest.gaps)
    return lines + _gaps("secrets that could not be learned", manifest.unlearned)


def _diff(arguments: argparse.Namespace) -> int:
    from runback import app

    diff = app.diff_bundles(arguments.file, arguments.other)
    _write(arguments, _diffed(diff), "\n".join(_diff_lines(diff)))
    return 0


def _diffed(diff: BundleDiff) -> dict[str, Any]:
    return {
        "schema": "runback.bundle-diff/1",
        "manifests": [_manifest(one) for one in diff.manifests],
        "values_comparable": diff.comparable,
        "causes": {"first": list(diff.causes[0]), "second": list(diff.causes[1])},
        "differences": [
            {"subject": one.subject, "what": one.what, "first": one.first, "second": one.second}
            for one in diff.differences
        ],
    }


def _diff_lines(diff: BundleDiff) -> list[str]:
    lines = [
        f"{sign} {one.target.environment or one.target.app or '?'}, {one.collected_at:%Y-%m-%d %H:%M} UTC"
        for sign, one in zip("-+", diff.manifests, strict=True)
    ]
    projects = [one.target.project or "no project" for one in diff.manifests]
    if projects[0] != projects[1]:
        lines.append(f"They are of different projects: {projects[0]} and {projects[1]}.")
    if not diff.comparable:
        lines.append("They were made with different keys: values of variables compare by their shape only.")
    for sign, titles in zip("-+", diff.causes, strict=True):
        lines += [f"{sign} cause: {title}" for title in titles]
    subject = None
    for one in diff.differences:
        if one.subject != subject:
            subject = one.subject
            lines += ["", subject]
        change = f"{one.first} → {one.second}" if one.first and one.second else (one.first or one.second)
        sign = "~" if one.first and one.second else "-" if one.first else "+"
        lines.append(f"  {sign} {one.what}: {change}")
    return lines if diff.differences or any(diff.causes) else [*lines, "No difference."]


def _audit(arguments: argparse.Namespace) -> int:
    from runback import app

    audit = app.audit_bundle(arguments.file)
    _write(arguments, _audited(audit), "\n".join(_audit_lines(audit)))
    return 0 if audit.clean else 1


def _audited(audit: Audit) -> dict[str, Any]:
    return {
        "schema": "runback.bundle-audit/1",
        "clean": audit.clean,
        "sealed": {one.detector: one.found for one in audit.sealed},
        "found_now": {one.detector: one.found for one in audit.now},
        "places": list(audit.places),
        "tokens": dict(audit.tokens),
        "unlearned": [{"what": gap.what, "reason": gap.reason} for gap in audit.unlearned],
    }


def _audit_lines(audit: Audit) -> list[str]:
    found = {one.detector: one.found for one in audit.sealed}
    now = {one.detector: one.found for one in audit.now}
    width = max(len(name) for name in {*found, *now})
    lines = [f"{'detector':<{width}}  sealed  finds today"]
    lines += [
        f"{name:<{width}}  {found.get(name, 'not run'):>6}  {now.get(name, 0):>11}"
        for name in dict.fromkeys((*found, *now))
    ]
    lines += ["", "secrets that occur, by name:"] if audit.tokens else ["", "no secret occurs"]
    lines += [f"  {count:>6}  {name}" for name, count in audit.tokens]
    lines += _gaps("secrets that could not be learned", audit.unlearned)
    if audit.clean:
        return [*lines, "", "Nothing in it looks like a secret."]
    return [*lines, "", "These lines look like secrets:", *(f"  {place}" for place in audit.places)]


def _gaps(title: str, gaps: tuple[Gap, ...]) -> list[str]:
    """Gaps for a person: what has the same reason stands in one line."""
    by_reason: dict[str, list[str]] = {}
    for gap in gaps:
        by_reason.setdefault(gap.reason, []).append(gap.what)
    lines = ["", f"{title}:"] if gaps else []
    for reason, what in by_reason.items():
        more = f" and {len(what) - 2} more" if len(what) > 2 else ""
        lines.append(f"  {', '.join(what[:2])}{more}: {reason}")
    return lines


def _manifest(manifest: Manifest) -> dict[str, Any]:
    """Every field, also where it says nothing: a program need not know our defaults."""
    import msgspec

    document = {name: getattr(manifest, name) for name in manifest.__struct_fields__}
    document["detections"] = [{"detector": one.detector, "found": one.found} for one in manifest.detections]
    written: dict[str, Any] = msgspec.to_builtins(document)
    return written


def _size(count: int) -> str:
    return (
        f"{count} B" if count < 10_000 else f"{count >> 10} kB" if count < 10 << 20 else f"{count >> 20} MB"
    )


def _write(arguments: argparse.Namespace, document: dict[str, Any], text: str) -> None:
    """What a bundle says is hostile: every line is made printable."""
    from runback.cli import output
    from runback.reports import json
    from runback.reports.printable import printable

    if arguments.json:
        output.write(json.dump(document))
    else:
        output.write("".join(printable(line) + "\n" for line in text.split("\n")))
