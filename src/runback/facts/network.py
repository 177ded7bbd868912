"""The way from app to app: address in the variables → route → app → state → port → policy."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from runback.facts import deletions, views
from runback.facts.hops import ERRORS, FOUND, Hop, app_of, hops, name_of
from runback.facts.ports import asked_port, served_ports
from runback.facts.processes import unready, web_process
from runback.facts.routes import host_of
from runback.model import App, Cell, Evidence, Gap, Platform, Policy, Row, Table, Tables, Where


def connections(evidence: Evidence, tables: Tables) -> views.Read:
    found = hops(evidence)
    if isinstance(found, Gap):
        return found
    edges: dict[tuple[str, str, str | None], tuple[str, str]] = {}
    sharing = frozenset(_sharing_code(evidence))
    for hop in found:
        name = name_of(evidence, hop.destination)
        if name and name != hop.source.name and not _names_its_caller(found, hop, name, sharing):
            host = host_of(hop.route) if hop.route else None
            edges.setdefault((hop.source.name, name, host), ("address", host or hop.address.host))
    for one, other in sorted(sharing):
        edges.setdefault((one, other, None), ("shares-code", f"shares code with {other}"))
    rows = [
        Row(
            cells={"source": source, "destination": destination, "why": why, "hostname": hostname},
            app=source,
            where=(views.resource(f"environment of {source}", said),),
        )
        for (source, destination, hostname), (why, said) in edges.items()
    ]
    return views.partly(rows, views.unread_addresses(evidence))


def _names_its_caller(
    found: tuple[Hop, ...], hop: Hop, name: str, sharing: frozenset[tuple[str, str]]
) -> bool:
    """Whether a public address is that of an app which calls this one: a link for people, no dependency."""
    if hop.route is None or hop.route.internal:
        return False
    return any(
        other.source.name == name
        and other.route is not None
        and other.route.internal
        and other.destination is not None
        and (
            other.destination.app_guid == hop.source.guid
            or (hop.source.name, other.destination.app) in sharing
        )
        for other in found
    )


def _sharing_code(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Pairs of the environment's apps that read the same settings: one code with two start commands."""
    apps = views.apps(evidence)
    own = [] if isinstance(apps, Gap) else [app for app in apps if views.belongs(evidence, app)]
    names = {
        app.name: {variable.name for variable in app.variables}
        for app in own
        if not isinstance(app.variables, Gap) and len(app.variables) >= 5
    }
    for one, first in names.items():
        for other, second in names.items():
            if one != other and len(first & second) >= 0.7 * len(first | second):
                yield one, other


def paths(evidence: Evidence, tables: Tables) -> views.Read:
    found, world = hops(evidence), views.platform(evidence)
    if isinstance(found, Gap) or world is None:
        return found if isinstance(found, Gap) else ()
    requests = tables["requests"]
    hidden = _hidden_hops(evidence, found, requests)
    rows = []
    for hop in (*found, *hidden):
        app = app_of(evidence, hop.destination)
        port = asked_port(world, hop, requests, name_of(evidence, hop.destination))
        served = _served(evidence, world, found, hop, app, port) if app else None
        rows.append(_path_row(evidence, world, hop, requests, port, served))
    return views.partly(rows, views.unread_addresses(evidence))


def _hidden_hops(evidence: Evidence, found: tuple[Hop, ...], requests: Table | Gap) -> Iterator[Hop]:
    """Names of one word that no visible route has, of apps that fail to connect to nobody knows whom.

    Such a name is nobody's outside the platform; its route may be in a space that this user cannot see.
    """
    apps = views.apps(evidence)
    failing = {
        row.app
        for row in (() if isinstance(requests, Gap) else requests.rows)
        if row.cells["error"] is not None and row.cells["recovered"] is False and not row.cells["destination"]
    }
    known = {(hop.source.guid, hop.address.host) for hop in found}
    for app in () if isinstance(apps, Gap) else apps:
        for address in app.addresses if app.name in failing else ():
            bare = "." not in address.host and address.host != "localhost"
            if bare and (app.guid, address.host) not in known:
                yield Hop(app, address, None, None)


def _path_row(
    evidence: Evidence,
    world: Platform,
    hop: Hop,
    requests: Table | Gap,
    port: int | Gap,
    served: frozenset[int] | Gap | None,
) -> Row:
    destination = app_of(evidence, hop.destination)
    name = name_of(evidence, hop.destination)
    host = host_of(hop.route) if hop.route else hop.address.host
    protocol = "udp" if hop.address.scheme == "udp" else "tcp"
    failing, refused = _failing(requests, hop, name), _failing(requests, hop, name, FOUND)
    policy, open_ports = _policy(world, hop, destination, port, protocol, refused)
    if policy == "wrong_port" and isinstance(served, frozenset) and port not in served:
        policy = "not_asked"  # it opens what the destination serves: the address is wrong
    invisible = Gap(what=f"the app behind {hop.address.host}", reason="you cannot see it")
    # A route that leads nowhere, or to a deleted app, has no app behind it; one that nobody sees may have.
    nobody = name in deletions.names(world) if hop.destination else hop.route is not None
    unseen: Cell = None if nobody else invisible
    return Row(
        cells={
            "source": hop.source.name,
            "variable": hop.address.variable,
            "hostname": host,
            "port": port,
            "protocol": protocol,
            "resolved": _resolved(world, hop),
            "mapped": bool(hop.route.destinations) if hop.route else _resolved(world, hop),
            "destination": name or unseen,
            "destination_space": destination.space if destination else unseen,
            "destination_org": destination.org if destination else unseen,
            "destination_state": destination.state.lower() if destination else unseen,
            "destination_running": _running(destination) if destination else unseen,
            "destination_desired": _desired(destination) if destination else unseen,
            "listening": _listening(served, port) if destination else unseen,
            "served": _listed(served) if destination else unseen,
            "internal": hop.route.internal if hop.route else hop.address.host.endswith(".internal"),
            "policy": policy,
            "open_ports": open_ports,
            "same_space": destination.space == hop.source.space if destination else unseen,
            "failing": failing,
            "refused": refused,
        },
        app=hop.source.name,
        where=_proof(hop, name, policy, open_ports, protocol, port),
    )


