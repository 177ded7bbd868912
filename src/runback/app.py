"""The only module that wires the rooms together: what the command line, and later the web page, calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec.structs import replace as replace_record

from runback.errors import AccessError, FetchError
from runback.model import Diagnosis, Evidence, Gap, Repository, Row, Scan, Target, Timings

if TYPE_CHECKING:
    from runback.checks import Check
    from runback.lab import RunningLab
    from runback.rules import Runbook
    from runback.state import ProjectState

Progress: TypeAlias = Callable[[str], None]
Now: TypeAlias = Callable[[], datetime]


@dataclass(frozen=True)
class Request:
    """What a person typed: what to look at, as far as they said it."""

    app: str | None = None
    environment: str | None = None
    branch: str | None = None
    sha: str | None = None
    pipeline: str | None = None
    symptoms: tuple[Literal["stale", "down", "unreachable"], ...] = ()


def silent(_line: str) -> None:
    """Progress that nobody looks at."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@cache
def runbook() -> Runbook:
    """The pages that this run judges by, checked."""
    from runback.facts import SCHEMAS
    from runback.rules import load

    return load(SCHEMAS)


def diagnose(
    request: Request, start: Path, environ: Mapping[str, str], progress: Progress = silent, now: Now = utc_now
) -> Diagnosis:
    """Collect from the configured hosts and diagnose. Nothing is changed anywhere.

    Raises ConfigurationError, UsageError for what was typed, AccessError where nothing could be collected.
    """
    evidence, collect_ms = collect(request, start, environ, progress, now)
    diagnosis = judge(evidence, collect_ms)
    _memory(evidence.target, environ).remember(diagnosis, evidence.collected_at)
    return diagnosis


def collect(
    request: Request, start: Path, environ: Mapping[str, str], progress: Progress = silent, now: Now = utc_now
) -> tuple[Evidence, int]:
    """The evidence for a request, and the milliseconds that collecting took."""
    from runback import config
    from runback.collect import collect as collect_evidence

    configuration = config.load(start, environ)
    target = configuration.target(
        app=request.app,
        environment=request.environment,
        branch=request.branch,
        sha=request.sha,
        pipeline=request.pipeline,
        symptoms=request.symptoms,
    )
    began = time.perf_counter()
    evidence = collect_evidence(
        target,
        config.access(environ),
        checkout=configuration.checkout,
        progress=progress,
        now=now,
        key=_memory(target, environ).fingerprint_key(),
        environ=environ,
    )
    return evidence, _since(began)


def judge(evidence: Evidence, collect_ms: int = 0) -> Diagnosis:
    """The diagnosis of evidence, with plans: a pure function of it and of the runbook, timings apart."""
    from runback.diagnose import diagnose as diagnose_evidence
    from runback.remedies import plans

    began = time.perf_counter()
    diagnosis = diagnose_evidence(evidence, runbook())
    causes = tuple(
        replace_record(cause, plans=plans(cause.finding, evidence, runbook())) for cause in diagnosis.causes
    )
    timings = Timings(collect_ms=collect_ms, diagnose_ms=_since(began), requests=evidence.requests)
    return replace_record(diagnosis, causes=causes, timings=timings)


def diagnose_scenario(name: str, request: Request | None = None, progress: Progress = silent) -> Diagnosis:
    """Start the lab with a scenario in this process, and diagnose it over HTTP like a real platform."""
    from runback import lab

    with lab.start(name) as running:
        return diagnose_running(running, request, progress)


def diagnose_running(
    running: RunningLab, request: Request | None = None, progress: Progress = silent
) -> Diagnosis:
    """Diagnose a lab that runs: with its tokens, checkout and clock, and with nothing of the person's."""
    asked = request or Request()
    if not (asked.app or asked.environment):
        asked = Request(
            app=running.app,
            environment=running.environment,
            branch=asked.branch,
            sha=asked.sha,
            pipeline=asked.pipeline,
            symptoms=asked.symptoms,
        )
    return diagnose(asked, running.checkout, running.environ, progress, running.now)


def scan(files: Iterable[str], against: Iterable[Path] = (), progress: Progress = silent) -> Scan:
    """Diagnose plain logs; '-' is standard input. Raises InputError for what cannot be read as a log."""
    from runback.diagnose.scan import scan_files

    return scan_files(list(files), runbook(), list(against), progress)


def check(start: Path, environ: Mapping[str, str], now: Now = utc_now) -> tuple[Check, ...]:
    """What `runback check` tried, in the order in which a person mends it. Asks with GET alone."""
    from runback import checks, config
    from runback.http import Client

    configuration = config.load(start, environ)
    with Client(environ) as client:
        return checks.check(configuration, config.access(environ), client, now)


def live(
    request: Request, start: Path, environ: Mapping[str, str], progress: Progress = silent, now: Now = utc_now
) -> tuple[LiveApp, ...]:
    """What runs in the environments of runback.toml, or in those that the request names."""
    from runback import config
    from runback.http import gather

    configuration = config.load(start, environ)
    if request.app or request.environment or not configuration.environments:
        requests = [request]
    else:
        requests = [replace(request, environment=name) for name in configuration.environments]

    def one(asked: Request) -> tuple[LiveApp, ...]:
        evidence, _ = collect(asked, start, environ, progress, now)
        return live_apps(evidence, request.app)

    found = gather(*(partial(one, asked) for asked in requests))
    return tuple(item for items in found for item in items)


