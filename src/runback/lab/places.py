"""What the parts of an environment are called in a world, so that one fault fits every environment.

A fault file says `cf: stop {backend}`; in the environment raft of the reference world that is
`cf stop tdp-backend-raft`.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from runback.errors import UsageError
from runback.lab.circleci import settings
from runback.lab.platform.loading import read_topology
from runback.lab.platform.topology import EnvironmentEntry, Topology

WORLDS = Path(__file__).parent / "worlds"
# program of the world → place
APPS = {
    "frontend": "frontend",
    "backend": "backend",
    "celery": "celery",
    "clamav-nginx": "proxy",
    "clamav-rest": "scanner",
}
_SERVICE = re.compile(r"-(\w+)-\{suffix\}$")


@functools.cache
def places(folder: Path, environment: str) -> dict[str, str]:
    """The places of an environment; raises UsageError for one that the world does not have.

    `branch`, `context` and `job` are only there where CI deploys the environment.
    """
    topology = read_topology(folder)
    known = {one.name: one for one in topology.environments}
    if environment not in known:
        raise UsageError(
            f"The lab's world has no environment {environment!r}.", f"There are: {', '.join(known)}."
        )
    found = _environment(known[environment])
    found |= _apps(topology, found)
    for service in topology.services:
        if match := _SERVICE.search(service.name):
            found[match[1]] = service.name.replace("{suffix}", found["suffix"])
    for domain in topology.domains:
        found.setdefault("internal" if domain.internal else "domain", domain.name)
    found["organization"] = topology.organization
    return found | _ci(folder, environment, found["suffix"])


def _environment(entry: EnvironmentEntry) -> dict[str, str]:
    return {"env": entry.name, "space": entry.space, "suffix": entry.space.split("-", 1)[-1]}


def _apps(topology: Topology, values: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in topology.apps:
        name = entry.name.replace("{env}", values["env"]).replace("{suffix}", values["suffix"])
        place = APPS.get(entry.program)
        if place is None or (entry.space and place == "proxy" and entry.space != values["space"]):
            continue
        found[place] = name
        if place == "scanner":
            found["scanner-space"] = entry.space
            found["scanner-host"] = entry.routes[0].host
    return found


def _ci(folder: Path, environment: str, suffix: str) -> dict[str, str]:
    project = settings.read(folder)
    branch = project.environments.get(environment)
    if branch is None:
        return {}
    context = next((name for name in project.contexts if name.endswith(f"-{suffix}")), "")
    return {"branch": branch, "context": context}
