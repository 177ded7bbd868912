"""The way from an app to a destination, hop by hop: what a person would look up one by one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from runback.facts import views, waysoutside
from runback.model import Cell, Evidence, Gap, PathHop, PathSeen, Reach, Row, Table, Tables


def ways(evidence: Evidence, tables: Tables, source: str, reach: Reach) -> tuple[PathSeen, ...] | Gap:
    """Each way from `source` to the destination that was asked for; one for each app behind the route."""
    table = tables["network.path"]
    if isinstance(table, Gap):
        return table
    rows = [row for row in table.rows if row.app == source and _is_meant(row, reach)]
    asked = [row for row in rows if row.cells["variable"] == ""] or rows
    known = {str(row.cells["hostname"]): str(row.cells["variable"]) for row in rows if row.cells["variable"]}
    meant = _meant(tables["routes.ends"])
    found = {(row.cells["hostname"], str(row.cells["destination"])): _way(row, known, meant) for row in asked}
    known_ways = tuple(found.values())
    # A name that neither a route nor an app has is one of the world outside.
    if all(way.hops[0].ok is None for way in known_ways):
        known_ways = waysoutside.ways(evidence, tables, source, reach) or known_ways
    if not known_ways:
        reason = f"nothing here has that name{_near(evidence, reach.destination)}"
        return Gap(what=f"the way from {source} to {reach.destination}", reason=reason)
    return tuple(waysoutside.with_certificate(evidence, way) for way in known_ways)


def _near(evidence: Evidence, name: str) -> str:
    """'; near names: …' of the apps and routes that are known, if one is written nearly so."""
    world, apps = views.platform(evidence), views.apps(evidence)
    known = {app.name for app in (() if isinstance(apps, Gap) else apps)}
    if world is not None:
        known |= set(world.names.values())
        known |= {route.url for route in (() if isinstance(world.routes, Gap) else world.routes)}
    near = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.8)
    return f"; near names: {', '.join(near)}" if near else ""


def failing_ways(evidence: Evidence, tables: Tables) -> tuple[PathSeen, ...]:
    """The ways over which connections fail now, as the logs of their sources say, inside and outside."""
    table = tables["network.path"]
    rows = [row for row in (() if isinstance(table, Gap) else table.rows) if row.cells["failing"] is True]
    known = {str(row.cells["hostname"]): str(row.cells["variable"] or "") for row in rows}
    meant = _meant(tables["routes.ends"])
    inside = {
        (row.app, row.cells["hostname"], str(row.cells["destination"])): _way(row, known, meant)
        for row in rows
    }
    return (*inside.values(), *waysoutside.failing_ways(tables))


def _is_meant(row: Row, reach: Reach) -> bool:
    names = (row.cells["hostname"], row.cells["destination"])
    port = row.cells["port"]
    same_port = reach.port is None or isinstance(port, Gap) or port == reach.port
    return row.cells["variable"] == "" or (reach.destination in names and same_port)


def _meant(ends: Table | Gap) -> dict[tuple[str, str], str]:
    """Host and app of each route that leads to another app than the one that is meant → that one."""
    return {
        (str(row.cells["hostname"]), str(row.app)): str(meant)
        for row in (() if isinstance(ends, Gap) else ends.rows)
        if (meant := row.cells["meant"] or row.cells["instead_of"])
    }


def _way(row: Row, known: dict[str, str], meant: dict[tuple[str, str], str]) -> PathSeen:
    cells = row.cells
    destination, failing = cells["destination"], cells["failing"]
    hostname = str(cells["hostname"])
    return PathSeen(
        source=str(row.app),
        destination=destination if isinstance(destination, str) else "?",
        hostname=hostname,
        hops=tuple(
            waysoutside.with_proof(row, hop)
            for hop in _hops(row, meant.get((hostname, str(destination)), ""))
        ),
        asked_by=known.get(hostname, ""),
        failing=failing if isinstance(failing, bool) else None,
        port=cells["port"] if isinstance(cells["port"], int) else None,
    )


def _hops(row: Row, meant: str) -> Iterator[PathHop]:
    """All hops; behind the first that leads nowhere there is nothing to look at. `meant`: the app to which
    the route should lead, where it leads to another.
    """
    cells = row.cells
    yield _hop(
        "name",
        cells["resolved"],
        True,
        f"{cells['hostname']} is a route",
        f"no route is called {cells['hostname']}",
    )
    if cells["resolved"] is False:
        return
    destination, place = cells["destination"], f"{cells['destination_org']}/{cells['destination_space']}"
    if cells["mapped"] is False:
        whose = f"; {destination} is meant" if isinstance(destination, str) else ""
        yield PathHop(name="route", ok=False, says=f"leads to no app{whose}")
        return
    to = f"leads to {destination} in {place}"
    wrong = f"{to}, and {meant} is meant" if meant else "leads to no app"
    some = destination if isinstance(destination, Gap) else destination is not None and not meant
    yield _hop("route", some, True, to, wrong)
    if not isinstance(destination, str):
        return
    state = cells["destination_state"]
    yield _hop("app", state, "started", f"{destination} is started", f"{destination} is {state}")
    running = cells["destination_running"]
    some = running if isinstance(running, Gap) else bool(running)
    none = "none takes requests" if cells["destination_desired"] else f"{destination} is scaled to none"
    yield _hop("instances", some, True, f"{running} running", f"{none}: its name does not resolve")
    port = cells["port"]
    says = f"{destination} listens on {port}"
    yield _hop("port", cells["listening"], True, says, f"{destination} does not listen on {port}")
    yield _policy(row)


def _policy(row: Row) -> PathHop:
    cells = row.cells
    policy, needed = cells["policy"], f"{cells['protocol']} {_port(cells['port'])}"
    if isinstance(policy, Gap):
        return PathHop(name="policy", ok=None, says=policy.reason)
    said = {
        "present": f"{needed} is allowed",
        "not_needed": "a public route needs none",
        "missing": f"none allows {needed}",
        "wrong_port": f"{needed} is needed, {cells['open_ports']} is allowed",
        "not_asked": f"{cells['open_ports']} is allowed, as it is served",
    }
    return PathHop(
        name="policy", ok=policy in ("present", "not_needed"), says=said.get(str(policy), str(policy))
    )


def _port(port: Cell) -> str:
    return f"port {port}" if isinstance(port, int) else "on its port"


def _hop(name: str, cell: Cell, good: Cell, if_good: str, if_bad: str) -> PathHop:
    if isinstance(cell, Gap):
        return PathHop(name=name, ok=None, says=cell.reason)
    return PathHop(name=name, ok=cell == good, says=if_good if cell == good else if_bad)
