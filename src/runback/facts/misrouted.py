"""Where each route ends: at the app after which it is called, at another, at several, or at a wrong port."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from runback.facts import views
from runback.facts.hops import hops
from runback.facts.ports import DEFAULT_PORT, checked_ports, said_ports
from runback.facts.routes import MAPPED, UNMAPPED, all_routes, host_of, last_change, told
from runback.logs.sift import sifted
from runback.model import App, Cell, Destination, Evidence, Gap, Route, Row, Tables, Where

_STATUS = re.compile(r'(?P<host>[\w.-]+) - \[[^\]]*\] "[^"]*" (?P<status>\d{3}) ')
# gorouter, proxy/round_tripper/error_handler.go
_ENDPOINT = re.compile(r'x_cf_routererror:"endpoint_failure \((?P<reason>[^"]*)\)"')


def ends(evidence: Evidence, tables: Tables) -> tuple[Row, ...] | Gap:
    """A row for each app to which a route of the evidence leads; those that only peers have are left out."""
    apps, world = views.apps(evidence), views.platform(evidence)
    if isinstance(apps, Gap) or world is None:
        return apps if isinstance(apps, Gap) else ()
    peers = {name for names in evidence.target.peers.values() for name in names}
    return tuple(
        _row(evidence, tables, apps, route, destination)
        for route in all_routes(world)
        if _meant(apps, route) or not peers.issuperset(one.app for one in route.destinations)
        for destination in route.destinations
    )


def _row(evidence: Evidence, tables: Tables, apps: Sequence[App], route: Route, end: Destination) -> Row:
    behind = {one.app_guid: one.app for one in route.destinations}
    first = min(behind, key=lambda guid: behind[guid] or "~")  # several apps are said once, with the first
    told = end.app_guid == first and not any(
        _harms(evidence, tables, route, one) for one in route.destinations
    )
    others = [name or "an app that you cannot see" for guid, name in behind.items() if told and guid != first]
    meant = None if _is_part(evidence, route, end) else _meant(apps, route)
    meant = meant or _meant_by_policy(evidence, apps, route, end)
    intended = _intruded(route, end)
    refused, proof = _refused(evidence, route, end)
    wrong = _answers(evidence, route, end) if intended else ()
    mapped = _mapped(apps, route, end) if meant or intended else ()
    leads = f"{route.url} leads to {views.comma(_said(one) for one in route.destinations)}"
    return Row(
        cells={
            "url": route.url,
            "hostname": host_of(route),
            "internal": route.internal,
            "app": end.app,
            "others": views.comma(others),
            "all": views.comma(sorted(_said(one) for one in route.destinations)),
            "weight": end.weight,
            "meant": meant,
            "instead_of": intended,
            "failing": bool(wrong) or _failing(tables, route, refused),
            "answers": views.comma(f"{count} × {status}" for status, count in wrong),
            "port": end.port,
            "protocol": end.protocol,
            "fits": _fits(evidence, apps, route, end, refused),
            "served": views.comma(map(str, sorted(_listens(evidence, apps, end)))),
            "refused": refused,
        },
        app=end.app,
        where=(views.resource("routes", leads), *mapped, *proof),
    )


def _mapped(apps: Sequence[App], route: Route, end: Destination) -> tuple[Where, ...]:
    """Who mapped the route to the app, where the app's events tell."""
    app = next((one for one in apps if one.guid == end.app_guid), None)
    event = last_change(app, route.guid) if app is not None else None
    return (told(event, end.app),) if event is not None and event.type == MAPPED else ()


def _harms(evidence: Evidence, tables: Tables, route: Route, end: Destination) -> bool:
    """Whether it is another app than the one that is meant, and requests fail by this route."""
    if not _intruded(route, end):
        return False
    refused, _ = _refused(evidence, route, end)
    return bool(_answers(evidence, route, end)) or _failing(tables, route, refused) is True


def _said(end: Destination) -> str:
    name = end.app or "an app that you cannot see"
    port = f" on port {end.port}" if end.port not in (None, DEFAULT_PORT) else ""
    return f"{name}{port}" + (f" ({end.weight} %)" if end.weight is not None else "")


def _meant(apps: Sequence[App], route: Route) -> str | None:
    """The app after which the route is called, where it leads to others only."""
    name = host_of(route).split(".")[0]
    behind = [one.app or "" for one in route.destinations]
    if any(one == "" or _is_version(one, name) for one in behind):
        return None
    return next((app.name for app in apps if app.name == name), None)


