"""What lies between two commits of the checkout: for what runs, and for what was green last.

Asked only where CircleCI or the platform name a commit that is not the head. The checkout is hostile: `git`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from runback.collect.circleci.choose import latest
from runback.collect.interface import Collected
from runback.collect.repository import COMMITS, commits_of
from runback.git import git
from runback.model import (
    Between,
    Ci,
    FileChange,
    Gap,
    Job,
    Pipeline,
    Platform,
    Repository,
    Target,
)

MOST = 8  # pairs of commits
FILES = 400  # of one pair
LINES = 200  # of one file that names versions
LONGEST = 300  # characters of one such line
_SHA = re.compile(r"[0-9a-f]{7,40}")
_KINDS = {"A": "added", "D": "deleted", "R": "renamed", "C": "added"}
# Files whose lines name versions of dependencies, images and orbs.
VERSIONS = re.compile(
    r"(^|/)(requirements[^/]*\.(txt|in)|constraints[^/]*\.txt|Pipfile(\.lock)?|pyproject\.toml|poetry\.lock|uv\.lock"
    r"|setup\.(py|cfg)|package\.json|Gemfile(\.lock)?|go\.mod|composer\.json|runtime\.txt|\.python-version"
    r"|\.nvmrc|\.node-version|\.tool-versions|(\w+\.)?Dockerfile(\.\w+)?|docker-compose[^/]*\.ya?ml"
    r"|[^/]*manifest[^/]*\.ya?ml|buildpack\.yml)$|^\.circleci/.*\.ya?ml$|\.tf$"
)


def with_history(
    collected: Collected[Repository],
    checkout: Path | None,
    ci: Ci | Gap,
    platform: Platform | Gap,
    target: Target,
) -> Collected[Repository]:
    """The repository with what lies between its head, what runs, and what was green last."""
    repository = collected.part
    if checkout is None or isinstance(repository, Gap) or repository.head is None:
        return collected
    pipelines = () if isinstance(ci, Gap) or isinstance(ci.pipelines, Gap) else ci.pipelines
    head = target.sha or repository.head
    pairs = {(base, head): False for base in _running(platform, pipelines, head)}
    pairs |= dict.fromkeys(_green(pipelines), True)
    found = tuple(_between(checkout, *pair, with_files) for pair, with_files in list(pairs.items())[:MOST])
    if not found:
        return collected
    limits = (*collected.limits, *_limits(len(pairs), found))
    return replace(collected, part=msgspec.structs.replace(repository, between=found), limits=limits)


def _limits(pairs: int, found: tuple[Between, ...]) -> Iterator[Gap]:
    """What lies between the commits and is not looked at."""
    if pairs > MOST:
        yield Gap(
            what="the commits that run", reason=f"{pairs - MOST} more of them were not compared: {MOST} are"
        )
    for one in found:
        if isinstance(one.missing, tuple) and len(one.missing) >= COMMITS:
            reason = f"the newest {COMMITS} were read; there may be more"
            yield Gap(what=f"commits between {one.base[:12]} and {one.head[:12]}", reason=reason)
    changed = {
        change.path
        for one in found
        if isinstance(one.files, tuple)
        for change in one.files
        if len(change.lines) >= LINES
    }
    if any(isinstance(one.files, tuple) and len(one.files) >= FILES for one in found):
        yield Gap(what="the changed files", reason=f"only the first {FILES:,} were read")
    for path in sorted(changed):
        yield Gap(what=f"what changed in {path}", reason=f"only its first {LINES} changed lines were read")


def _running(platform: Platform | Gap, pipelines: tuple[Pipeline, ...], head: str) -> Iterator[str]:
    """The commits that apps of the target run or may run, other than the head; each once."""
    apps = () if isinstance(platform, Gap) or isinstance(platform.apps, Gap) else platform.apps
    claimed = [app.commit for app in apps if app.role == "target" and app.commit]
    unlabelled = any(app.role == "target" and not app.commit for app in apps)
    made = [one.sha for one in pipelines if unlabelled and not isinstance(one.workflows, Gap)]
    for sha in dict.fromkeys((*claimed, *made)):
        if sha and not head.startswith(sha):
            yield sha


def _green(pipelines: tuple[Pipeline, ...]) -> Iterator[tuple[str, str]]:
    """The commits of the green runs that failed jobs are compared with, and of the failed ones."""
    by_job: dict[str, Pipeline] = {job.id: one for one in pipelines for job in _jobs(one)}
    for pipeline in pipelines:
        for job in _jobs(pipeline):
            base = by_job.get(job.baseline or "")
            if base is not None and base.sha and pipeline.sha and base.sha != pipeline.sha:
                yield base.sha, pipeline.sha


def _jobs(pipeline: Pipeline) -> list[Job]:
    return [job for flow in latest(pipeline) if not isinstance(flow.jobs, Gap) for job in flow.jobs]


def _between(checkout: Path, base: str, head: str, with_files: bool) -> Between:
    gap = Gap(what=f"{base[:12]}..{head[:12]}", reason="one of them is no commit")
    if not (_SHA.fullmatch(base) and _SHA.fullmatch(head)):
        return Between(base=base, head=head, missing=gap, foreign=gap)
    return Between(
        base=base,
        head=head,
        missing=commits_of(checkout, f"{base}..{head}"),
        foreign=commits_of(checkout, f"{head}..{base}"),
        files=_files(checkout, base, head) if with_files else None,
    )


def _files(checkout: Path, base: str, head: str) -> tuple[FileChange, ...] | Gap:
    said = git(checkout, "diff-tree", "-r", "-z", "--no-ext-diff", "--name-status", "-M", base, head)
    if isinstance(said, Gap):
        return said
    words = iter(said.decode("utf-8", "replace").split("\0"))
    found: list[FileChange] = []
    for status in words:
        path = next(words, "")
        if status[:1] in ("R", "C"):
            path = next(words, "")
        if path and len(found) < FILES:
            kind = _KINDS.get(status[:1], "changed")
            found.append(msgspec.convert({"path": path, "kind": kind}, FileChange))
    told = _lines(checkout, base, head, [one.path for one in found if VERSIONS.search(one.path)])
    return tuple(msgspec.structs.replace(one, lines=told.get(one.path, ())) for one in found)


def _lines(checkout: Path, base: str, head: str, paths: list[str]) -> dict[str, tuple[str, ...]]:
    """The lines that came and went, by file."""
    if not paths:
        return {}
    literal = [f":(top,literal){path}" for path in paths]
    options = ("-p", "-U0", "--no-ext-diff", "--no-textconv", "--no-color", "--no-prefix", "--no-renames")
    said = git(checkout, "diff-tree", "-r", *options, base, head, "--", *literal)
    found: dict[str, list[str]] = {}
    path, inside = "", False
    for line in "" if isinstance(said, Gap) else said.decode("utf-8", "replace").split("\n"):
        if line.startswith("diff --git "):
            path, inside = "", False
        elif not inside and line[:4] in ("--- ", "+++ "):
            path = path if line[4:] == "/dev/null" else line[4:].rstrip("\t")
        elif line.startswith("@@ "):
            inside = True
        elif inside and line[:1] in ("+", "-") and len(found.get(path, ())) < LINES:
            found.setdefault(path, []).append(line[:LONGEST])
    return {name: tuple(lines) for name, lines in found.items()}
