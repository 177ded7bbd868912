"""Which function reads which table, and the tables of one evidence, each computed when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from runback.facts import (
    baseline,
    browser,
    changes,
    complaints,
    crashes,
    deletions,
    deploy,
    domains,
    environment,
    exceptions,
    extraroutes,
    flaky,
    halts,
    ignored,
    instances,
    leftovers,
    live,
    memory,
    misrouted,
    network,
    oddvalues,
    outside,
    pipeline,
    processes,
    requests,
    revisions,
    router,
    routes,
    services,
    sidecars,
    storedtests,
    symptoms,
    tasks,
)
from runback.facts.views import Read
from runback.model import Evidence, Gap, Table, Tables

_READERS: Mapping[str, Callable[[Evidence, Tables], Read]] = {
    "ci.pipelines": pipeline.pipelines,
    "ci.jobs": pipeline.jobs,
    "ci.steps": pipeline.steps,
    "ci.halts": halts.halts,
    "ci.baseline": baseline.baseline,
    "ci.flaky": flaky.flaky,
    "ci.memory": memory.memory,
    "ci.tests": storedtests.tests,
    complaints.TABLE: complaints.complaints,
    "deploy.calls": deploy.calls,
    "deploy.ignored": ignored.ignored,
    "deploy.unset": deploy.unset,
    "environment.variables": environment.variables,
    "environment.values": oddvalues.values,
    "services.bindings": services.bindings,
    "services.instances": instances.instances,
    "routes": routes.routes,
    "routes.lost": routes.lost,
    "routes.ends": misrouted.ends,
    "routes.extra": extraroutes.extra,
    "network.path": network.paths,
    "apps.deleted": deletions.deleted,
    "processes": processes.processes,
    "crashes": crashes.crashes,
    "exceptions": exceptions.exceptions,
    "tasks": tasks.tasks,
    "sidecars": sidecars.sidecars,
    "builds": revisions.builds,
    "deployments": revisions.deployments,
    "deployments.left": leftovers.left,
    "revisions": revisions.revisions,
    "changes": changes.changes,
    "live": live.live,
    "connections": network.connections,
    "requests": requests.requests,
    "network.outside": outside.outside,
    "network.mistaken": domains.mistaken,
    "browser.pages": browser.pages,
    "browser.certificates": browser.certificates,
    "router": router.router,
    "symptoms": symptoms.symptoms,
}


class Computed(Mapping[str, Table | Gap]):
    """The tables of one evidence, each computed when it is first asked for, and once."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._known: dict[str, Table | Gap] = {}

    def __getitem__(self, name: str) -> Table | Gap:
        if name not in self._known:
            read = _READERS[name](self._evidence, self)
            if isinstance(read, Table):
                read = replace(read, name=name)
            self._known[name] = Table(name=name, rows=read) if isinstance(read, tuple) else read
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_READERS)

    def __len__(self) -> int:
        return len(_READERS)