def _is_part(evidence: Evidence, route: Route, end: Destination) -> bool:
    """Whether another app of the environment has a path of the address for itself, which is how an API comes
    to stand beside its pages.
    """
    own = evidence.target.apps or ((evidence.target.app,) if evidence.target.app else ())
    return "/" in route.url and end.app in own


def _meant_by_policy(evidence: Evidence, apps: Sequence[App], route: Route, end: Destination) -> str | None:
    """The app from which somebody took this internal route, and which those who ask by it may still reach,
    while they may not reach this one: policies belong to apps, and stay when a route is moved.
    """
    found, world = hops(evidence), views.platform(evidence)
    if isinstance(found, Gap) or world is None or isinstance(world.policies, Gap) or not route.internal:
        return None
    allowed = {(policy.source, policy.destination) for policy in world.policies}
    sources = {hop.source.guid for hop in found if hop.route is not None and hop.route.guid == route.guid}
    barred = {one for one in sources if one != end.app_guid and (one, end.app_guid) not in allowed}
    behind = {one.app_guid for one in route.destinations}
    for app in apps:
        event = last_change(app, route.guid)
        taken = event is not None and event.type == UNMAPPED and app.guid not in behind
        if taken and any((source, app.guid) in allowed for source in barred):
            return app.name
    return None


def _is_version(app: str, name: str) -> bool:
    """An app whose name only adds a word ('-green', '-venerable') is the same one in another version."""
    return app.startswith(name) or name.startswith(app)


def _intruded(route: Route, end: Destination) -> str | None:
    """The app that is meant and that the route leads to as well, where this one is another than that."""
    name = host_of(route).split(".")[0]
    if not end.app or _is_version(end.app, name):
        return None
    return next((one.app for one in route.destinations if one.app and _is_version(one.app, name)), None)


def _refused(evidence: Evidence, route: Route, end: Destination) -> tuple[str | None, tuple[Where, ...]]:
    """Why the router could not talk to the app when it was asked by this route last, in its own words."""
    last: tuple[str | None, tuple[Where, ...]] = (None, ())
    host = host_of(route).lower()
    for log in () if route.internal else views.logs_of(evidence, end.app or "", "router"):
        for number, line in sifted(log.text, (host.encode(),)):
            if not line.lower().startswith(f"{host} - "):
                continue
            said = _ENDPOINT.search(line)
            last = (said["reason"], (views.at_line(log, number, line),)) if said else (None, ())
    return last


def _answers(evidence: Evidence, route: Route, end: Destination) -> tuple[tuple[int, int], ...]:
    """How the app refuses what it is asked by this route: status and count, the most frequent first."""
    found = Counter[int]()
    for log in views.logs_of(evidence, end.app or "", "router"):
        for _, line in sifted(log.text, (host_of(route).lower().encode(),)):
            status = _STATUS.match(line)
            if status and status["host"].lower() == host_of(route).lower() and status["status"] >= "400":
                found[int(status["status"])] += 1
    return tuple(found.most_common())


def _failing(tables: Tables, route: Route, refused: str | None) -> Cell:
    """Whether requests by this route fail, as those who ask or the router say."""
    requests, pages = tables["requests"], tables["browser.pages"]
    if isinstance(requests, Gap):
        return requests
    inside = any(
        row.cells["upstream"] == host_of(route) and row.cells["recovered"] is False for row in requests.rows
    )
    seen = any(
        isinstance(row.cells["problem"], str) and host_of(route) == urlsplit(str(row.cells["page"])).hostname
        for row in (() if isinstance(pages, Gap) else pages.rows)
    )
    return inside or seen or refused is not None


def _fits(
    evidence: Evidence, apps: Sequence[App], route: Route, end: Destination, refused: str | None
) -> Cell:
    """Whether the app listens where the router asks it, as far as its log or its health check says where.

    An internal route has no port of its own. A log that does not say so is the rule, and no gap. What passes
    a health check may listen on other ports too, so that the router must say that this one is not served.
    """
    if route.internal or end.port is None:
        return True
    if not any(app.guid == end.app_guid for app in apps):
        return Gap(what=f"the app behind {route.url}", reason="it was not looked at")
    said = said_ports(evidence, end.app or "")
    if said:
        return end.port in said
    elsewhere = _checked(apps, end) - {end.port}
    return False if elsewhere and refused and "refused" in refused else None


def _listens(evidence: Evidence, apps: Sequence[App], end: Destination) -> frozenset[int]:
    return said_ports(evidence, end.app or "") or _checked(apps, end)


def _checked(apps: Sequence[App], end: Destination) -> frozenset[int]:
    app = next((one for one in apps if one.guid == end.app_guid), None)
    return checked_ports(app) if app is not None else frozenset()
