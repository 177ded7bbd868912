"""What an app should have and has not: variables and services."""

from __future__ import annotations

from runback.model import Deviation, Gap, Row, Table, Tables


def deviations(tables: Tables) -> tuple[Deviation, ...]:
    """Variables and services that somebody expects; what nobody expects is not missed."""
    variables = [_variable(row) for row in _rows(tables["environment.variables"])]
    services = [_service(row) for row in _rows(tables["services.bindings"])]
    return tuple(one for one in (*variables, *services) if one is not None)


def _rows(table: Table | Gap) -> tuple[Row, ...]:
    return () if isinstance(table, Gap) else table.rows


def _variable(row: Row) -> Deviation | None:
    cells = row.cells
    state, peers, peers_with = cells["state"], cells["peers"], cells["peers_with"]
    if state not in ("missing", "empty"):
        return None
    by = [str(cells["expected_by"])] if isinstance(cells["expected_by"], str) else []
    if cells["in_last_revision"] is True:
        by.append("the revision before had it")
    if isinstance(peers, int) and isinstance(peers_with, int) and peers_with:
        by.append(f"{peers_with} of {peers} peers have it")
    if not by:
        return None
    actual = str(state) + (", unset by the deploy job" if cells["unset_by_ci"] is True else "")
    return Deviation(
        app=str(cells["app"]),
        kind="variable",
        name=str(cells["name"]),
        actual=actual,
        expected="; ".join(by),
    )


def _service(row: Row) -> Deviation | None:
    cells = row.cells
    if cells["state"] in ("bound", "succeeded") or not isinstance(cells["expected_by"], str):
        return None
    actual = str(cells["state"]).replace("_", " ")
    if cells["exists"] is False:
        actual += ", and the space has no such service"
    return Deviation(
        app=str(cells["app"]),
        kind="service",
        name=str(cells["service"]),
        actual=actual,
        expected=str(cells["expected_by"]),
    )
