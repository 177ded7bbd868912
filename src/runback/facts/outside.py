"""What apps connect to outside of the platform, and whether the security groups of their space let them.

The addresses are those of the variables, and those that failed connections in the logs name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network
from typing import NamedTuple

from runback.facts import views
from runback.facts.routes import all_routes, host_of
from runback.model import App, Evidence, Gap, Platform, Row, SecurityGroup, SecurityRule, Table, Tables, Where

_LAST = 2**32 - 1
# Unless an operator chose another: silk-release, jobs/silk-controller/spec, `network`.
_OVERLAY = IPv4Network("10.255.0.0/16")
_LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - hosts that are not outside


class Wanted(NamedTuple):
    """An address outside of the platform that an app connects to."""

    source: App
    host: str
    port: int | None
    protocol: str
    variable: str
    scheme: str


class Allowed(NamedTuple):
    """Whether security groups let a connection out: `by` is the group that does, or what is in the way."""

    ok: bool | None
    by: str


def outside(evidence: Evidence, tables: Tables) -> views.Read:
    apps, world = views.apps(evidence), views.platform(evidence)
    if isinstance(apps, Gap) or world is None:
        return apps if isinstance(apps, Gap) else ()
    requests = tables["requests"]
    inside = {host_of(route).lower() for route in all_routes(world)}
    inside |= {host.partition(".")[0] for host in inside} | {app.name for app in apps}
    wanted = _wanted(apps, requests, inside, _containers(apps))
    rows = [_row(world, one, requests) for one in wanted]
    return views.partly(rows, views.unread_addresses(evidence))


def _containers(apps: Iterable[App]) -> frozenset[IPv4Network]:
    """The networks of containers: policies open them, not security groups."""
    found = {_OVERLAY}
    for app in apps:
        for process in () if isinstance(app.processes, Gap) else app.processes:
            for instance in () if isinstance(process.instances, Gap) else process.instances:
                number = _number(instance.ip or "")
                found |= {IPv4Network((int(number), 16), strict=False)} if number else set()
    return frozenset(found)


def _number(host: str) -> IPv4Address | None:
    try:
        return IPv4Address(host)
    except ValueError:
        return None


def _wanted(
    apps: Iterable[App], requests: Table | Gap, inside: set[str], containers: frozenset[IPv4Network]
) -> Iterator[Wanted]:
    rows = () if isinstance(requests, Gap) else requests.rows
    for app in apps:
        found: dict[tuple[str, int | None], Wanted] = {}
        for address in app.addresses:
            protocol = "udp" if address.scheme == "udp" else "tcp"
            found[address.host, address.port] = Wanted(
                app, address.host, address.port, protocol, address.variable, address.scheme or ""
            )
        for row in rows:
            host, port = row.cells["upstream"], row.cells["port"]
            if row.app == app.name and isinstance(host, str) and not row.cells["destination"]:
                at = port if isinstance(port, int) else None
                if not any(known == host and at in (None, number) for known, number in found):
                    found[host, at] = Wanted(app, host, at, "tcp", "", "")
        yield from (one for one in found.values() if _is_outside(one.host, inside, containers))


def _is_outside(host: str, inside: set[str], containers: frozenset[IPv4Network]) -> bool:
    number = _number(host)
    if number is not None and any(number in network for network in containers):
        return False
    return "." in host and host not in inside and host not in _LOCAL and not host.endswith(".internal")


def _row(world: Platform, wanted: Wanted, requests: Table | Gap) -> Row:
    error = _error(requests, wanted)
    allowed = allows(world.security_groups, wanted)
    unknown = Gap(what=f"security groups for {wanted.host}", reason=allowed.by)
    return Row(
        cells={
            "source": wanted.source.name,
            "variable": wanted.variable or None,
            "hostname": wanted.host,
            "port": wanted.port,
            "protocol": wanted.protocol,
            "scheme": wanted.scheme or None,
            "allowed": unknown if allowed.ok is None else allowed.ok,
            "group": allowed.by if allowed.ok else None,
            "error": error,
            "failing": error is not None,
            "space": wanted.source.space,
        },
        app=wanted.source.name,
        where=tuple(_where(wanted, allowed)),
    )


def _error(requests: Table | Gap, wanted: Wanted) -> str | None:
    """How connections to it fail now, by the app's log."""
    for row in () if isinstance(requests, Gap) else requests.rows:
        cells = row.cells
        same = cells["upstream"] == wanted.host and cells["port"] in (None, wanted.port)
        if row.app == wanted.source.name and same and cells["recovered"] is False and cells["error"]:
            return str(cells["error"])
    return None