def live_scenario(name: str, request: Request, progress: Progress = silent) -> tuple[LiveApp, ...]:
    """As `live`, in a lab with this scenario."""
    from runback import lab

    with lab.start(name) as running:
        return live(request, running.checkout, running.environ, progress, running.now)


@dataclass(frozen=True)
class LiveApp:
    """What one app runs. `commit` is None, and `unknown` says why, where that could not be told."""

    environment: str | None
    app: str
    commit: str | None
    known_by: str = ""
    since: datetime | None = None
    branch: str | None = None
    head: str | None = None
    stale: bool | None = None
    between: tuple[tuple[str, str], ...] = ()  # sha and subject, newest first: on the branch and not live
    unknown: str = ""


def live_apps(evidence: Evidence, only: str | None = None) -> tuple[LiveApp, ...]:
    """The rows of the fact table `live`, for people."""
    from runback.facts import tables

    table = tables(evidence)["live"]
    if isinstance(table, Gap):
        return (LiveApp(evidence.target.environment, only or "?", None, unknown=table.reason),)
    return tuple(_live_app(evidence, row) for row in table.rows if only in (None, row.app))


def _live_app(evidence: Evidence, row: Row) -> LiveApp:
    gaps = [cell.reason for cell in row.cells.values() if isinstance(cell, Gap)]
    cells = {name: None if isinstance(cell, Gap) else cell for name, cell in row.cells.items()}
    commit, head, stale = cells["commit"], cells["head"], cells["stale"]
    repository = evidence.repository
    commits = repository.commits if isinstance(repository, Repository) else ()
    order = [] if isinstance(commits, Gap) else [(one.sha, one.subject) for one in commits]
    shas = [sha for sha, _ in order]
    known = commit in shas and head in shas
    return LiveApp(
        environment=evidence.target.environment,
        app=str(row.app),
        commit=str(commit) if commit else None,
        known_by=f"known by {cells['source']}"
        + (f" ({row.confidence} confidence)" if row.confidence else ""),
        since=row.at,
        branch=str(cells["branch"]) if cells["branch"] else None,
        head=str(head) if head else None,
        stale=stale if isinstance(stale, bool) else None,
        between=tuple(order[shas.index(str(head)) : shas.index(str(commit))]) if known else (),
        unknown="; ".join(dict.fromkeys(gaps)),
    )


@dataclass(frozen=True)
class Written:
    """The runback.toml that was written, and what a person should look at in it."""

    path: Path
    notes: tuple[str, ...]


def initialise(
    start: Path, environ: Mapping[str, str], *, force: bool = False, now: Now = utc_now
) -> Written:
    """Write runback.toml from the checkout, and from what the cf login shows where there is one.

    Raises UsageError where there is one already.
    """
    from runback import config, initialise
    from runback.collect.repository import collect_repository
    from runback.collect.session import open_session
    from runback.http import Client

    configuration = config.load(start, environ)
    notes: list[str] = []
    apps: tuple[initialise.SeenApp, ...] = ()
    with Client(environ) as client:
        try:
            session = open_session(config.access(environ).cloudfoundry, client, now)
            apps = initialise.seen_apps(session, client)
        except (AccessError, FetchError) as error:
            notes.append(f"The platform was not asked: {error}")
    part = collect_repository(configuration.checkout, Target()).part
    repository = None if isinstance(part, Gap) else part
    proposal = initialise.propose(configuration.project, repository, apps)
    path = initialise.write(configuration.checkout or start, proposal, force=force)
    return Written(path, (*notes, *proposal.notes))


@dataclass(frozen=True)
class ExamplesRun:
    """What testing pages brought; a failure is one line with the example's place."""

    pages: int
    examples: int
    failures: tuple[str, ...]


def run_examples(
    names: Sequence[str] = (), *, rewrite: bool = False, folder: Path | None = None
) -> ExamplesRun:
    """Check pages and run their examples; with `rewrite`, first write what they say today into the files.

    Raises ConfigurationError for a malformed page, UsageError for a page that does not exist.
    """
    from runback.facts import SCHEMAS
    from runback.rules import examples, load
    from runback.rules.loading import BUILT_IN

    book = load(SCHEMAS, [folder] if folder else [])
    own = [page.id for page in book.pages if folder is None or page.path.startswith(str(folder))]
    chosen = list(names) or own
    results = examples.run(book, SCHEMAS, chosen)
    if rewrite and examples.rewrite(results, Path() if folder else BUILT_IN.parent):
        return run_examples(names, folder=folder)
    failures = tuple(
        f"{result.place}: {result.example.title}: should be {result.example.outcome!r}, is {result.outcome!r}"
        f" and says: {result.text or 'nothing'}"
        for result in results
        if not result.passed
    )
    return ExamplesRun(len(chosen), len(results), failures)


def _memory(target: Target, environ: Mapping[str, str]) -> ProjectState:
    from runback.state import State

    return State.of(environ).project(target.project or f"{target.org}/{target.space}")


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
