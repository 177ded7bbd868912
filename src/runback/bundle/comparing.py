"""Two bundles side by side: each evidence as named lines, and the lines that differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from runback.model import App, Ci, Droplet, Evidence, Gap, Platform, Process, Repository, Variable

Part = TypeVar("Part")
_Line = tuple[tuple[str, str], str]  # (subject, what), how it is


@dataclass(frozen=True)
class Difference:
    """`first` and `second` are '' where the thing is not there."""

    subject: str
    what: str
    first: str
    second: str


def differences(first: Evidence, second: Evidence, *, comparable: bool = True) -> tuple[Difference, ...]:
    """What differs, by subject. Apps of two environments are the same app where their names say so.

    Without `comparable`, fingerprints have no meaning for each other, and only shapes are compared.
    """
    here, there = (dict(_lines(evidence, comparable)) for evidence in (first, second))
    keys = sorted({*here, *there})
    return tuple(
        Difference(subject, what, here.get((subject, what), ""), there.get((subject, what), ""))
        for subject, what in keys
        if here.get((subject, what)) != there.get((subject, what))
    )


def _lines(evidence: Evidence, comparable: bool) -> Iterator[_Line]:
    name = _Names(evidence)
    yield from _pipeline(evidence.ci)
    repository = evidence.repository
    if isinstance(repository, Repository) and repository.head:
        yield ("repository", "head"), repository.head[:10]
    if not isinstance(evidence.platform, Platform):
        yield ("platform", "state"), _gap(evidence.platform)
        return
    apps = evidence.platform.apps
    if isinstance(apps, Gap):
        yield ("platform", "apps"), _gap(apps)
        return
    for app in apps:
        for what, how in _app(app, name, comparable):
            yield (f"app {name.common(app.name)}", what), how
    yield from _policies(evidence.platform, apps, name)


class _Names:
    """Names without the environment that they carry: `tdp-backend-raft` in raft is `tdp-backend-*`."""

    def __init__(self, evidence: Evidence) -> None:
        environment = evidence.target.environment
        self._own = re.compile(rf"\b{re.escape(environment)}\b") if environment else None

    def common(self, name: str) -> str:
        return self._own.sub("*", name) if self._own else name


def _pipeline(ci: Ci | Gap | None) -> Iterator[_Line]:
    if not isinstance(ci, Ci) or isinstance(ci.pipelines, Gap) or not ci.pipelines:
        yield ("CI", "pipeline"), _gap(ci)
        return
    newest = ci.pipelines[0]
    yield ("CI", "pipeline"), f"{newest.number} {(newest.sha or '?')[:10]}"
    for workflow in newest.workflows if isinstance(newest.workflows, tuple) else ():
        yield (f"CI workflow {workflow.name}", "status"), workflow.status
        for job in workflow.jobs if isinstance(workflow.jobs, tuple) else ():
            yield (f"CI job {job.name}", "status"), job.status


def _app(app: App, name: _Names, comparable: bool) -> Iterator[tuple[str, str]]:
    yield "state", app.state
    yield "commit", (app.commit or "unknown")[:10]
    if isinstance(app.droplet, Droplet):
        yield "buildpacks", ", ".join(app.droplet.buildpacks)
        yield "stack", app.droplet.stack or "unknown"
    yield from _each("process", app.processes, lambda one: one.type, _process)
    running = (
        [one.version for one in app.revisions if one.deployed] if isinstance(app.revisions, tuple) else []
    )
    yield "revision", ", ".join(map(str, running)) or "unknown"
    yield from _each("variable", app.variables, lambda one: one.name, lambda one: _value(one, comparable))
    yield from _each("service", app.bindings, lambda one: name.common(one.service), lambda one: one.state)
    yield from _each("route", app.routes, lambda one: name.common(one.url), lambda one: "mapped")
    if isinstance(app.events, tuple):
        crashes = sum(event.type.endswith("process.crash") for event in app.events)
        yield "crashes", str(crashes)


def _each(
    kind: str,
    found: tuple[Part, ...] | Gap,
    called: Callable[[Part], str],
    described: Callable[[Part], str],
) -> Iterator[tuple[str, str]]:
    if isinstance(found, Gap):
        yield f"{kind}s", _gap(found)
        return
    for one in found:
        yield f"{kind} {called(one)}", described(one)


def _process(process: Process) -> str:
    states = "unknown"
    if isinstance(process.instances, tuple):
        counted = Counter(one.state for one in process.instances)
        states = ", ".join(f"{count} {state}" for state, count in sorted(counted.items())) or "none"
    health = process.health.type if process.health else "no check"
    return f"{process.desired} × {process.memory_mb} MB, disk {process.disk_mb} MB, {health}; {states}"


def _value(variable: Variable, comparable: bool) -> str:
    return f"{variable.shape} {variable.fingerprint[:6]}" if comparable else variable.shape


def _policies(platform: Platform, apps: tuple[App, ...], name: _Names) -> Iterator[_Line]:
    if isinstance(platform.policies, Gap):
        yield ("network", "policies"), _gap(platform.policies)
        return
    names = {app.guid: name.common(app.name) for app in apps}
    for policy in platform.policies:
        ends = f"{names.get(policy.source, '?')} → {names.get(policy.destination, '?')}"
        ports = str(policy.start) if policy.start == policy.end else f"{policy.start}-{policy.end}"
        yield ("network", f"policy {ends} {policy.protocol}/{ports}"), "allowed"


def _gap(node: object) -> str:
    return f"unknown ({node.reason})" if isinstance(node, Gap) else "none"