def _resolved(world: Platform, hop: Hop) -> Cell:
    if hop.route is not None:
        return True
    if isinstance(world.routes, Gap):
        return world.routes
    if hop.destination is not None:
        return False
    return Gap(what=f"the route {hop.address.host}", reason=f"no route {hop.address.host} is visible to you")


def _running(app: App) -> Cell:
    process = web_process(app)
    if process is None:
        return app.processes if isinstance(app.processes, Gap) else 0
    if isinstance(process.instances, Gap):
        return process.instances
    return sum(instance.state == "RUNNING" for instance in process.instances) - unready(process)


def _desired(app: App) -> Cell:
    process = web_process(app)
    return process.desired if process is not None else app.processes if isinstance(app.processes, Gap) else 0


def _served(
    evidence: Evidence, world: Platform, found: tuple[Hop, ...], hop: Hop, app: App, port: int | Gap
) -> frozenset[int] | Gap:
    if hop.route is not None and not hop.route.internal:
        return Gap(what=f"ports that {app.name} listens on", reason="the router asks it on its own")
    return served_ports(evidence, world, found, hop, app, port)


def _listening(served: frozenset[int] | Gap | None, port: int | Gap) -> Cell:
    if served is None or isinstance(served, Gap):
        return served
    return port if isinstance(port, Gap) else port in served


def _listed(served: frozenset[int] | Gap | None) -> Cell:
    return views.comma(map(str, sorted(served))) if isinstance(served, frozenset) else served


def _policy(
    world: Platform, hop: Hop, app: App | None, port: int | Gap, protocol: str, refused: Cell
) -> tuple[Cell, str | None]:
    if hop.route is None:
        what = f"policies from {hop.source.name} to {hop.address.host}"
        reason = f"the app behind {hop.address.host} is not visible to you"
        return (None if hop.destination else Gap(what=what, reason=reason)), None
    if not hop.route.internal or (hop.destination and hop.destination.app in deletions.names(world)):
        return "not_needed", None
    if isinstance(world.policies, Gap) or hop.destination is None:
        return (world.policies if isinstance(world.policies, Gap) else None), None
    between = [
        policy
        for policy in world.policies
        if policy.source == hop.source.guid and policy.destination == hop.destination.app_guid
    ]
    open_ports = views.comma(_range(policy) for policy in between)
    if between and isinstance(port, Gap):
        # Somebody opened a port and nothing is refused: it is the one that is needed.
        return (port if refused else "present"), open_ports
    if any(p.protocol == protocol and isinstance(port, int) and p.start <= port <= p.end for p in between):
        return "present", open_ports
    if between:
        return "wrong_port", open_ports
    hidden = _hidden(world, hop, app)
    return (hidden or "missing"), None


def _range(policy: Policy) -> str:
    ports = str(policy.start) if policy.start == policy.end else f"{policy.start}-{policy.end}"
    return f"{policy.protocol} {ports}"


def _hidden(world: Platform, hop: Hop, app: App | None) -> Gap | None:
    """Why an empty list of policies proves nothing: a space in which this user sees none."""
    what = f"policies from {hop.source.name} to {app.name if app else hop.address.host}"
    if isinstance(world.spaces_seen, Gap):
        return Gap(what=what, reason=world.spaces_seen.reason)
    spaces = [hop.source.space, app.space if app else hop.route.space if hop.route else None]
    for space in spaces:
        if space is None or space not in world.spaces_seen:
            return Gap(
                what=what, reason=f"policies of space {space or 'of the other app'} are invisible to you"
            )
    return None


def _failing(
    requests: Table | Gap, hop: Hop, destination: str | None, errors: Collection[str] = ERRORS
) -> Cell:
    if isinstance(requests, Gap):
        return requests
    return any(
        row.app == hop.source.name
        and row.cells["recovered"] is False
        and row.cells["error"] in errors
        and (row.cells["upstream"] == hop.address.host or row.cells["destination"] == (destination or ""))
        and hop.address.port in (None, row.cells["port"] or hop.address.port)
        for row in requests.rows
    )


def _proof(
    hop: Hop, name: str | None, policy: Cell, open_ports: str | None, protocol: str, port: int | Gap
) -> tuple[Where, ...]:
    asked = f"port {port}" if isinstance(port, int) else "without a port"
    variable = views.resource(
        f"environment of {hop.source.name}", f"{hop.address.variable} names {hop.address.host}, {asked}"
    )
    if hop.route is None:
        return (variable, views.resource("routes", f"no route has the host {hop.address.host}"))
    leads = name if hop.route.destinations else None
    route = views.resource("routes", f"{hop.route.url} leads to {leads or 'no app'}")
    policies = views.resource(
        f"network policies of {hop.source.name}",
        f"to {name}: {open_ports or 'none'}; {protocol} {port if isinstance(port, int) else ''} is needed",
    )
    return (policies, variable, route) if isinstance(policy, str) else (variable, route)
