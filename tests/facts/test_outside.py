"""Hosts outside of the platform: whether security groups let an app reach them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runback.diagnose import diagnose
from runback.facts import SCHEMAS, tables
from runback.facts.outside import Wanted, allows
from runback.facts.path import ways
from runback.model import (
    Address,
    Certificate,
    Evidence,
    Gap,
    PathSeen,
    Reach,
    Row,
    SecurityGroup,
    SecurityRule,
    Table,
)
from runback.rules import Runbook, load
from worlds import NOW, backend, healthy, log, with_app, with_logs, with_platform

BACKEND = "tdp-backend-raft"
MAIL = Address(variable="EMAIL_HOST", host="smtp.example.org", port=587)


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(SCHEMAS)


def group(*rules: tuple[str, str, str], name: str = "mail") -> SecurityGroup:
    made = (SecurityRule(protocol=protocol, destination=to, ports=ports) for protocol, to, ports in rules)
    return SecurityGroup(name=name, space="tanf-dev", rules=tuple(made))


def world(*groups: SecurityGroup, address: Address = MAIL) -> Evidence:
    known = (*backend().addresses, address)
    return with_platform(with_app(healthy(), BACKEND, addresses=known), security_groups=groups)


def rows(evidence: Evidence) -> tuple[Row, ...]:
    found = tables(evidence)["network.outside"]
    assert isinstance(found, Table)
    return found.rows


def failing(evidence: Evidence) -> Evidence:
    text = (
        "urllib3.exceptions.MaxRetryError: HTTPSConnectionPool(host='smtp.example.org', port=587): Max "
        "retries exceeded with url: / (Caused by NewConnectionError('[Errno 111] Connection refused'))"
    )
    return with_logs(evidence, log("w", "app", f"{BACKEND} APP/PROC/WEB/0", text, BACKEND, 25))


@pytest.mark.parametrize(
    ("host", "port", "rules", "ok"),
    [
        ("10.0.16.4", 5432, [("tcp", "10.0.0.0/16", "5432")], True),
        ("10.1.16.4", 5432, [("tcp", "10.0.0.0/16", "5432")], False),
        ("10.0.16.4", 5432, [("udp", "10.0.0.0/16", "5432")], False),
        ("10.0.16.4", 5433, [("tcp", "10.0.0.0/16", "5430-5440")], True),
        ("10.0.16.4", 443, [("tcp", "10.0.16.1-10.0.16.9,10.2.0.0/16", "80,443")], True),
        ("10.0.16.4", 443, [("all", "10.0.16.4", "")], True),
        ("smtp.example.org", 587, [("tcp", "0.0.0.0/0", "587")], True),
        ("smtp.example.org", 587, [("tcp", "0.0.0.0/0", "443")], False),
        ("smtp.example.org", 587, [("tcp", "0.0.0.0-9.255.255.255", "587")], None),
        ("smtp.example.org", 587, [("all", "0.0.0.0/1", ""), ("all", "128.0.0.0/1", "")], True),
        ("smtp.example.org", None, [("all", "0.0.0.0/0", "")], None),
        ("fd00::1", 443, [("all", "0.0.0.0/0", "")], None),
        ("10.0.16.4", 443, [("tcp", "no address", "443"), ("tcp", "10.0.0.0/8", "x-y")], False),
    ],
)
def test_rules(host: str, port: int | None, rules: list[tuple[str, str, str]], ok: bool | None) -> None:
    wanted = Wanted(backend(), host, port, "tcp", "X", "")
    assert allows((group(*rules),), wanted).ok is ok


def test_groups_of_other_spaces_or_none_at_all_prove_nothing() -> None:
    wanted = Wanted(backend(), "10.0.0.1", 443, "tcp", "X", "")
    assert allows((), wanted).ok is None
    assert allows((replace(group(), space="other"),), wanted).ok is None
    assert allows(Gap(what="security groups", reason="403"), wanted).by == "403"


def test_only_what_is_outside_is_looked_at() -> None:
    found = rows(world(group(("all", "0.0.0.0/0", ""))))
    assert [(row.cells["hostname"], row.cells["port"], row.cells["group"]) for row in found] == [
        ("smtp.example.org", 587, "mail opens tcp 587")
    ]
    local = world(group(), address=Address(variable="X", host="localhost", port=80))
    assert rows(local) == ()


def test_a_refused_connection_that_no_group_allows_is_a_cause(runbook: Runbook) -> None:
    evidence = failing(world(group(("tcp", "0.0.0.0/0", "443"))))
    (cause,) = diagnose(evidence, runbook).causes
    assert cause.finding.page == "security-group-missing"
    assert "connection-refused" in cause.explains


def test_one_that_a_group_allows_has_another_reason(runbook: Runbook) -> None:
    pages = [
        c.finding.page for c in diagnose(failing(world(group(("all", "0.0.0.0/0", "")))), runbook).causes
    ]
    assert pages == ["connection-refused"]


def test_a_host_that_only_the_log_names_is_looked_at_too() -> None:
    evidence = failing(with_platform(healthy(), security_groups=(group(),)))
    assert [(row.cells["hostname"], row.cells["variable"]) for row in rows(evidence)] == [
        ("smtp.example.org", None)
    ]


def way(evidence: Evidence, host: str, port: int | None = None) -> PathSeen:
    found = ways(evidence, tables(evidence), BACKEND, Reach(destination=host, port=port))
    assert not isinstance(found, Gap), found
    return found[0]


def test_the_way_to_the_world_outside() -> None:
    seen = way(world(group(("tcp", "0.0.0.0/0", "587"))), "smtp.example.org")
    assert [(hop.name, hop.ok) for hop in seen.hops] == [("name", None), ("security group", True)]
    assert (seen.asked_by, seen.port) == ("EMAIL_HOST", 587)
    tls = Address(variable="API", host="api.example.org", port=443, scheme="https")
    assert [hop.name for hop in way(world(group(), address=tls), "api.example.org").hops][-1] == "tls"


def test_the_certificate_of_a_public_route_ends_the_way() -> None:
    public = Address(
        variable="FRONTEND_BASE_URL", host="tdp-frontend-raft.app.cloud.gov", port=443, scheme="https"
    )
    shown = Certificate(host=public.host, names=("*.app.cloud.gov",), expires=NOW)
    evidence = with_platform(world(group(), address=public), certificates=(shown,))
    hop = way(evidence, public.host).hops[-1]
    assert (hop.name, hop.ok) == ("tls", False)
    assert hop.says == "for *.app.cloud.gov, valid until 2026-03-03 (0 days)"
