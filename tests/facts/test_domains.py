"""Addresses with the right name in the wrong domain."""

from __future__ import annotations

from runback.diagnose import diagnose
from runback.facts import SCHEMAS, tables
from runback.model import Address, Evidence, Table
from runback.rules import load
from worlds import healthy, log, with_app, with_logs

BACKEND = "tdp-backend-raft"
WRONG = "tdp-clamav-nginx-dev.app.cloud.gov"
TIMED_OUT = (
    "HTTPConnectionPool(host='{host}', port=9000): Max retries exceeded with url: /scan (Caused by "
    "ConnectTimeoutError(<urllib3.connection.HTTPConnection object>, 'Connection to {host} timed out. "
    "(connect timeout=30)'))"
)


def asking(host: str, failing: bool = False) -> Evidence:
    address = Address(variable="AV_SCAN_URL", host=host, port=9000, scheme="http")
    world = with_app(healthy(), BACKEND, addresses=(address,))
    line = TIMED_OUT.format(host=host)
    return with_logs(world, log("w", "app", "w", line, BACKEND)) if failing else world


def mistaken(evidence: Evidence) -> list[tuple[object, object, object]]:
    table = tables(evidence)["network.mistaken"]
    assert isinstance(table, Table)
    return [(row.app, row.cells["route"], row.cells["failing"]) for row in table.rows]


def test_the_public_domain_for_an_internal_route() -> None:
    route = "tdp-clamav-nginx-dev.apps.internal"
    assert mistaken(asking(WRONG)) == [(BACKEND, route, False)]
    assert mistaken(asking(WRONG, failing=True)) == [(BACKEND, route, True)]


def test_the_internal_domain_for_a_public_route() -> None:
    host = "tdp-frontend-raft.apps.internal"
    assert mistaken(asking(host)) == [(BACKEND, "tdp-frontend-raft.app.cloud.gov", False)]


def test_a_route_that_exists_and_a_domain_that_nobody_knows_are_none() -> None:
    assert mistaken(asking("tdp-clamav-nginx-dev.apps.internal")) == []
    assert mistaken(asking("tdp-clamav-nginx-dev.example.gov")) == []


def test_it_is_the_cause_of_what_cannot_be_reached_there() -> None:
    causes = diagnose(asking(WRONG, failing=True), load(SCHEMAS)).causes
    assert [cause.finding.page for cause in causes] == ["address-of-other-domain"]
    assert {"connection-timed-out", "request-failed"} <= set(causes[0].explains)
