"""Variables that are there, but not as they should be: localhost, another environment's, malformed …

Whether that matters is another question: it does where the app fails at that host, where an exception names
the variable, or where the app no longer runs since it changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from runback.facts import views
from runback.facts.changes import baseline
from runback.facts.environment import exceptions_naming
from runback.facts.expected import Expectation, address_of, expectations
from runback.facts.hops import hops, name_of
from runback.facts.processes import down
from runback.facts.values import Odd, address_in, allowed, known, odd
from runback.model import App, Cell, Evidence, Gap, Row, Table, Tables, Variable


def values(evidence: Evidence, tables: Tables) -> views.Read:
    failing = _failing(tables["requests"])
    return views.by_app(
        evidence,
        lambda app: app.variables,
        lambda app, found: _of_app(evidence, app, found, failing.get(app.name, set())),
    )


def _failing(requests: Table | Gap) -> dict[str, set[str]]:
    """App → the hosts at which its connections still fail."""
    found: dict[str, set[str]] = {}
    for row in () if isinstance(requests, Gap) else requests.rows:
        host = row.cells["upstream"]
        if row.app and isinstance(host, str) and row.cells["recovered"] is not True:
            found.setdefault(row.app, set()).add(host)
    return found


def _of_app(
    evidence: Evidence, app: App, variables: tuple[Variable, ...], failing: set[str]
) -> Iterator[Row]:
    listed = {one.name.known: one for one in expectations(evidence, app.name, "variable") if not one.doubtful}
    peers = [
        {one.name: one for one in peer.variables}
        for peer in views.peers_of(evidence, app)
        if not isinstance(peer.variables, Gap)
    ]
    base = baseline(app, evidence.collected_at)
    before = {} if isinstance(base, Gap) or not isinstance(base.revision.variables, tuple) else {
        one.name: one for one in base.revision.variables
    }  # fmt: skip
    found: dict[str, Odd] = {}
    for one in variables:
        others = known(peer.get(one.name) for peer in peers)
        seen = odd(evidence, app, one, listed.get(one.name), others, before.get(one.name))
        if seen is not None and not allowed(evidence, "variable", one.name):
            found[one.name] = seen
    meant = {name: host for name in found if (host := _meant(app, name, listed.get(name)))}
    named = exceptions_naming(evidence, app, {*found, *meant.values()})
    answered = _answered(evidence, app) if found else {}
    for one in variables:
        if one.name not in found:
            continue
        address = address_in(app, one.name)
        changed = one.name in before and before[one.name].fingerprint != one.fingerprint
        fails = address is not None and _fails(address.host, failing)
        proof = named.get(one.name)
        if proof is None and found[one.name].kind == "malformed":
            proof = named.get(meant.get(one.name, ""))  # the code shows what it cannot read as an address
        matters: Cell = fails or proof is not None or (changed and down(app))
        by = listed.get(one.name)
        cells: dict[str, Cell] = {
            "app": app.name,
            "name": one.name,
            "kind": found[one.name].kind,
            "says": found[one.name].says,
            "host": address.host if address is not None else None,
            "expected_by": by.place if by is not None else None,
            "changed": changed
            if before
            else Gap(what=f"earlier values of {one.name}", reason="none was read"),
            "matters": matters,
            "answered_by": answered.get(one.name),
        }
        where = [views.resource(f"environment of {app.name}", f"{one.name}: {found[one.name].says}")]
        where += [proof.where] if proof is not None else []
        where += [by.where] if by is not None else []
        yield Row(cells=cells, app=app.name, where=tuple(where))


def _answered(evidence: Evidence, app: App) -> dict[str, str]:
    """Variable → the app of another environment to which the address in it leads."""
    peers = {name for names in evidence.target.peers.values() for name in names}
    ways = hops(evidence)
    return {
        hop.address.variable: name
        for hop in (() if isinstance(ways, Gap) else ways)
        if hop.source.guid == app.guid and (name := name_of(evidence, hop.destination)) in peers and name
    }


def _meant(app: App, name: str, listed: Expectation | None) -> str | None:
    """The host that a variable names, or that the deployment would have it name."""
    address = address_in(app, name)
    if address is not None:
        return address.host
    asked = address_of(listed.value) if listed is not None else None
    return asked.host.likely if asked is not None else None


def _fails(host: str, failing: set[str]) -> bool:
    """A bare host stands for the first part of an internal route's name."""
    return any(one == host or one.startswith(f"{host}.") for one in failing)
