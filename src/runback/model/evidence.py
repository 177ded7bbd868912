"""What one run looks at, and all that was collected for it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from runback.model.ci import Ci
from runback.model.logs import Log
from runback.model.platform import Platform
from runback.model.record import Gap, Record


class Commit(Record, frozen=True, kw_only=True):
    sha: str
    subject: str
    at: datetime
    author: str = ""
    skips_ci: bool = False  # CircleCI runs nothing for it: '[skip ci]' in the first 250 characters


class SourceFile(Record, frozen=True, kw_only=True):
    path: str  # relative to the checkout
    text: str


class FileChange(Record, frozen=True, kw_only=True):
    """A file that differs between two commits."""

    path: str
    kind: Literal["added", "changed", "deleted", "renamed"]
    lines: tuple[str, ...] = ()  # '+…' and '-…', of files that name versions: dependencies, images, orbs


class Between(Record, frozen=True, kw_only=True):
    """What lies between two commits, as the checkout has it."""

    base: str
    head: str
    missing: tuple[Commit, ...] | Gap  # reachable from head and not from base, newest first
    foreign: tuple[Commit, ...] | Gap = ()  # reachable from base and not from head
    files: tuple[FileChange, ...] | Gap | None = None  # None: not asked for


class Repository(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    branch: str | None
    head: str | None  # of the target's branch
    commits: tuple[Commit, ...] | Gap = ()  # newest first
    files: tuple[SourceFile, ...] = ()  # .circleci/config.yml, manifests, deploy scripts
    between: tuple[Between, ...] = ()  # commits that run, or that were green last, against the head


class Reach(Record, frozen=True, kw_only=True):
    """A destination as a person types it: an app's name or a host, and a port."""

    destination: str
    port: int | None = None


class Target(Record, frozen=True, kw_only=True):
    """What one run looks at."""

    app: str | None = None
    environment: str | None = None
    branch: str | None = None
    sha: str | None = None
    pipeline: int | None = None
    job: int | None = None  # a job's number, where a person gave only that
    symptoms: tuple[Literal["stale", "down", "unreachable"], ...] = ()
    project: str | None = None  # CircleCI slug
    org: str | None = None
    space: str | None = None
    apps: tuple[str, ...] = ()  # the apps of the environment
    peers: dict[str, tuple[str, ...]] = {}  # app → the same app in other environments
    deploy_jobs: tuple[str, ...] = ()  # CI jobs that deploy this environment
    may_differ: tuple[str, ...] = ()  # 'variable SENTRY_*': what need not be as expected, or as at the peers
    revisions: tuple[int, ...] = ()  # versions of the app's that a person asked about
    reach: Reach | None = None  # what the app should reach, asked for by a person


class Detection(Record, frozen=True, kw_only=True):
    """What one detector of secrets did while the evidence was sealed. It ran, even where `found` is 0."""

    detector: str  # 'learned', or the name of a pattern
    found: int = 0  # places that it replaced


class Evidence(Record, frozen=True, kw_only=True):
    """All that was collected. `collected_at` is the only 'now' that anything right of collect knows."""

    collected_at: datetime
    target: Target
    ci: Ci | Gap | None = None  # None: the target has no CI
    platform: Platform | Gap | None = None
    repository: Repository | Gap | None = None
    logs: tuple[Log, ...] = ()
    unlearned: tuple[Gap, ...] = ()  # sources of secrets that could not be read
    limits: tuple[Gap, ...] = ()  # what there was more of than is read
    detections: tuple[Detection, ...] = ()
    requests: int = 0
