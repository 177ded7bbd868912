"""The port that an app asks for, and whether the other app serves it: what is said, and what others do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from runback.facts import views
from runback.facts.environment import variables_before
from runback.facts.hops import Hop
from runback.facts.processes import web_process
from runback.logs.sift import sifted
from runback.model import App, Evidence, Gap, Platform, Table

DEFAULT_PORT = 8080  # on which an app is asked, and checked, where nothing else is said
_LISTENS = re.compile(r"listening (?:at|on)\b[^\d\n]*(?:\d+(?:\.\d+){3}:)?(?P<port>\d{2,5})\b", re.IGNORECASE)


def asked_port(world: Platform, hop: Hop, requests: Table | Gap, destination: str | None) -> int | Gap:
    """The port that the source asks for: from its address, its failed requests, or what others may reach.

    An address without a port is completed in a configuration file that nobody here has read.
    """
    if hop.address.port is not None:
        return hop.address.port
    for row in () if isinstance(requests, Gap) else requests.rows:
        asked = row.cells["port"]
        if row.app == hop.source.name and row.cells["destination"] == destination and isinstance(asked, int):
            return asked
    if hop.destination is not None and not isinstance(world.policies, Gap):
        others = [policy for policy in world.policies if policy.destination == hop.destination.app_guid]
        ports = {(policy.start, policy.end) for policy in others if policy.source != hop.source.guid}
        # Where the source has a policy of its own, that one tells more than those of others.
        own = any(policy.source == hop.source.guid for policy in others)
        if not own and len(ports) == 1 and len({*ports.copy().pop()}) == 1:
            return ports.pop()[0]
    return Gap(what=f"port of {hop.address.variable}", reason="the address does not hold one")


def said_ports(evidence: Evidence, app: str) -> frozenset[int]:
    """The ports on which the app's own log says that it listens; none where it does not say."""
    return frozenset(
        int(match["port"])
        for log in views.logs_of(evidence, app, "app")
        for _, line in sifted(log.text, (b"istening",))
        if (match := _LISTENS.search(line))
    )


def checked_ports(app: App) -> frozenset[int]:
    """The port that a running instance is known to serve, because its health check asks there."""
    process = web_process(app)
    if process is None or process.health is None or isinstance(process.instances, Gap):
        return frozenset()
    passes = any(instance.state == "RUNNING" for instance in process.instances)
    return frozenset({DEFAULT_PORT}) if passes and process.health.type in ("port", "http") else frozenset()


def served_ports(
    evidence: Evidence, world: Platform, found: Iterable[Hop], hop: Hop, app: App, port: int | Gap
) -> frozenset[int] | Gap:
    """The ports that the app serves; where its log does not say, those at which others reach it.

    That its health check passes tells of its own port only: others may be open too. That others reach it
    tells something only where it agrees with what the source itself is allowed: then the address is the odd
    one out, and not the policy.
    """
    said = said_ports(evidence, app.name)
    if said:
        return said
    if port in checked_ports(app):
        return checked_ports(app)
    gap = Gap(what=f"ports that {app.name} listens on", reason="its recent log does not say")
    allowed = _allowed(world, app, {hop.source.guid})
    if isinstance(port, Gap) or not allowed or port in allowed:
        return gap
    sources = set() if isinstance(world.policies, Gap) else {policy.source for policy in world.policies}
    others = _allowed(world, app, sources - {hop.source.guid}) or _addressed(found, hop, app)
    if others:
        return others if others <= allowed else gap
    return allowed if _was_changed(hop) else gap


def _allowed(world: Platform, app: App, sources: Collection[str]) -> frozenset[int]:
    """The single ports of the app that policies open to these sources."""
    return frozenset(
        policy.start
        for policy in (() if isinstance(world.policies, Gap) else world.policies)
        if policy.source in sources and policy.destination == app.guid and policy.start == policy.end
    )


def _addressed(found: Iterable[Hop], hop: Hop, app: App) -> frozenset[int]:
    """The ports at which the variables of other apps name this one."""
    return frozenset(
        other.address.port
        for other in found
        if other.source.guid != hop.source.guid
        and other.destination is not None
        and other.destination.app_guid == app.guid
        and other.address.port is not None
    )


def _was_changed(hop: Hop) -> bool:
    """Whether the variable that holds the address is another one than in the revision before."""
    before = variables_before(hop.source)
    if isinstance(before, Gap) or isinstance(hop.source.variables, Gap):
        return False
    now = {variable.name: variable for variable in hop.source.variables}
    name = hop.address.variable
    return name in now and name in before and now[name].fingerprint != before[name].fingerprint
