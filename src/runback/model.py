"""The vocabulary of Runback: evidence, fact tables, pages, findings, causes, plans.

Everything here is immutable data. Times are timezone-aware UTC, sizes are bytes, durations are seconds,
unless a field's name says otherwise. What could not be had is a `Gap`, never an empty value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

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
    "step", "app", "sidecar", "task", "staging", "router", "cell", "health", "api", "input"
]
SymptomName: TypeAlias = Literal[
    "step-failed",  # a step, job or workflow of CI ended without success
    "run-missing",  # a pipeline, workflow or job that should have run did not
    "stale-commit",  # the app runs an older commit than the branch head
    "staging-failed",  # a build ended FAILED
    "deployment-stuck",  # a deployment does not move, or was cancelled
    "app-crashed",  # an instance crashed in the running revision
    "app-down",  # an app that should run has no running instance
    "request-failed",  # a user's request, or one app's request to another, failed
    "failure",  # scan only: the log's last verdict line
]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all evidence and results."""


class Gap(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    """Something that could not be had, and why, in words for a person ('403: the token may not read …')."""

    what: str
    reason: str


# --- evidence: logs -------------------------------------------------------------------------------


class LogText:
    """The redacted bytes of one log, `\\n`-separated UTF-8: in memory, or in a spool file when large."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes | Path) -> None:
        self._data = data

    def open(self) -> BinaryIO:
        """A new binary reader from the start; the caller closes it."""
        if isinstance(self._data, Path):
            return self._data.open("rb")
        import io

        return io.BytesIO(self._data)

    def lines(self) -> Iterator[bytes]:
        """The lines without their newline, in order, one at a time."""
        with self.open() as stream:
            for line in stream:
                yield line.rstrip(b"\n")

    @property
    def size(self) -> int:
        """Bytes."""
        return self._data.stat().st_size if isinstance(self._data, Path) else len(self._data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogText) and list(self.lines()) == list(other.lines())

    __hash__ = None  # type: ignore[assignment]


class Log(Record, frozen=True, kw_only=True):
    """One stream of log lines: one step of one parallel run, or one source of one instance of one app.

    Streams are never mixed: the lines of two instances are two logs, so a traceback is always contiguous.
    """

    id: str  # unique in the evidence: 'step:118/105.0', 'app:tdp-backend-raft/APP/PROC/WEB/0'
    kind: LogKind
    name: str  # for people: "deploy-dev, step 'Deploy backend'", 'tdp-backend-raft APP/PROC/WEB/0'
    text: LogText
    app: str | None = None  # the app's name, for platform logs
    url: str | None = None  # where a person can look at it (never a presigned URL)
    times: tuple[int, ...] = ()  # nanoseconds since the epoch, one a line; empty where lines carry none
    started_at: datetime | None = None  # of a step, when its lines carry no times
    truncated: bool = False  # the source says that it holds only a part


# --- evidence: CI ---------------------------------------------------------------------------------


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


class Job(Record, frozen=True, kw_only=True):
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


class Workflow(Record, frozen=True, kw_only=True):
    id: str
    name: str
    status: str
    tag: str | None = None  # 'setup'
    url: str | None = None
    created_at: datetime | None = None
    stopped_at: datetime | None = None
    jobs: tuple[Job, ...] | Gap = ()


class Pipeline(Record, frozen=True, kw_only=True):
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


# --- evidence: platform ---------------------------------------------------------------------------


class Variable(Record, frozen=True, kw_only=True):
    """An environment variable without its value."""

    name: str
    fingerprint: str  # HMAC of the value; equal values have equal fingerprints within a project
    shape: str  # empty | integer | boolean | pem | uuid | json | host | host:port | scheme://host:port | text


class Instance(Record, frozen=True, kw_only=True):
    index: int
    state: str  # RUNNING, CRASHED, STARTING, STOPPING, DOWN, UNKNOWN
    uptime: int | None = None  # seconds
    memory: int | None = None
    memory_quota: int | None = None
    disk: int | None = None
    disk_quota: int | None = None
    cpu: float | None = None
    details: str | None = None  # a placement error, never a crash reason


class HealthCheck(Record, frozen=True, kw_only=True):
    type: str  # port | process | http
    timeout: int | None = None
    endpoint: str | None = None


class Process(Record, frozen=True, kw_only=True):
    guid: str
    type: str  # web, worker …
    desired: int  # instances asked for
    memory_mb: int
    disk_mb: int
    command: str | None = None
    health: HealthCheck | None = None
    instances: tuple[Instance, ...] | Gap = ()
    created_at: datetime | None = None
    revision: str | None = None  # guid


class Droplet(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    guid: str
    state: str  # STAGED, EXPIRED, FAILED …
    created_at: datetime
    buildpacks: tuple[str, ...] = ()  # 'python 1.8.30'
    stack: str | None = None
    error: str | None = None
    commit: str | None = None  # from labels or annotations of package or droplet


class Build(Record, frozen=True, kw_only=True):
    guid: str
    state: str  # STAGING, STAGED, FAILED
    created_at: datetime
    error: str | None = None
    droplet: str | None = None
    actor: str = ""


class Deployment(Record, frozen=True, kw_only=True):
    guid: str
    status: str  # ACTIVE, FINALIZED
    reason: str  # DEPLOYING, PAUSED, CANCELING, DEPLOYED, CANCELED, SUPERSEDED
    strategy: str
    created_at: datetime
    updated_at: datetime | None = None
    last_healthcheck: datetime | None = None
    error: str | None = None
    droplet: str | None = None
    previous_droplet: str | None = None
    revision: str | None = None


class Revision(Record, frozen=True, kw_only=True):
    guid: str
    version: int
    created_at: datetime
    droplet: str | None
    description: str = ""
    deployable: bool = True
    deployed: bool = False  # runs now
    variables: tuple[Variable, ...] | Gap | None = None  # None: not asked for


class AuditEvent(Record, frozen=True, kw_only=True):
    """One audit event. `data` holds allow-listed fields only."""

    guid: str
    type: str
    at: datetime
    app: str | None = None  # app name of the target
    target: str = ""  # the target's name
    actor: str = ""
    data: dict[str, str | int] = {}  # index, exit_status, exit_description, reason, instance …


class Binding(Record, frozen=True, kw_only=True):
    service: str  # service instance name
    state: str = "succeeded"  # last operation: initial, in progress, succeeded, failed
    description: str = ""
    created_at: datetime | None = None


class Service(Record, frozen=True, kw_only=True):
    """A service instance of a space."""

    guid: str
    name: str
    type: str  # managed | user-provided
    space: str
    offering: str | None = None
    plan: str | None = None
    operation: str = ""  # 'create succeeded', 'delete failed' …
    description: str = ""
    created_at: datetime | None = None


class Destination(Record, frozen=True, kw_only=True):
    app_guid: str
    app: str | None  # its name, where the app can be seen
    process: str = "web"
    port: int | None = None
    protocol: str | None = None
    weight: int | None = None


class Route(Record, frozen=True, kw_only=True):
    guid: str
    url: str  # host.domain[:port][/path]
    internal: bool
    space: str | None = None
    destinations: tuple[Destination, ...] = ()
    created_at: datetime | None = None


class Policy(Record, frozen=True, kw_only=True):
    source: str  # app guid
    destination: str  # app guid
    protocol: str
    start: int
    end: int


class App(Record, frozen=True, kw_only=True):
    guid: str
    name: str
    space: str
    org: str
    state: str  # STARTED | STOPPED
    created_at: datetime
    role: Literal["target", "neighbour", "peer"] = "target"  # neighbour: the target talks to it
    commit: str | None = None  # from labels, annotations
    revisions_enabled: bool | Gap = True
    processes: tuple[Process, ...] | Gap = ()
    droplet: Droplet | Gap | None = None
    builds: tuple[Build, ...] | Gap = ()
    deployments: tuple[Deployment, ...] | Gap = ()
    revisions: tuple[Revision, ...] | Gap = ()
    events: tuple[AuditEvent, ...] | Gap = ()
    variables: tuple[Variable, ...] | Gap = ()
    addresses: tuple[Address, ...] = ()
    bindings: tuple[Binding, ...] | Gap = ()
    routes: tuple[Route, ...] | Gap = ()
    logs: tuple[str, ...] | Gap = ()  # Log.id


class Address(Record, frozen=True, kw_only=True):
    """An address that an app's variables name: where it will connect to. Host and port only."""

    variable: str
    host: str
    port: int | None = None
    scheme: str | None = None


class Platform(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    api: str
    apps: tuple[App, ...] | Gap
    services: tuple[Service, ...] | Gap = ()
    policies: tuple[Policy, ...] | Gap = ()
    routes: tuple[Route, ...] | Gap = ()  # those that addresses name, whoever owns them
    spaces_seen: tuple[str, ...] | Gap = ()  # spaces in which policies are visible to this user
    names: dict[str, str] = {}  # app GUID → name, of apps that policies name


# --- evidence: repository -------------------------------------------------------------------------


class Commit(Record, frozen=True, kw_only=True):
    sha: str
    subject: str
    at: datetime
    author: str = ""
    skips_ci: bool = False  # CircleCI runs nothing for it: '[skip ci]' in the first 250 characters


class SourceFile(Record, frozen=True, kw_only=True):
    path: str  # relative to the checkout
    text: str


class Repository(Record, frozen=True, kw_only=True, tag=True, tag_field="record"):
    branch: str | None
    head: str | None  # of the target's branch
    commits: tuple[Commit, ...] | Gap = ()  # newest first
    files: tuple[SourceFile, ...] = ()  # .circleci/config.yml, manifests, deploy scripts


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
    detections: tuple[Detection, ...] = ()
    requests: int = 0


# --- fact tables ----------------------------------------------------------------------------------

Scalar: TypeAlias = str | int | float | bool | None
Cell: TypeAlias = Scalar | Gap


class Where(Record, frozen=True, kw_only=True):
    """A piece of proof. `line` counts from 1 in the source."""

    kind: Literal["log", "resource", "file"]
    source: str  # Log.name, 'network policies of tdp-clamav-nginx-dev', 'scripts/deploy-backend.sh'
    text: str = ""
    line: int | None = None
    url: str | None = None
    log: str | None = None  # Log.id


class Row(Record, frozen=True, kw_only=True):
    """One row of a fact table. Every declared column has a cell; `Gap` means unknown."""

    cells: dict[str, Cell]
    app: str | None = None
    at: datetime | None = None
    where: tuple[Where, ...] = ()
    confidence: Confidence | None = None  # lowers the page's, never raises it


ColumnType: TypeAlias = Literal["text", "integer", "number", "boolean", "time"]


class TableSchema(Record, frozen=True, kw_only=True):
    """What the loader of pages holds a `select` against: the columns and what each means."""

    name: str
    about: str
    columns: dict[str, tuple[ColumnType, str]]  # column → type, one line of what it holds
    may_be_unknown: bool = True  # the table depends on evidence that can be missing


class Table(Record, frozen=True, kw_only=True):
    name: str
    rows: tuple[Row, ...] = ()


Tables: TypeAlias = Mapping[str, Table | Gap]


# --- the runbook ----------------------------------------------------------------------------------


class Select(Record, frozen=True, kw_only=True):
    table: str
    where: dict[str, dict[str, Scalar | list[Scalar]]] = {}  # column → operator → operand


class Signature(Record, frozen=True, kw_only=True):
    pattern: str
    provenance: str
    sources: tuple[str, ...] = ("any",)  # LogKind or 'any'
    harmless: tuple[str, ...] = ()  # 'not' in the page: look-alikes
    parser: str | None = None  # a parser of logs/, whose finding replaces the hit
    line: int = 0  # in the page


class RemedyCall(Record, frozen=True, kw_only=True):
    """A remedy and its parameters, which may hold {column} templates."""

    id: str
    parameters: dict[str, str] = {}


class Example(Record, frozen=True, kw_only=True):
    outcome: Literal["fires", "silent", "unknown"]
    title: str
    rows: tuple[dict[str, Scalar], ...] = ()  # a cell 'unknown(reason)' is a Gap
    unknown: str = ""  # why the whole table is unknown; '' where it has rows
    log: str = ""
    expected: str = ""
    line: int = 0  # in the page


class Page(Record, frozen=True, kw_only=True):
    id: str
    title: str
    stage: Stage
    severity: Severity
    confidence: Confidence
    since: str
    tier: Tier = "specific"
    select: Select | None = None
    signatures: tuple[Signature, ...] = ()
    leads_to: tuple[str, ...] = ()  # page ids or SymptomName
    remedies: tuple[RemedyCall, ...] = ()
    meaning: str = ""
    impact: str = ""
    diagnosis: str = ""
    mitigation: str = ""
    examples: tuple[Example, ...] = ()
    path: str = ""  # of the Markdown file


# --- results --------------------------------------------------------------------------------------


class Finding(Record, frozen=True, kw_only=True):
    """One page firing on given rows or lines."""

    page: str
    title: str  # the page's title with its values filled in
    stage: Stage
    severity: Severity
    confidence: Confidence
    tier: Tier = "specific"
    app: str | None = None
    at: datetime | None = None
    until: datetime | None = None  # when it was last seen, where it was seen more than once
    where: tuple[Where, ...] = ()
    values: dict[str, Scalar] = {}
    count: int = 1
    leads_to: tuple[str, ...] = ()


class Outcome(Record, frozen=True, kw_only=True):
    """What one page says of the evidence: it fires (findings), is silent, or unknown (reasons).

    Both may be filled: it fires on some rows and cannot tell of others.
    """

    page: str
    findings: tuple[Finding, ...] = ()
    unknown: tuple[str, ...] = ()
    because: str = ""  # silent: what was looked at ('4 policies looked at')


class Symptom(Record, frozen=True, kw_only=True):
    name: SymptomName
    title: str
    app: str | None = None
    destination: str | None = None  # the app that could not be reached
    at: datetime | None = None
    until: datetime | None = None  # when it was last seen
    where: tuple[Where, ...] = ()


class PlanStep(Record, frozen=True, kw_only=True):
    """One step of a plan: for a person a sentence and a command, for apply a typed action."""

    sentence: str
    command: str = ""  # the equal cf or CircleCI command, quoted for a shell; '' for an instruction
    changes: str = ""
    interrupts: bool = False  # service stops while it runs
    undo: str = ""
    needs: str = ""  # role or scope
    action: str = ""  # what apply does: 'POST /networking/v1/external/policies'; '' where a person must act
    parameters: dict[str, Scalar] = {}


class Plan(Record, frozen=True, kw_only=True):
    remedy: str
    sentence: str
    safe: bool
    steps: tuple[PlanStep, ...] = ()
    blocked: str = ""  # why it cannot be planned from this evidence


class Cause(Record, frozen=True, kw_only=True):
    finding: Finding
    rank: int
    chain: tuple[Finding, ...] = ()  # from the cause's first consequence down to the last
    symptoms: tuple[Symptom, ...] = ()
    explains: tuple[str, ...] = ()  # page ids and symptom names
    plans: tuple[Plan, ...] = ()
    related: tuple[Where, ...] = ()


class RuledOut(Record, frozen=True, kw_only=True):
    page: str
    title: str
    because: str


class UnknownPage(Record, frozen=True, kw_only=True):
    page: str
    title: str
    reason: str


class Excerpt(Record, frozen=True, kw_only=True):
    """Lines of one log around its proofs, so that a reader sees what stands before and after."""

    log: str  # Log.id
    source: str  # Log.name
    url: str | None = None
    first: int  # number of the first line, from 1
    lines: tuple[str, ...]
    hits: tuple[int, ...]  # numbers of the lines that are proofs


class Moment(Record, frozen=True, kw_only=True):
    """Something that happened, or went on for a while, in CI or to one app."""

    lane: str  # 'CI', or the app's name
    kind: Literal["pipeline", "job", "build", "deployment", "revision", "crash", "finding"]
    title: str
    health: Health
    at: datetime
    until: datetime | None = None
    url: str | None = None


class LogRate(Record, frozen=True, kw_only=True):
    """How many lines an app logged in each of some equal spans of time."""

    app: str
    first: datetime
    seconds: float  # of one span
    counts: tuple[int, ...]


class Timeline(Record, frozen=True, kw_only=True):
    """What happened between two times. A moment before `since` says how things stood when it began."""

    since: datetime
    until: datetime
    moments: tuple[Moment, ...] = ()
    rates: tuple[LogRate, ...] = ()


class Node(Record, frozen=True, kw_only=True):
    """An app, a service, or the people who use them, as a place on the map."""

    name: str
    kind: Literal["app", "service", "people"]
    health: Health
    space: str = ""
    says: str = ""  # 'web 1 of 1 runs'


class Edge(Record, frozen=True, kw_only=True):
    """A way from one node to another. `bad`: it is broken; `hurt`: what lies behind it fails."""

    source: str
    destination: str
    label: str = ""  # 'tcp 9000'
    health: Health
    says: str = ""  # what is wrong with it


class Deviation(Record, frozen=True, kw_only=True):
    """A variable or service that an app should have and has not."""

    app: str
    kind: Literal["variable", "service"]
    name: str
    actual: str  # missing, empty, not bound …
    expected: str  # who expects it: a file and line, the last revision, the peers


class Views(Record, frozen=True, kw_only=True):
    """What a report draws besides the findings: computed from evidence, so a bundle gives the same."""

    excerpts: tuple[Excerpt, ...] = ()
    timeline: Timeline | None = None
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    collected_at: datetime | None = None


class Timings(Record, frozen=True, kw_only=True):
    collect_ms: int = 0
    diagnose_ms: int = 0
    requests: int = 0


class Diagnosis(Record, frozen=True, kw_only=True):
    target: Target
    verdict: Verdict
    sentence: str  # the verdict in one sentence
    causes: tuple[Cause, ...] = ()
    consequences: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    unknown: tuple[UnknownPage, ...] = ()
    timings: Timings = Timings()
    views: Views = Views()


class Compared(Record, frozen=True, kw_only=True):
    """One thing that an app has, should have, or that its peers have. Never a variable's value."""

    subject: Literal["variable", "service", "route", "policy", "scale"]
    name: str  # '*' stands for what differs from environment to environment
    expected: str = ""  # file:line that lists it
    actual: str | Gap  # 'set (integer)', 'empty', 'missing', 'bound', '2 × 512 MB'
    peers: tuple[str | Gap, ...] = ()  # in the order of Comparison.peers
    remark: str = ""  # what deserves a look; '' where all is as it should be


class RevisionSeen(Record, frozen=True, kw_only=True):
    """What one revision of an app changed, how long it ran and how it ended."""

    version: int
    created_at: datetime | None
    changed: str  # as the platform describes it
    ran_for: int  # seconds until the next revision, or until now
    crashes: int | Gap
    runs: bool
    deployable: bool  # its droplet is still there
    safe: bool  # the safe way back: the newest earlier one that ran well and can be deployed


class PathHop(Record, frozen=True, kw_only=True):
    """One thing that has to be right on the way from app to app. `ok` None: it could not be told."""

    name: str  # name, route, app, instances, port, policy
    ok: bool | None
    says: str


class PathSeen(Record, frozen=True, kw_only=True):
    """The way from an app to a destination, hop by hop, and the command that mends the first broken one."""

    source: str
    destination: str
    hostname: str
    hops: tuple[PathHop, ...]
    asked_by: str = ""  # the variable that holds the address; '' where only a person asked
    failing: bool | None = None  # whether the source's log shows failures


class Comparison(Record, frozen=True, kw_only=True):
    """An app beside the same app in other environments."""

    app: str
    peers: tuple[str, ...]
    rows: tuple[Compared, ...]
    unknown: tuple[Gap, ...] = ()


class Novel(Record, frozen=True, kw_only=True):
    """Lines of a scanned log that never occur in the successful ones, from 1, both included."""

    first: int
    last: int
    text: str
    score: float


class Scan(Record, frozen=True, kw_only=True):
    """What scan says of one input or several."""

    inputs: tuple[str, ...]
    lines: int
    verdict: Verdict  # healthy: no failure seen
    sentence: str
    causes: tuple[Cause, ...] = ()
    consequences: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    novel: tuple[Novel, ...] = ()
