"""Which port an app serves, where address and policy disagree: what it says itself, and what others do."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runback.facts import tables
from runback.model import Address, Evidence, Gap, HealthCheck, Policy, Revision, Table
from worlds import (
    NOW,
    at,
    healthy,
    log,
    make_app,
    platform_of,
    variables,
    web,
    with_app,
    with_logs,
    with_platform,
)

BACKEND, PROXY = "tdp-backend-raft", "tdp-clamav-nginx-dev"


def path(evidence: Evidence) -> dict[str, Any]:
    table = tables(evidence)["network.path"]
    assert isinstance(table, Table)
    (row,) = [row for row in table.rows if row.app == BACKEND]
    return dict(row.cells)


def asking(port: int, evidence: Evidence | None = None) -> Evidence:
    address = Address(variable="AV_SCAN_URL", host=f"{PROXY}.apps.internal", port=port, scheme="http")
    return with_app(evidence or healthy(), BACKEND, addresses=(address,))


def with_policy(evidence: Evidence, source: str, port: int) -> Evidence:
    policies = platform_of(evidence).policies
    assert isinstance(policies, tuple)
    more = Policy(source=source, destination=f"guid-{PROXY}", protocol="tcp", start=port, end=port)
    return with_platform(evidence, policies=(*policies, more))


def test_an_address_that_differs_from_its_policy_and_from_all_others_is_the_odd_one_out() -> None:
    seen = path(with_policy(asking(9001), "guid-of-another-environment", 9000))
    assert (seen["listening"], seen["served"], seen["policy"]) == (False, "9000", "not_asked")


def test_a_policy_that_differs_from_its_address_and_from_all_others_is_the_odd_one_out() -> None:
    policies = platform_of(healthy()).policies
    assert isinstance(policies, tuple)
    changed = tuple(
        replace(one, start=8080, end=8080) if one.source == f"guid-{BACKEND}" else one for one in policies
    )
    world = with_policy(with_platform(healthy(), policies=changed), "guid-of-another-environment", 9000)
    seen = path(world)
    assert isinstance(seen["listening"], Gap)
    assert seen["policy"] == "wrong_port"


def test_what_another_app_has_in_its_variables_counts_where_nobody_else_has_a_policy() -> None:
    world = asking(9001)
    address = Address(variable="SCANNER", host=f"{PROXY}.apps.internal", port=9000)
    worker = make_app("tdp-celery-raft", addresses=(address,))
    apps = platform_of(world).apps
    assert isinstance(apps, tuple)
    assert path(with_platform(world, apps=(*apps, worker)))["policy"] == "not_asked"


@pytest.mark.parametrize(
    ("fingerprint", "policy"), [("hmac-AV_SCAN_URL", "wrong_port"), ("other", "not_asked")]
)
def test_with_nobody_to_compare_a_variable_that_was_changed_is_doubted_first(
    fingerprint: str, policy: str
) -> None:
    (before,) = variables("AV_SCAN_URL")
    revisions = (
        Revision(guid="2", version=2, created_at=at(3), droplet="d", deployed=True),
        Revision(guid="1", version=1, created_at=NOW, droplet="d",
                 variables=(replace(before, fingerprint=fingerprint),)),
    )  # fmt: skip
    assert path(with_app(asking(9001), BACKEND, revisions=revisions))["policy"] == policy


def test_what_the_app_says_itself_counts_most() -> None:
    said = log("app:proxy", "app", PROXY, "[INFO] Listening at: http://0.0.0.0:9001 (7)", PROXY)
    seen = path(with_logs(asking(9001), said))
    assert (seen["listening"], seen["policy"]) == (True, "wrong_port")


@pytest.mark.parametrize(("kind", "known"), [("port", True), ("http", True), ("process", False)])
def test_a_health_check_that_passes_tells_of_the_port_it_asks_and_of_no_other(kind: str, known: bool) -> None:
    (process,) = web(PROXY, "RUNNING")
    checked = (replace(process, health=HealthCheck(type=kind)),)
    world = with_app(asking(8080), PROXY, processes=checked)
    assert (path(world)["listening"] is True) is known
    assert isinstance(path(with_app(asking(9000), PROXY, processes=checked))["listening"], Gap)


def test_what_fails_at_one_port_says_nothing_of_another() -> None:
    said = "HTTPConnectionPool(host='tdp-clamav-nginx-dev.apps.internal', port=9000): Connection refused"
    told = log("web", "app", "web", said, BACKEND)
    assert path(with_logs(asking(9000), told))["failing"] is True
    assert path(with_logs(asking(9005), told))["failing"] is False
