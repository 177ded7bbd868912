"""The base of all records, and the words they share."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Stage: TypeAlias = Literal[
    "commit", "ci", "build", "infrastructure", "deploy", "stage", "start", "run", "connect", "serve"
]
Severity: TypeAlias = Literal["error", "warning", "info"]
Confidence: TypeAlias = Literal["high", "medium", "low"]
Tier: TypeAlias = Literal["specific", "fallback"]
Verdict: TypeAlias = Literal["failed", "degraded", "healthy", "unknown"]
Health: TypeAlias = Literal["good", "hurt", "bad", "unknown"]
LogKind: TypeAlias = Literal[
    "step", "app", "sidecar", "task", "staging", "router", "cell", "health", "api", "input",
    "baseline",  # a step of the last green run: only compared with, never judged
]  # fmt: skip
SymptomName: TypeAlias = Literal[
    "step-failed",  # a step, job or workflow of CI ended without success
    "run-missing",  # a pipeline, workflow or job that should have run did not
    "stale-commit",  # the app runs an older commit than the branch head
    "staging-failed",  # a build ended FAILED
    "deployment-stuck",  # a deployment does not move, or was cancelled
    "app-crashed",  # an instance crashed in the running revision
    "task-failed",  # a task of an app failed, and none of its name has succeeded since
    "app-down",  # an app that should run has no running instance
    "request-failed",  # a user's request, or one app's request to another, failed
    "page-unusable",  # a public page is answered, and a browser cannot use it
    "failure",  # scan only: the log's last verdict line
]
Scalar: TypeAlias = str | int | float | bool | None


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all evidence and results."""


class Gap(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    """Something that could not be had, and why, in words for a person ('403: the token may not read …')."""

    what: str
    reason: str


Cell: TypeAlias = Scalar | Gap
