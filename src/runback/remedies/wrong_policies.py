"""The policies between two apps that open another port than the one that is asked for: removed, or left."""

from __future__ import annotations

import re

from runback.facts import views
from runback.facts.expected import expectations
from runback.logs.sift import sifted
from runback.model import App, Evidence, Gap, Policy, Row
from runback.remedies.interface import Asked


def wrong(asked: Asked, source: App, destination: App, protocol: str, port: int) -> list[tuple[Policy, str]]:
    """Each of them, with the sign that it may be in use; no text where nobody uses it.

    A policy that covers the wanted port among others is none of them.
    """
    world = views.platform(asked.evidence)
    policies = () if world is None or isinstance(world.policies, Gap) else world.policies
    between = [one for one in policies if (one.source, one.destination) == (source.guid, destination.guid)]
    others = [one for one in between if not _opens(one, protocol, port)]
    return [(one, _in_use(asked, source, destination, one)) for one in others]


def _opens(policy: Policy, protocol: object, port: object) -> bool:
    return policy.protocol == protocol and isinstance(port, int) and policy.start <= port <= policy.end


def _in_use(asked: Asked, source: App, destination: App, policy: Policy) -> str:
    """What is not known counts as use: a policy too many harms less than a way that is closed."""
    evidence, ways = asked.evidence, asked.tables["network.path"]
    if isinstance(source.variables, Gap) or isinstance(ways, Gap):
        return f"what {source.name} connects to could not be read"
    rows = [row for row in ways.rows if _between(row, source, destination)]
    for row in rows:
        if isinstance(row.cells["port"], Gap) or _opens(policy, row.cells["protocol"], row.cells["port"]):
            return f"{row.cells['variable']} of {source.name} may name it"
        if _named(str(row.cells["served"] or ""), policy) and not isinstance(row.cells["served"], Gap):
            return f"{destination.name} listens on it"
    for said in expectations(evidence, source.name, "policy"):
        meant = said.name.known in (None, destination.name)  # None: an argument that nobody knows
        if meant and (said.value.known is None or _named(said.value.known, policy)):
            return f"{said.place} adds it"
    hosts = {str(row.cells["hostname"]) for row in rows}
    return _in_log(evidence, source, hosts, policy)


def _between(row: Row, source: App, destination: App) -> bool:
    return (row.cells["source"], row.cells["destination"]) == (source.name, destination.name)


def _named(text: str, policy: Policy) -> bool:
    """Whether a text like `8080, 9000` or `tcp 8080` names a port of the policy."""
    return any(policy.start <= int(number) <= policy.end for number in re.findall(r"\d{1,5}", text))


def _in_log(evidence: Evidence, source: App, hosts: set[str], policy: Policy) -> str:
    """Hosts by their first part: a program may name them without their domain."""
    names = sorted({host.partition(".")[0] for host in hosts} - {""})
    asks = re.compile(rf"(?:{'|'.join(map(re.escape, names))})(?:\.[\w.-]+)?:(\d{{1,5}})")
    for log in views.logs_of(evidence, source.name, "app", "sidecar", "task"):
        for number, line in sifted(log.text, tuple(name.encode() for name in names)):
            if (asked := asks.search(line)) and _named(asked[1], policy):
                return f"line {number} of the log of {source.name} asks for it"
    return ""
