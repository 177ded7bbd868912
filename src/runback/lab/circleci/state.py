"""What the lab's CircleCI remembers: pipelines, workflows, jobs, steps and output, and the settings."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runback.lab.circleci.obstacles import Obstacles

_NAMESPACE = uuid.UUID("5f0c6a52-6c8a-5c4e-9d0e-2f6f1f1d7a10")


@dataclass(slots=True)
class Message:
    """A piece of a step's output, as the API hands it out."""

    text: str
    at: datetime
    type: str = "out"  # out | err


@dataclass(slots=True, kw_only=True)
class Action:
    """One step in one parallel run."""

    name: str
    step: int  # the action's own number: 0, 99, 101 …
    index: int = 0  # of the parallel run
    status: str = "running"
    started: datetime
    ended: datetime | None = None
    exit_code: int | None = None
    command: str | None = None
    background: bool = False
    output: list[Message] = field(default_factory=list)
    truncated: bool = False

    @property
    def millis(self) -> int | None:
        return None if self.ended is None else int((self.ended - self.started).total_seconds() * 1000)


@dataclass(slots=True, kw_only=True)
class TestResult:
    name: str
    classname: str
    file: str | None
    result: str  # success | failure | error | skipped
    message: str
    run_time: float
    index: int = 0  # of the parallel run


@dataclass(slots=True, kw_only=True)
class Job:
    id: str
    name: str
    number: int | None = None
    type: str = "build"  # build | approval
    status: str = "blocked"
    requires: tuple[str, ...] = ()  # ids
    contexts: tuple[str, ...] = ()
    image: str | None = None
    resource_class: str = "medium"
    executor: str = "docker"
    parallelism: int = 1
    created: datetime
    started: datetime | None = None
    stopped: datetime | None = None
    actions: list[Action] = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)
    tests: list[TestResult] = field(default_factory=list)
    artifacts: dict[str, bytes] = field(default_factory=dict)  # path → content
    approval_request_id: str | None = None
    approved_by: str | None = None
    recall: Callable[[], None] | None = None  # fills the steps of an old job once somebody looks


@dataclass(slots=True, kw_only=True)
class Workflow:
    id: str
    name: str
    status: str = "running"
    tag: str | None = None
    created: datetime
    stopped: datetime | None = None
    jobs: list[Job] = field(default_factory=list)


@dataclass(frozen=True)
class Continuation:
    """What a setup workflow hands over to `/pipeline/continue`."""

    configuration: str
    parameters: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Pipeline:
    id: str
    number: int
    branch: str
    sha: str
    subject: str
    body: str = ""
    state: str = "created"
    created: datetime
    trigger: str = "webhook"  # webhook | api | schedule
    actor: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)
    workflows: list[Workflow] = field(default_factory=list)
    source: str = ""  # the configuration
    compiled: str = ""
    setup_source: str = ""  # of a pipeline that another configuration continued
    setup_compiled: str = ""
    continuation: Continuation | None = None  # with what a job of the setup workflow asked to go on


@dataclass(slots=True)
class Project:
    """One project of CircleCI. `variables` and `contexts` are what its settings hold, secrets included."""

    slug: str
    organization: str
    name: str
    repository: str  # URL
    default_branch: str
    token: str  # a personal token that may read and write it
    variables: dict[str, str] = field(default_factory=dict)
    contexts: dict[str, dict[str, str]] = field(default_factory=dict)
    environments: dict[str, str] = field(default_factory=dict)  # name → the branch that deploys it
    obstacles: Obstacles = field(default_factory=Obstacles)
    images: frozenset[str] = frozenset()  # that the registry has; empty: any
    orbs: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # of the registry, by 'namespace/name'
    pipelines: list[Pipeline] = field(default_factory=list)  # newest last
    job_count: int = 0
    _recalling: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    def new_id(self, *parts: object) -> str:
        """The UUID of something, always the same for the same parts."""
        return str(uuid.uuid5(_NAMESPACE, ":".join(str(one) for one in (self.slug, *parts))))

    def continuation_key(self, pipeline: Pipeline) -> str:
        """What a setup workflow is given to go on with."""
        return self.new_id("continuation", pipeline.id)

    def new_job_number(self) -> int:
        self.job_count += 1
        return self.job_count

    def newest_first(self, branch: str | None = None) -> list[Pipeline]:
        return [one for one in reversed(self.pipelines) if branch is None or one.branch == branch]

    def jobs(self) -> Iterator[tuple[Pipeline, Workflow, Job]]:
        for pipeline in reversed(self.pipelines):
            for workflow in pipeline.workflows:
                for job in workflow.jobs:
                    yield pipeline, workflow, job

    def pipeline(self, key: str | int) -> Pipeline | None:
        """By id or number."""
        return next((one for one in self.pipelines if key in (one.id, one.number)), None)

    def workflow(self, workflow_id: str) -> tuple[Pipeline, Workflow] | None:
        for pipeline in reversed(self.pipelines):
            for workflow in pipeline.workflows:
                if workflow.id == workflow_id:
                    return pipeline, workflow
        return None

    def job(self, key: str | int) -> tuple[Pipeline, Workflow, Job] | None:
        """By id or number."""
        found = next((found for found in self.jobs() if key in (found[2].id, found[2].number)), None)
        # Two that look at the same old job at once both see it whole.
        with self._recalling:
            if found and found[2].recall:
                recall, found[2].recall = found[2].recall, None
                recall()
        return found
