"""What CircleCI answers, as far as Runback reads it: v2, and v1.1 for steps. Unknown words
and nulls are read.

The fields are those of the published description of v2 (March 2024) and of recorded v1.1 responses.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec


class _Body(msgspec.Struct, frozen=True):
    """Base of all bodies: what is missing or null is None."""


class Said(_Body, frozen=True):
    type: str | None = None
    message: str | None = None
    reason: str | None = None


class Actor(_Body, frozen=True):
    login: str | None = None


class Trigger(_Body, frozen=True):
    type: str | None = None
    actor: Actor | None = None


class VcsCommit(_Body, frozen=True):
    subject: str | None = None


class Vcs(_Body, frozen=True):
    branch: str | None = None
    tag: str | None = None
    revision: str | None = None
    commit: VcsCommit | None = None


class PipelineBody(_Body, frozen=True):
    id: str
    number: int
    state: str | None = None
    created_at: str | None = None
    errors: list[Said] | None = None
    trigger: Trigger | None = None
    vcs: Vcs | None = None
    trigger_parameters: dict[str, Any] | None = None

    @property
    def branch(self) -> str | None:
        return self.vcs.branch if self.vcs else None

    @property
    def sha(self) -> str | None:
        return self.vcs.revision if self.vcs else None


class WorkflowBody(_Body, frozen=True):
    id: str | None = None  # null once the pipeline has expired
    name: str | None = None
    status: str | None = None
    tag: str | None = None
    created_at: str | None = None
    stopped_at: str | None = None


class JobBody(_Body, frozen=True):
    id: str | None = None
    name: str | None = None
    type: str | None = None
    status: str | None = None
    job_number: int | None = None
    started_at: str | None = None
    stopped_at: str | None = None
    dependencies: list[str] | None = None
    approval_request_id: str | None = None


class Named(_Body, frozen=True):
    name: str | None = None


class PipelineId(_Body, frozen=True):
    id: str | None = None


class Executor(_Body, frozen=True):
    resource_class: str | None = None


class DetailsBody(_Body, frozen=True):
    web_url: str | None = None
    messages: list[Said] | None = None
    contexts: list[Named] | None = None
    parallelism: int | None = None
    executor: Executor | None = None
    pipeline: PipelineId | None = None


class ActionBody(_Body, frozen=True):
    name: str | None = None
    step: int | None = None
    index: int | None = None
    status: str | None = None
    failed: bool | None = None
    timedout: bool | None = None
    infrastructure_fail: bool | None = None
    exit_code: int | None = None
    bash_command: str | None = None
    background: bool | None = None
    has_output: bool | None = None
    truncated: bool | None = None
    output_url: str | None = None  # presigned: a secret
    start_time: str | None = None
    end_time: str | None = None


class StepBody(_Body, frozen=True):
    name: str | None = None
    actions: list[ActionBody] | None = None


class BuildBody(_Body, frozen=True):
    steps: list[StepBody] | None = None
    parallel: int | None = None


class TestBody(_Body, frozen=True):
    name: str | None = None
    classname: str | None = None
    file: str | None = None
    result: str | None = None
    message: str | None = None
    run_time: float | None = None


class FlakyBody(_Body, frozen=True):
    test_name: str | None = None
    classname: str | None = None
    file: str | None = None
    job_name: str | None = None
    times_flaked: int | None = None


class Flaky(_Body, frozen=True):
    """The description spells the key with a hyphen, recorded answers with an underscore."""

    tests: list[FlakyBody] | None = msgspec.field(default=None, name="flaky_tests")
    hyphenated: list[FlakyBody] | None = msgspec.field(default=None, name="flaky-tests")


class FollowedBody(_Body, frozen=True):
    vcs_type: str | None = None
    username: str | None = None
    reponame: str | None = None


class ConfigBody(_Body, frozen=True):
    compiled: str | None = None


class Pipelines(_Body, frozen=True):
    items: list[PipelineBody] | None = None
    next_page_token: str | None = None


class Workflows(_Body, frozen=True):
    items: list[WorkflowBody] | None = None
    next_page_token: str | None = None


class Jobs(_Body, frozen=True):
    items: list[JobBody] | None = None
    next_page_token: str | None = None


class Tests(_Body, frozen=True):
    items: list[TestBody] | None = None
    next_page_token: str | None = None


def when(text: str | None) -> datetime | None:
    """A time as CircleCI writes it; None for what is none."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
