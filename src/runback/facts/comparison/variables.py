"""The variables of an app beside what the deployment sets, the last good revision and the peers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runback.facts import values
from runback.facts.expected import Expectation, expectations
from runback.facts.revisions import last_good
from runback.model import App, Compared, Evidence, Gap, Match, Revision, Variable


def variables(evidence: Evidence, app: App, peers: Sequence[App]) -> Iterator[Compared]:
    listed = {
        one.name.known: one
        for one in expectations(evidence, app.name, "variable")
        if one.name.known is not None and not one.doubtful
    }
    own, good = _by_name(app.variables), _good(evidence, app)
    before = {} if good is None else _by_name(good.variables)
    past = {} if isinstance(before, Gap) else before
    theirs = [_by_name(peer.variables) for peer in peers]
    tables = [table for table in (own, past, *theirs) if not isinstance(table, Gap)]
    for name in sorted({*listed, *(name for table in tables for name in table)}):
        mine = own if isinstance(own, Gap) else own.get(name)
        cells = [table if isinstance(table, Gap) else table.get(name) for table in theirs]
        expected = listed.get(name)
        remark, verdict = _remark(evidence, app, mine, cells, expected, past.get(name))
        by = expected.place if expected else f"revision {good.version}" if good and name in past else ""
        yield Compared(
            subject="variable",
            name=name,
            expected=by,
            wanted=values.wanted(expected) if expected else "set" if by else "",
            actual=mine if isinstance(mine, Gap) else values.told(app, mine),
            peers=tuple(_beside(mine, cell) for cell in cells),
            remark=remark,
            verdict=verdict,
        )


def _good(evidence: Evidence, app: App) -> Revision | None:
    found = last_good(app, evidence.collected_at)
    return None if isinstance(found, Gap) else found


def _by_name(found: tuple[Variable, ...] | Gap | None) -> dict[str, Variable] | Gap:
    if isinstance(found, Gap):
        return found
    return {variable.name: variable for variable in found or ()}


def _beside(mine: Variable | Gap | None, other: Variable | Gap | None) -> str | Gap:
    if isinstance(other, Gap):
        return other
    if other is None or other.shape == "empty":
        return "missing" if other is None else "empty"
    if mine is None or isinstance(mine, Gap):
        return "set"
    return "same" if mine.fingerprint == other.fingerprint else "different"


def _remark(
    evidence: Evidence,
    app: App,
    mine: Variable | Gap | None,
    cells: Sequence[Variable | Gap | None],
    expected: Expectation | None,
    before: Variable | None,
) -> tuple[str, Match]:
    """What deserves a look, and in one word how the variable stands."""
    if isinstance(mine, Gap):
        return "", ""
    others, asked = values.known(cells), [cell for cell in cells if not isinstance(cell, Gap)]
    if mine is None or mine.shape == "empty":
        said = []
        if others and len(others) * 2 > len(asked):
            said.append(f"{len(others)} of {len(asked)} peers have it")
        if before is not None and before.shape != "empty":
            said.append("the last good revision had it")
        if expected is not None and not said and not asked:
            said.append("the deployment sets it")
        return "; ".join(said), "missing" if mine is None else "empty"
    found = values.odd(evidence, app, mine, expected, others, before)
    return (found.says, "different") if found else ("", "same")