def _where(wanted: Wanted, allowed: Allowed) -> Iterator[Where]:
    asked = f"{wanted.host}, port {wanted.port}" if wanted.port else wanted.host
    yield views.resource(f"security groups of space {wanted.source.space}", allowed.by)
    if wanted.variable:
        yield views.resource(f"environment of {wanted.source.name}", f"{wanted.variable} names {asked}")


def allows(groups: tuple[SecurityGroup, ...] | Gap, wanted: Wanted) -> Allowed:
    """By address and port; of a host that is a name by port alone, as far as that goes."""
    if isinstance(groups, Gap):
        return Allowed(None, groups.reason)
    if wanted.port is None:
        return Allowed(None, f"the port of {wanted.host} is not known")
    mine = [group for group in groups if group.space == wanted.source.space]
    if not mine and wanted.source.space not in {group.space for group in groups}:
        return Allowed(None, f"no security group of space {wanted.source.space} is visible to you")
    open_to: list[tuple[int, int]] = []
    names: list[str] = []
    for group in mine:
        ranges = [each for rule in group.rules if _is_for(rule, wanted) for each in _ranges(rule.destination)]
        if ranges:
            open_to += ranges
            names.append(group.name)
    asked = f"{wanted.protocol} {wanted.port}"
    if not names:
        return Allowed(False, f"no security group opens {asked}")
    by = f"{', '.join(names)} opens {asked}"
    return _by_address(wanted.host, tuple(open_to), by, asked)


def _by_address(host: str, open_to: tuple[tuple[int, int], ...], by: str, asked: str) -> Allowed:
    try:
        address = ip_address(host)
    except ValueError:
        if _covers_everything(open_to):
            return Allowed(True, by)
        return Allowed(None, f"{by}, but not towards every address; where {host} leads is not known here")
    if not isinstance(address, IPv4Address):
        return Allowed(None, f"{host} is an address of IPv6, which is not looked at")
    if any(first <= int(address) <= last for first, last in open_to):
        return Allowed(True, by)
    return Allowed(False, f"no security group opens {asked} towards {host}")


def _is_for(rule: SecurityRule, wanted: Wanted) -> bool:
    if rule.protocol == "all":
        return True
    return rule.protocol == wanted.protocol and _has_port(rule.ports, wanted.port or 0)


def _has_port(ports: str, port: int) -> bool:
    if not ports:
        return True
    for part in ports.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and int(first) <= port <= int(last if last.isdigit() else first):
            return True
    return False


def _ranges(destination: str) -> Iterator[tuple[int, int]]:
    """The ranges of IPv4 addresses: '10.0.0.0/8', '10.0.0.1', '10.0.0.1-10.0.0.9', several with commas."""
    for part in destination.split(","):
        first, _, last = part.strip().partition("-")
        try:
            if last:
                yield int(IPv4Address(first)), int(IPv4Address(last))
            else:
                network = ip_network(first, strict=False)
                if network.version == 4:
                    yield int(network[0]), int(network[-1])
        except ValueError:
            continue


def _covers_everything(ranges: tuple[tuple[int, int], ...]) -> bool:
    end = -1
    for first, last in sorted(ranges):
        if first > end + 1:
            return False
        end = max(end, last)
    return end >= _LAST
