"""Collect and diagnose: live, in the lab, and plain logs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace as replace_record

from runback.app.keeping import memory, save
from runback.app.request import Now, Progress, Request, silent, utc_now
from runback.app.runbook import runbook
from runback.errors import UsageError
from runback.model import Ci, Diagnosis, Evidence, Gap, Platform, Reach, Repository, Scan, Target, Timings

if TYPE_CHECKING:
    from runback.config import Configuration, UnknownApp
    from runback.http import Client
    from runback.lab.running import RunningLab


def diagnose(
    request: Request, start: Path, environ: Mapping[str, str], progress: Progress = silent, now: Now = utc_now
) -> Diagnosis:
    """Collect from the configured hosts and diagnose. Nothing is changed anywhere.

    Raises ConfigurationError, UsageError for what was typed, AccessError where nothing could be collected.
    """
    if request.save_bundle:
        from runback.bundle import check_place

        check_place(request.save_bundle)
    peers = () if request.peers else None
    evidence, collect_ms = collect(request, start, environ, progress, now, peers=peers, browse=True)
    diagnosis = judge(evidence, collect_ms)
    memory(evidence.target, environ).remember(diagnosis, evidence.collected_at)
    if request.save_bundle:
        save(evidence, request.save_bundle, environ)
    return diagnosis


def collect(
    request: Request,
    start: Path,
    environ: Mapping[str, str],
    progress: Progress = silent,
    now: Now = utc_now,
    *,
    peers: tuple[str, ...] | None = None,
    reach: Reach | None = None,
    revisions: tuple[int, ...] = (),
    client: Client | None = None,
    browse: bool = False,
    sweep: bool = False,
) -> tuple[Evidence, int]:
    """The evidence for a request, and the milliseconds that collecting took.

    With `peers` the same app in other environments is read too: those named, or, where none is, those that
    runback.toml tells. With `reach` the way from the app to there is read as well. Several runs with
    one `client` ask nothing twice. With `browse` the target's public pages are opened; a
    `sweep` over many apps reads no environments and no logs.
    """
    from runback import config
    from runback.collect import Breadth
    from runback.collect import collect as collect_evidence

    configuration = config.load(start, environ)
    target, unknown = _target(configuration, request)
    if peers and target.app:
        target = replace_record(target, peers={target.app: peers})
    target = replace_record(target, reach=reach, revisions=revisions)
    began = time.perf_counter()
    evidence = collect_evidence(
        target,
        config.access(environ),
        checkout=configuration.checkout,
        progress=progress,
        now=now,
        key=memory(target, environ).fingerprint_key(),
        environ=environ,
        client=client,
        breadth=Breadth(peers=peers is not None, pages=browse, private=not sweep),
    )
    _check_app(evidence, bool(configuration.environments), unknown)
    _check_branch(request, evidence, configuration.checkout)
    _check_commit(request, evidence, configuration.checkout)
    return evidence, _since(began)


def _target(configuration: Configuration, request: Request) -> tuple[Target, UnknownApp | None]:
    """What the request means. An app that runback.toml does not name is looked for on the platform; the error
    is raised where it is not there either.
    """
    from runback.config import UnknownApp

    try:
        target = configuration.target(
            app=request.app,
            environment=request.environment,
            branch=request.branch,
            sha=request.sha,
            pipeline=request.pipeline,
            symptoms=request.symptoms,
        )
    except UnknownApp as error:
        if request.app is None or request.environment is not None:
            raise
        return configuration.unnamed(request.app), error
    return target, None


def _check_app(evidence: Evidence, configured: bool, unknown: UnknownApp | None) -> None:
    """Raises UsageError for an app that was only typed, and that nobody can see.

    A configured one may just not be deployed yet: CircleCI can say why.
    """
    platform = evidence.platform
    if unknown is not None and not (isinstance(platform, Platform) and isinstance(platform.apps, tuple)):
        seen = platform.apps if isinstance(platform, Platform) else platform
        also = _nobody(seen, str(unknown)) if isinstance(seen, Gap) else ""
        raise UsageError(str(unknown), f"{unknown.advice}{also}")
    if configured or not isinstance(platform, Platform) or not isinstance(platform.apps, Gap):
        return
    raise UsageError(
        f"{platform.apps.what}: {platform.apps.reason}",
        "Check the name, and with `cf target` the organisation and space.",
    )


def _nobody(seen: Gap, said: str) -> str:
    """That the platform shows no such app; names that are near once, as the error names one already."""
    if not seen.reason.startswith("none of "):
        return f" {seen.what}: {seen.reason}."
    near = "" if "Did you mean" in said else seen.reason.partition("; ")[2]
    return " Your login sees no such app on the platform either" + (f"; {near}." if near else ".")


def _check_branch(request: Request, evidence: Evidence, checkout: Path | None) -> None:
    """Raises UsageError for a branch that neither the repository nor CircleCI knows."""
    from runback import git
    from runback.config import near

    repository, ci = evidence.repository, evidence.ci
    if request.branch is None or not isinstance(ci, Ci) or ci.pipelines != ():
        return
    if isinstance(repository, Repository) and repository.head is not None:
        return
    raise UsageError(
        f"there is no branch {request.branch!r}: neither the checkout nor CircleCI knows it."
        + near(request.branch, (*ci.branches, *(git.branches(checkout) if checkout else ()))),
        "`git fetch` brings branches that are new.",
    )


def _check_commit(request: Request, evidence: Evidence, checkout: Path | None) -> None:
    """Raises UsageError for a commit that neither the checkout nor CircleCI knows."""
    from runback.collect.repository import commit_named
    from runback.config import near

    repository, ci = evidence.repository, evidence.ci
    if request.sha is None or not isinstance(ci, Ci) or ci.pipelines != ():
        return
    if checkout is not None and commit_named(checkout, request.sha):
        return
    commits = repository.commits if isinstance(repository, Repository) else ()
    known = [one.sha[: len(request.sha)] for one in (() if isinstance(commits, Gap) else commits)]
    branch = f" of {evidence.target.branch}" if evidence.target.branch else ""
    raise UsageError(
        f"there is no commit {request.sha!r}: the checkout has none, and no pipeline{branch} ran for it."
        + near(request.sha, known),
        "`git fetch` brings what others pushed; --branch names the branch it is on.",
    )


def judge(evidence: Evidence, collect_ms: int = 0) -> Diagnosis:
    """The diagnosis of evidence, with plans: a pure function of it and of the runbook, timings apart."""
    from runback.diagnose import diagnose as diagnose_evidence
    from runback.facts import tables
    from runback.remedies import plans

    began = time.perf_counter()
    known, pages = tables(evidence), runbook()
    diagnosis = diagnose_evidence(evidence, pages, known)
    causes = tuple(
        replace_record(cause, plans=plans(cause.finding, evidence, pages, known))
        for cause in diagnosis.causes
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
        asked = replace(asked, app=running.app, environment=running.environment)
    return diagnose(asked, running.checkout, running.environ, progress, running.now)


def scan(files: Iterable[str], against: Iterable[Path] = (), progress: Progress = silent) -> Scan:
    """Diagnose plain logs; '-' is standard input. Raises InputError for what cannot be read as a log."""
    from runback.diagnose.scan import scan_files

    return scan_files(list(files), runbook(), list(against), progress)


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
