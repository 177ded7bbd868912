"""The way from an app to a host outside of the platform; and the certificate at the end of a public one."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from runback.facts import views
from runback.facts.browser import ENDS_SOON
from runback.model import Evidence, Gap, PathHop, PathSeen, Reach, Row, Tables

_TLS = (443, 8443, 61443)


def ways(evidence: Evidence, tables: Tables, source: str, reach: Reach) -> tuple[PathSeen, ...]:
    """Each way from the app to a host outside: what it is called, whether it may be asked, how that goes."""
    table = tables["network.outside"]
    rows = () if isinstance(table, Gap) else table.rows
    mine = [row for row in rows if row.app == source and row.cells["hostname"] == reach.destination]
    if reach.port is not None:
        mine = [row for row in mine if row.cells["port"] in (None, reach.port)]
    mine.sort(key=lambda row: (row.cells["port"] is None, not row.cells["variable"]))
    return tuple(_way(row, _namesake(tables, row), reach.port) for row in mine[:1])


def failing_ways(tables: Tables) -> tuple[PathSeen, ...]:
    """The ways to the world outside over which connections fail now."""
    table = tables["network.outside"]
    rows = () if isinstance(table, Gap) else table.rows
    return tuple(_way(row, _namesake(tables, row)) for row in rows if row.cells["failing"] is True)


def _namesake(tables: Tables, row: Row) -> str:
    """The route that has the host's name in another domain; '' where there is none."""
    table = tables["network.mistaken"]
    asked = (row.app, row.cells["hostname"])
    found = (
        one.cells["route"]
        for one in (() if isinstance(table, Gap) else table.rows)
        if (one.app, one.cells["hostname"]) == asked
    )
    return str(next(found, ""))


def _way(row: Row, namesake: str, asked: int | None = None) -> PathSeen:
    port = row.cells["port"]
    return PathSeen(
        source=str(row.app),
        destination="outside",
        hostname=str(row.cells["hostname"]),
        hops=tuple(_hops(row, namesake)),
        asked_by=str(row.cells["variable"] or ""),
        failing=row.cells["failing"] is True,
        port=asked or (port if isinstance(port, int) else None),
    )


def _hops(row: Row, namesake: str) -> Iterator[PathHop]:
    cells = row.cells
    host, allowed = cells["hostname"], cells["allowed"]
    if namesake:
        yield PathHop(name="name", ok=False, says=f"{host} is no route; the app's route is {namesake}")
        return
    resolved = False if cells["error"] == "not_resolved" else None
    said = (
        "the app's log says that it does not resolve"
        if resolved is False
        else "it is no route of the platform"
    )
    yield PathHop(name="name", ok=resolved, says=f"{host}: {said}")
    if isinstance(allowed, Gap):
        yield PathHop(name="security group", ok=None, says=allowed.reason)
    else:
        yield PathHop(name="security group", ok=allowed is True, says=row.where[0].text)
    if cells["scheme"] == "https" or cells["port"] in _TLS:
        says = "its certificate was not looked at: --probe does, from within the app"
        yield PathHop(name="tls", ok=None, says=says)


_PROOFS = {"name": ("routes", "environment"), "route": ("routes",), "policy": ("network policies",)}


def with_proof(row: Row, hop: PathHop) -> PathHop:
    """The hop with where it was seen."""
    begins = _PROOFS.get(hop.name, ())
    found = next((one for begin in begins for one in row.where if one.source.startswith(begin)), None)
    return replace(hop, proof=f"{found.source}: {found.text}") if found else hop


def with_certificate(evidence: Evidence, way: PathSeen) -> PathSeen:
    """The way with the names and the end of the certificate that its public route showed."""
    world = views.platform(evidence)
    shown = next((one for one in (world.certificates if world else ()) if one.host == way.hostname), None)
    if shown is None or shown.expires is None:
        return way
    left = shown.expires - evidence.collected_at
    says = f"for {views.comma(shown.names)}, valid until {shown.expires:%Y-%m-%d} ({left.days} days)"
    return replace(way, hops=(*way.hops, PathHop(name="tls", ok=left > ENDS_SOON, says=says)))
