"""Routes that lead to nobody: whose they were, and when that matters."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runback.facts import tables
from runback.model import Address, AuditEvent, Destination, Evidence, Repository, Route, SourceFile, Table
from worlds import at, healthy, internal, with_app, with_platform

BACKEND, FRONTEND, SCANNER = "tdp-backend-raft", "tdp-frontend-raft", "clamav-rest"
PUBLIC = Route(guid="public", url=f"{FRONTEND}.app.cloud.gov", internal=False)


def lost(evidence: Evidence) -> list[dict[str, Any]]:
    table = tables(evidence)["routes.lost"]
    assert isinstance(table, Table)
    return [dict(row.cells) for row in table.rows]


def unmapped(app: str, route: str, minute: float = 10, kind: str = "unmap") -> AuditEvent:
    return AuditEvent(
        guid=f"{kind}-{minute}", type=f"audit.app.{kind}-route", at=at(minute), app=app, actor="jo",
        data={"route_guid": route},
    )  # fmt: skip


def without_app(route: Route) -> Route:
    return replace(route, destinations=())


def test_in_a_healthy_world_no_route_is_lost() -> None:
    assert lost(healthy()) == []


def test_the_event_says_whose_route_it_was_and_who_took_it() -> None:
    route = without_app(internal(SCANNER, 9000, "tanf-prod-clamav-rest"))
    world = with_app(healthy(), SCANNER, routes=(), events=(unmapped(SCANNER, route.guid),))
    (row,) = lost(with_platform(world, routes=(route,)))
    assert (row["app"], row["url"]) == (SCANNER, "tanf-prod-clamav-rest.apps.internal")
    assert (row["asked_by"], row["unmapped_by"], row["known_by"]) == ("tdp-clamav-nginx-dev", "jo", "event")


def test_without_an_event_the_policy_tells_which_app_was_asked() -> None:
    route = without_app(internal(SCANNER, 9000, "tanf-prod-clamav-rest"))
    world = with_platform(
        with_app(healthy(), SCANNER, routes=()), routes=(route,), names={f"guid-{SCANNER}": SCANNER}
    )
    (row,) = lost(world)
    assert (row["app"], row["known_by"]) == (SCANNER, "policy")
    assert lost(with_platform(world, policies=())) == []


def test_a_name_without_any_route_is_that_of_the_app_that_is_called_so() -> None:
    (row,) = lost(with_app(healthy(), BACKEND, routes=()))
    assert (row["app"], row["url"]) == (BACKEND, f"{BACKEND}.apps.internal")
    assert (row["asked_by"], row["known_by"]) == (FRONTEND, "name")


def test_a_route_that_was_mapped_again_is_not_lost() -> None:
    events = (unmapped(BACKEND, f"route-{BACKEND}", 10), unmapped(BACKEND, f"route-{BACKEND}", 12, "map"))
    assert lost(with_app(healthy(), BACKEND, events=events)) == []


def test_the_only_public_route_of_an_app_is_missed_without_anybody_asking() -> None:
    events = (unmapped(FRONTEND, "public"),)
    world = with_app(with_platform(healthy(), routes=(PUBLIC,)), FRONTEND, routes=(), events=events)
    (row,) = lost(world)
    assert (row["app"], row["internal"], row["asked_by"]) == (FRONTEND, False, None)
    (symptom,) = [row for row in table(world, "symptoms") if row["name"] == "request-failed"]
    assert symptom["app"] == FRONTEND


def test_a_public_route_that_another_one_replaced_was_taken_on_purpose() -> None:
    leads = (Destination(app_guid=f"guid-{FRONTEND}", app=FRONTEND),)
    other = replace(PUBLIC, guid="new", url="portal.example.gov", destinations=leads)
    events = (unmapped(FRONTEND, "public"),)
    world = with_app(with_platform(healthy(), routes=(PUBLIC,)), FRONTEND, routes=(other,), events=events)
    assert lost(world) == []


def test_a_public_route_that_a_good_deployment_took_was_taken_on_purpose() -> None:
    events = (unmapped(FRONTEND, "public", 3),)  # the deploy job of the healthy world ran until minute 5
    world = with_app(with_platform(healthy(), routes=(PUBLIC,)), FRONTEND, routes=(), events=events)
    assert lost(world) == []


def test_a_public_route_that_was_taken_weeks_ago_is_not_missed() -> None:
    events = (unmapped(FRONTEND, "public", -20_000),)
    world = with_app(with_platform(healthy(), routes=(PUBLIC,)), FRONTEND, routes=(), events=events)
    assert lost(world) == []


def test_the_way_says_where_it_breaks_and_who_was_meant() -> None:
    (path,) = [row for row in table(with_app(healthy(), BACKEND, routes=()), "network.path")
               if row["source"] == FRONTEND]  # fmt: skip
    assert (path["resolved"], path["mapped"], path["destination"]) == (False, False, BACKEND)


def table(evidence: Evidence, name: str) -> list[dict[str, Any]]:
    found = tables(evidence)[name]
    assert isinstance(found, Table)
    return [dict(row.cells) for row in found.rows]


def mapped_by_a_script(domain: str, *addresses: str) -> Evidence:
    """The frontend has no route, and no event tells of one; a script maps one to it."""
    world = with_app(healthy(), FRONTEND, routes=())
    held = tuple(Address(variable="FRONTEND_BASE_URL", host=host, port=443) for host in addresses)
    world = with_app(world, BACKEND, addresses=held)
    repository = world.repository
    assert isinstance(repository, Repository)
    text = f"domain={domain}\ncf map-route {FRONTEND} $domain --hostname {FRONTEND}\n"
    files = (SourceFile(path="scripts/deploy.sh", text=text),)
    return replace(world, repository=replace(repository, files=files))


@pytest.mark.parametrize(
    ("domain", "address", "found"),
    [
        ("app.cloud.gov", "", True),
        ("${DOMAIN:-app.cloud.gov}", f"{FRONTEND}.app.cloud.gov", True),
        ("${DOMAIN:-app.cloud.gov}", "portal.example.gov", False),  # who knows what DOMAIN is
        ("apps.internal", "", False),
    ],
)
def test_a_public_route_that_a_script_maps_and_that_is_gone_is_lost(
    domain: str, address: str, found: bool
) -> None:
    rows = [row for row in lost(mapped_by_a_script(domain, address)) if row["app"] == FRONTEND]
    assert [(row["url"], row["known_by"]) for row in rows] == (
        [(f"{FRONTEND}.app.cloud.gov", "file")] if found else []
    )


def test_an_app_with_another_public_route_has_lost_none() -> None:
    other = Route(guid="other", url="portal.example.gov", internal=False)
    world = with_app(mapped_by_a_script("app.cloud.gov"), FRONTEND, routes=(other,))
    assert [row for row in lost(world) if row["app"] == FRONTEND] == []
