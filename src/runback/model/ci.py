"""Evidence: what CircleCI knows."""

from __future__ import annotations

from datetime import datetime

from runback.model.record import Gap, Record


class Message(Record, frozen=True, kw_only=True):
    """What CircleCI itself says of a pipeline or a job."""

    type: str
    message: str
    reason: str | None = None


class Step(Record, frozen=True, kw_only=True):
    """One action of one step in one parallel run (v1.1 `steps[].actions[]`)."""

    name: str
    number: int  # the action's own number (0, 99, 101 …)
    run: int = 0  # parallel run, from 0
    status: str  # as the API says: success, failed, timedout, canceled, infrastructure_fail, running …
    exit_code: int | None = None
    command: str | None = None
    background: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    log: str | Gap | None = None  # Log.id; None: there is no output, or it was not needed


class TestCase(Record, frozen=True, kw_only=True):
    """One entry of a job's stored test results."""

    name: str
    classname: str = ""
    file: str | None = None
    result: str = "success"
    message: str = ""
    run_time: float = 0.0


class MemoryUse(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    """The most memory that a job used, against what it may."""

    peak: int  # bytes
    limit: int


class FlakyTest(Record, frozen=True, kw_only=True):
    """A test that CircleCI's insights saw fail and pass on the same commit."""

    name: str
    classname: str = ""
    file: str | None = None
    job: str = ""
    times: int = 1  # in the last two weeks


class Job(Record, frozen=True, kw_only=True):
    """One job of a workflow; steps and tests only of those that matter. Times are aware UTC."""

    id: str
    name: str
    status: str
    type: str = "build"  # build | approval
    number: int | None = None
    url: str | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    requires: tuple[str, ...] = ()  # names of jobs
    contexts: tuple[str, ...] = ()
    image: str | None = None
    parallel_runs: int = 1
    messages: tuple[Message, ...] = ()
    steps: tuple[Step, ...] | Gap = ()
    tests: tuple[TestCase, ...] | Gap = ()
    approval_request_id: str | None = None
    resource_class: str | None = None
    directory: str | None = None  # in which its steps run
    baseline: str | None = None  # Job.id of the last green run of the same job, where it was read to compare
    memory: MemoryUse | Gap | None = None  # None: not asked for


class Workflow(Record, frozen=True, kw_only=True):
    """One run of a workflow. `status` is the API's: success, failed, error, canceled, on_hold, running …"""

    id: str
    name: str
    status: str
    tag: str | None = None  # 'setup'
    url: str | None = None
    created_at: datetime | None = None
    stopped_at: datetime | None = None
    jobs: tuple[Job, ...] | Gap = ()


class Pipeline(Record, frozen=True, kw_only=True):
    """One pipeline. `state` is the API's: created, errored, setup-pending, setup or pending."""

    id: str
    number: int
    state: str
    branch: str | None
    sha: str | None
    created_at: datetime
    url: str | None = None
    subject: str = ""  # first line of the commit message
    trigger: str = ""  # webhook, api, schedule …
    actor: str = ""
    parameters: dict[str, str] = {}
    errors: tuple[Message, ...] = ()
    workflows: tuple[Workflow, ...] | Gap = ()


class Ci(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    """What CircleCI knows: the newest pipeline of the target first, then older ones for comparison."""

    project: str  # slug
    pipelines: tuple[Pipeline, ...] | Gap
    flaky: tuple[FlakyTest, ...] | Gap | None = None  # None: not asked for, since no test failed
    branches: tuple[str, ...] = ()  # of the project's newest pipelines, where the target's has none
