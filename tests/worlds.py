"""A small healthy world as evidence, and changes to it, for the tests of facts, diagnosis and remedies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from runback.model import (
    Address,
    App,
    AuditEvent,
    Binding,
    Build,
    Ci,
    Commit,
    Destination,
    Droplet,
    Evidence,
    HealthCheck,
    Instance,
    Job,
    Log,
    LogKind,
    LogText,
    Pipeline,
    Platform,
    Policy,
    Process,
    Repository,
    Revision,
    Route,
    Service,
    SourceFile,
    Step,
    Target,
    Variable,
    Workflow,
)

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
DEPLOYED = NOW - timedelta(minutes=30)
OLD, HEAD = "1" * 40, "2" * 40
SCRIPT = """#!/bin/bash
environment=${3#tdp-backend-}
celery="tdp-celery-$environment"
var_list=(
  DJANGO_SECRET_KEY
  "JWT_KEY"
  SENTRY_DSN
)
for service in tdp-db tdp-redis; do
  cf bind-service "$1" "$service-$suffix"
done
for name in "${var_list[@]}"; do cf set-env "$1" "$name" "${!name}"; done
cf push "$1" --strategy rolling || exit 1
cf restage "$1"
"""
NAMES = ("DJANGO_SECRET_KEY", "JWT_KEY", "AV_SCAN_URL", "LOGGING_LEVEL", "BASE_URL")


def at(minutes: float) -> datetime:
    """So many minutes after the deployment began."""
    return DEPLOYED + timedelta(minutes=minutes)


def log(
    identifier: str, kind: LogKind, name: str, text: str, app: str | None = None, start: float = 5
) -> Log:
    """A log: of an app with a second from line to line, of a step without times."""
    lines = text.splitlines()
    begin = int(at(start).timestamp() * 1e9)
    times = tuple(begin + index * 10**9 for index in range(len(lines))) if app else ()
    return Log(
        id=identifier,
        kind=kind,
        name=name,
        text=LogText(("\n".join(lines) + "\n").encode()),
        app=app,
        times=times,
        started_at=None if app else at(0),
    )


def variables(*names: str) -> tuple[Variable, ...]:
    return tuple(Variable(name=name, fingerprint=f"hmac-{name}", shape="text") for name in names)


def web(app: str, *states: str, memory: int = 512) -> tuple[Process, ...]:
    instances = tuple(Instance(index=i, state=state, uptime=600) for i, state in enumerate(states))
    return (
        Process(
            guid=f"{app}-web",
            type="web",
            desired=max(1, len(states)),
            memory_mb=memory,
            disk_mb=1024,
            health=HealthCheck(type="port"),
            instances=instances,
        ),
    )


def internal(app: str, port: int = 8080, host: str | None = None) -> Route:
    return Route(
        guid=f"route-{app}",
        url=f"{host or app}.apps.internal",
        internal=True,
        destinations=(Destination(app_guid=f"guid-{app}", app=app, port=port),),
    )


def make_app(name: str, space: str = "tanf-dev", **changes: Any) -> App:
    """An app that has run well for thirty minutes, and its revision before for days."""
    app = App(
        guid=f"guid-{name}",
        name=name,
        space=space,
        org="tanf",
        state="STARTED",
        created_at=NOW - timedelta(days=90),
        processes=web(name, "RUNNING"),
        droplet=Droplet(guid=f"droplet-{name}", state="STAGED", created_at=at(2), commit=HEAD),
        builds=(Build(guid=f"build-{name}", state="STAGED", created_at=at(1)),),
        revisions=(
            Revision(guid=f"{name}-2", version=2, created_at=at(3), droplet="d2", deployed=True),
            Revision(
                guid=f"{name}-1",
                version=1,
                created_at=NOW - timedelta(days=6),
                droplet="d1",
                variables=variables(*NAMES),
            ),
        ),
        routes=(internal(name),),
    )
    return replace(app, **changes)


def backend(**changes: Any) -> App:
    return make_app(
        "tdp-backend-raft",
        **{
            "variables": variables(*NAMES),
            "addresses": (
                Address(
                    variable="AV_SCAN_URL",
                    host="tdp-clamav-nginx-dev.apps.internal",
                    port=9000,
                    scheme="http",
                ),
            ),
            "bindings": (Binding(service="tdp-db-dev"), Binding(service="tdp-redis-dev")),
            **changes,
        },
    )


def steps(*actions: Step) -> tuple[Step, ...]:
    return actions


def job(name: str, status: str = "success", *actions: Step, **changes: Any) -> Job:
    number = {"secrets-check": 101, "test-backend": 102, "deploy-dev": 103}.get(name, 104)
    ran = status not in ("not_run", "blocked", "on_hold")
    made = Job(
        id=f"job-{name}",
        name=name,
        status=status,
        number=number if ran else None,
        url=f"https://ci.example/{number}",
        started_at=at(0) if ran else None,
        stopped_at=at(5) if ran else None,
        steps=actions,
    )
    return replace(made, **changes)


def step(name: str, identifier: str | None = None, status: str = "success", **changes: Any) -> Step:
    made = Step(
        name=name,
        number=105,
        status=status,
        exit_code=0 if status == "success" else 1,
        started_at=at(0),
        ended_at=at(5),
        log=identifier,
    )
    return replace(made, **changes)


def pipeline(number: int, sha: str, *jobs: Job, status: str = "success") -> Pipeline:
    return Pipeline(
        id=f"pipeline-{number}",
        number=number,
        state="created",
        branch="raft",
        sha=sha,
        created_at=at(-1) if sha == HEAD else NOW - timedelta(days=2),
        workflows=(
            Workflow(
                id=f"workflow-{number}", name="build-and-test", status=status, jobs=jobs, created_at=at(-1)
            ),
        ),
    )


def healthy() -> Evidence:
    """Frontend → backend → the scanner's proxy → the scanner in another space; everything runs the head."""
    frontend = make_app(
        "tdp-frontend-raft",
        variables=variables("BACKEND_HOST"),
        addresses=(Address(variable="BACKEND_HOST", host="tdp-backend-raft"),),
        routes=(
            Route(
                guid="public",
                url="tdp-frontend-raft.app.cloud.gov",
                internal=False,
                destinations=(
                    Destination(app_guid="guid-tdp-frontend-raft", app="tdp-frontend-raft", port=8080),
                ),
            ),
        ),
    )
    proxy = make_app(
        "tdp-clamav-nginx-dev",
        role="neighbour",
        variables=variables("CLAMAV_HOST"),
        addresses=(Address(variable="CLAMAV_HOST", host="tanf-prod-clamav-rest"),),
    )
    scanner = make_app(
        "clamav-rest",
        "tanf-prod",
        role="neighbour",
        routes=(internal("clamav-rest", 9000, "tanf-prod-clamav-rest"),),
    )
    apps = (frontend, backend(), proxy, scanner)
    return Evidence(
        collected_at=NOW,
        target=Target(
            app="tdp-backend-raft",
            environment="raft",
            branch="raft",
            org="tanf",
            space="tanf-dev",
            apps=("tdp-frontend-raft", "tdp-backend-raft"),
            deploy_jobs=("deploy-dev",),
        ),
        ci=Ci(
            project="gh/tanf/app",
            pipelines=(
                pipeline(
                    118,
                    HEAD,
                    job("secrets-check"),
                    job("test-backend", requires=("secrets-check",)),
                    job("deploy-dev", requires=("test-backend",), contexts=("tdp-dev",)),
                ),
                pipeline(117, OLD, job("deploy-dev")),
            ),
        ),
        platform=Platform(
            api="https://api.example",
            apps=apps,
            services=tuple(
                Service(guid=f"guid-{name}", name=name, type="managed", space="tanf-dev")
                for name in ("tdp-db-dev", "tdp-redis-dev", "tdp-tf-states")
            ),
            policies=tuple(
                Policy(
                    source=f"guid-{one}", destination=f"guid-{other}", protocol="tcp", start=port, end=port
                )
                for one, other, port in (
                    ("tdp-frontend-raft", "tdp-backend-raft", 8080),
                    ("tdp-backend-raft", "tdp-clamav-nginx-dev", 9000),
                    ("tdp-clamav-nginx-dev", "clamav-rest", 9000),
                )
            ),
            spaces_seen=("tanf-dev", "tanf-prod"),
        ),
        repository=Repository(
            branch="raft",
            head=HEAD,
            commits=(
                Commit(sha=HEAD, subject="Link the help pages", at=at(-1)),
                Commit(sha=OLD, subject="Release", at=NOW - timedelta(days=2)),
            ),
            files=(SourceFile(path="scripts/deploy-backend.sh", text=SCRIPT),),
        ),
    )


def platform_of(evidence: Evidence) -> Platform:
    assert isinstance(evidence.platform, Platform)
    return evidence.platform


def with_app(evidence: Evidence, name: str, **changes: Any) -> Evidence:
    """The world with one app changed."""
    world = platform_of(evidence)
    assert isinstance(world.apps, tuple)
    apps = tuple(replace(app, **changes) if app.name == name else app for app in world.apps)
    return replace(evidence, platform=replace(world, apps=apps))


def with_platform(evidence: Evidence, **changes: Any) -> Evidence:
    return replace(evidence, platform=replace(platform_of(evidence), **changes))


def without_policy(evidence: Evidence, source: str, destination: str) -> Evidence:
    policies = platform_of(evidence).policies
    assert isinstance(policies, tuple)
    pair = (f"guid-{source}", f"guid-{destination}")
    return with_platform(evidence, policies=tuple(p for p in policies if (p.source, p.destination) != pair))


def with_jobs(evidence: Evidence, *jobs: Job, status: str = "failed") -> Evidence:
    """The world whose newest pipeline has these jobs."""
    assert isinstance(evidence.ci, Ci)
    assert isinstance(evidence.ci.pipelines, tuple)
    newest = pipeline(118, HEAD, *jobs, status=status)
    return replace(evidence, ci=replace(evidence.ci, pipelines=(newest, *evidence.ci.pipelines[1:])))


def with_logs(evidence: Evidence, *logs: Log) -> Evidence:
    return replace(evidence, logs=evidence.logs + logs)


def old_code(evidence: Evidence, *apps: str) -> Evidence:
    """The apps still run the release before."""
    for name in apps or ("tdp-frontend-raft", "tdp-backend-raft"):
        droplet = Droplet(guid=f"old-{name}", state="STAGED", created_at=NOW - timedelta(days=2), commit=OLD)
        evidence = with_app(evidence, name, droplet=droplet, commit=OLD)
    return evidence


def crashes(app: str, description: str, status: int = 1, *minutes: float) -> tuple[AuditEvent, ...]:
    """Crashes as the platform writes them: two events each."""
    data: dict[str, str | int] = {
        "index": 0,
        "reason": "CRASHED",
        "exit_status": status,
        "exit_description": description,
    }
    return tuple(
        AuditEvent(guid=f"{kind}-{minute}", type=kind, at=at(minute), app=app, target=app, data=data)
        for minute in minutes or (6, 8, 12)
        for kind in ("audit.app.process.crash", "app.crash")
    )


Change = Callable[[Evidence], Evidence]
