"""Routes that lead to another app than their name says, to several, or ask on a port that nobody serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from runback.diagnose import diagnose
from runback.facts import SCHEMAS, tables
from runback.facts.routes import all_routes
from runback.model import Address, AuditEvent, Destination, Evidence, Gap, Policy, Route, Table, Variable
from runback.rules import load
from worlds import (
    at,
    healthy,
    internal,
    log,
    make_app,
    platform_of,
    with_app,
    with_logs,
    with_platform,
    without_policy,
)

BACKEND, FRONTEND, OTHER = "tdp-backend-raft", "tdp-frontend-raft", "tdp-backend-qasp"
PROXY, SCANNER = "tdp-clamav-nginx-dev", "clamav-rest"
REFUSED = (
    "2026/03/03 14:35:00 [error] 12#12: *7 connect() failed (111: Connection refused) while connecting to "
    'upstream, client: 10.0.0.1, server: , request: "GET /v1/reports/ HTTP/1.1", '
    'upstream: "http://10.255.1.9:8080/v1/reports/", host: "x"'
)


def to(app: str, port: int | None = 8080) -> Destination:
    return Destination(app_guid=f"guid-{app}", app=app, port=port)


def ends(evidence: Evidence, url: str) -> list[dict[str, Any]]:
    table = tables(evidence)["routes.ends"]
    assert isinstance(table, Table)
    return [dict(row.cells) for row in table.rows if row.cells["url"] == url]


def leading(*names: str) -> Evidence:
    """The backend's internal route leads to these apps."""
    route = replace(internal(BACKEND), destinations=tuple(to(name) for name in names))
    world = with_app(healthy(), BACKEND, routes=(route,) if BACKEND in names else ())
    apps = platform_of(world).apps
    assert isinstance(apps, tuple)
    others = tuple(make_app(name, role="neighbour", routes=(route,)) for name in names if name != BACKEND)
    return with_platform(world, apps=(*apps, *others), routes=(route,))


@pytest.mark.parametrize(
    ("names", "meant"),
    [((BACKEND,), None), ((OTHER,), BACKEND), ((f"{BACKEND}-green",), None), ((OTHER, BACKEND), None)],
)
def test_a_route_that_is_called_like_an_app_is_meant_to_lead_there(
    names: tuple[str, ...], meant: str | None
) -> None:
    assert {row["meant"] for row in ends(leading(*names), f"{BACKEND}.apps.internal")} == {meant}


def test_several_apps_on_one_route_are_said_once() -> None:
    rows = ends(leading(BACKEND, OTHER), f"{BACKEND}.apps.internal")
    assert [(row["app"], row["others"]) for row in rows] == [(BACKEND, None), (OTHER, BACKEND)]


def test_who_is_refused_by_the_wrong_app_is_told_about_the_route_and_not_about_a_policy() -> None:
    world = with_logs(leading(OTHER), log("app:f", "app", "f", REFUSED, FRONTEND, 6))
    policy = Policy(
        source=f"guid-{FRONTEND}", destination=f"guid-{BACKEND}", protocol="tcp", start=8080, end=8080
    )
    world = with_platform(world, policies=(policy,))
    (cause, *_) = diagnose(world, load(SCHEMAS)).causes
    assert (cause.finding.page, cause.finding.app) == ("route-on-other-app", OTHER)
    assert "connection-refused" in cause.explains


@pytest.mark.parametrize(("port", "fits"), [(8000, False), (8080, True), (None, None)])
def test_a_public_route_asks_where_the_log_says_that_the_app_listens(
    port: int | None, fits: bool | None
) -> None:
    said = (
        ()
        if port is None
        else (log("app:f", "app", "f", f"Listening at: http://0.0.0.0:{port} (7)", FRONTEND),)
    )
    (row,) = ends(with_logs(healthy(), *said), f"{FRONTEND}.app.cloud.gov")
    assert row["fits"] is fits


def test_a_route_to_an_app_that_was_not_looked_at_is_unknown() -> None:
    route = Route(guid="r", url="x.app.cloud.gov", internal=False, destinations=(to("unseen"),))
    (row,) = ends(with_platform(healthy(), routes=(route,)), route.url)
    assert isinstance(row["fits"], Gap)


def test_where_the_routes_of_peers_end_is_not_asked() -> None:
    peer = make_app(OTHER, role="peer")
    world = healthy()
    apps = platform_of(world).apps
    assert isinstance(apps, tuple)
    route = Route(guid="r", url="x.app.cloud.gov", internal=False, destinations=(to(OTHER),))
    world = with_platform(world, apps=(*apps, peer), routes=(route,))
    world = replace(world, target=replace(world.target, peers={BACKEND: (OTHER,)}))
    assert ends(world, route.url) == []


LINE = '{host} - [2026-03-03T14:35:00.0Z] "GET / HTTP/1.1" {status} 0 67 "-" "x" x_cf_routererror:"{error}"'


def asked(host: str, app: str, status: int, error: str = "-") -> Evidence:
    """The healthy world with what the router wrote into the app's log."""
    return with_logs(
        healthy(), log("rtr", "router", "rtr", LINE.format(host=host, status=status, error=error), app)
    )


def test_the_routers_last_try_tells_why_it_could_not_talk_to_the_app() -> None:
    host = f"{FRONTEND}.app.cloud.gov"
    refused = "endpoint_failure (dial tcp 10.0.0.1:61001: connect: connection refused)"
    (row,) = ends(asked(host, FRONTEND, 502, refused), host)
    assert (row["refused"], row["failing"]) == ("dial tcp 10.0.0.1:61001: connect: connection refused", True)
    assert ends(asked(host, FRONTEND, 200), host)[0]["refused"] is None


@pytest.mark.parametrize(("port", "fits"), [(8080, None), (8000, False)])
def test_a_port_that_the_router_cannot_reach_beside_a_passed_health_check_is_wrong(
    port: int, fits: bool | None
) -> None:
    host = f"{FRONTEND}.app.cloud.gov"
    route = Route(guid="r", url=host, internal=False, destinations=(to(FRONTEND, port),))
    refused = "endpoint_failure (dial tcp 10.0.0.1:61001: connect: connection refused)"
    world = with_app(asked(host, FRONTEND, 502, refused), FRONTEND, routes=(route,))
    (row,) = ends(with_platform(world, routes=(route,)), host)
    assert (row["fits"], row["served"]) == (fits, "8080")


def test_another_app_on_the_route_is_a_stranger_and_another_version_is_none() -> None:
    url = f"{BACKEND}.apps.internal"
    assert {row["app"]: row["instead_of"] for row in ends(leading(BACKEND, OTHER), url)} == {
        BACKEND: None,
        OTHER: BACKEND,
    }
    assert {row["instead_of"] for row in ends(leading(BACKEND, f"{BACKEND}-green"), url)} == {None}
    assert {row["failing"] for row in ends(leading(BACKEND, OTHER), url)} == {False}


def test_how_a_stranger_refuses_is_counted() -> None:
    url = f"{BACKEND}.apps.internal"
    lines = "\n".join(LINE.format(host=url, status=status, error="-") for status in (404, 404, 200))
    world = with_logs(leading(BACKEND, OTHER), log("rtr", "router", "rtr", lines, OTHER))
    found = {row["app"]: (row["answers"], row["failing"]) for row in ends(world, url)}
    assert found == {BACKEND: (None, False), OTHER: ("2 × 404", True)}


def elsewhere(mapped: Sequence[AuditEvent] = ()) -> Evidence:
    """The frontend's public address leads to the frontend of another environment, which answers well."""
    world = healthy()
    route = next(one for one in all_routes(platform_of(world)) if one.url == f"{FRONTEND}.app.cloud.gov")
    route = replace(route, destinations=(to("tdp-frontend-qasp"),))
    other = make_app("tdp-frontend-qasp", role="neighbour", routes=(route,), events=tuple(mapped))
    world = with_app(world, FRONTEND, routes=())
    apps = platform_of(world).apps
    assert isinstance(apps, tuple)
    return with_platform(world, apps=(*apps, other), routes=(route,))


def test_an_address_at_which_another_app_answers_well_is_a_failure_though_no_request_fails() -> None:
    event = AuditEvent(
        guid="event-1",
        type="audit.app.map-route",
        at=at(-30),
        actor="maya@lab.example",
        data={"route_guid": all_routes(platform_of(elsewhere()))[0].guid},
    )
    found = diagnose(elsewhere((event,)), load(SCHEMAS))
    assert found.verdict == "failed"
    assert found.sentence.startswith(f"Nobody reaches {FRONTEND} at {FRONTEND}.app.cloud.gov: ")
    (cause,) = found.causes
    assert cause.finding.page == "route-on-other-app"
    assert any("maya@lab.example" in place.text for place in cause.finding.where)


def shared(answered: bool) -> Evidence:
    """The frontend's address leads to that of another environment too, which cannot reach its own backend."""
    world = elsewhere()
    (route,) = [one for one in all_routes(platform_of(world)) if one.url == f"{FRONTEND}.app.cloud.gov"]
    both = replace(route, destinations=(to(FRONTEND), to("tdp-frontend-qasp")))
    apps = platform_of(world).apps
    assert isinstance(apps, tuple)
    apps = tuple(
        replace(one, routes=(both,)) if one.name in (FRONTEND, "tdp-frontend-qasp") else one for one in apps
    )
    world = with_platform(world, apps=apps, routes=(both,))
    lost = (
        "2026/03/03 14:35:00 [error] 12#12: *7 no.apps.internal could not be resolved (3: Host not found), "
        'client: 10.0.0.1, server: , request: "GET /v1/x HTTP/1.1", host: "x"'
    )
    access = f'{FRONTEND}.app.cloud.gov - [2026-03-03T14:35:00Z] "GET /v1/x HTTP/1.1" 502 0 150 "-"'
    logs = (
        log("app:q", "app", "q", lost, "tdp-frontend-qasp", 6),
        log("rtr:q", "router", "q", access, "tdp-frontend-qasp", 6),
    )
    return with_logs(world, *logs) if answered else world


def test_what_is_wrong_with_a_stranger_comes_after_the_route_that_leads_there() -> None:
    found = diagnose(shared(answered=True), load(SCHEMAS))
    assert [cause.finding.page for cause in found.causes] == ["route-to-stranger", "name-not-resolved"]
    assert not any("cannot reach" in symptom.title for symptom in found.causes[0].symptoms)
    assert not any(notice.page == "route-shared" for notice in found.notices)


def test_a_route_that_two_apps_share_without_harm_is_a_notice() -> None:
    found = diagnose(shared(answered=False), load(SCHEMAS))
    assert found.causes == ()
    assert [notice.page for notice in found.notices] == ["route-shared"]


@pytest.mark.parametrize(
    ("taken", "allowed", "found"), [(True, True, SCANNER), (False, True, None), (True, False, None)]
)
def test_whose_a_route_was_is_told_by_who_lost_it_and_by_the_policies_that_stay(
    taken: bool, allowed: bool, found: str | None
) -> None:
    """The name of the route is not that of the app."""
    host = "tanf-prod-clamav-rest.apps.internal"
    world = healthy()
    (route,) = [one for one in all_routes(platform_of(world)) if one.url == host]
    moved = replace(route, destinations=(to(OTHER),))
    event = AuditEvent(guid="e", type="audit.app.unmap-route", at=at(5), data={"route_guid": route.guid})
    world = with_app(world, SCANNER, routes=(), events=(event,) if taken else ())
    apps = platform_of(world).apps
    assert isinstance(apps, tuple)
    other = make_app(OTHER, role="neighbour", routes=(moved,))
    world = with_platform(world, apps=(*apps, other), routes=(moved,))
    (row,) = ends(world if allowed else without_policy(world, PROXY, SCANNER), host)
    assert row["meant"] == found


@pytest.mark.parametrize(("app", "meant"), [(BACKEND, None), ("tdp-frontend-qasp", FRONTEND)])
def test_a_path_of_an_address_may_be_of_another_app_of_the_same_environment(
    app: str, meant: str | None
) -> None:
    world = elsewhere()
    (route,) = [one for one in all_routes(platform_of(world)) if one.url == f"{FRONTEND}.app.cloud.gov"]
    part = replace(route, url=f"{FRONTEND}.app.cloud.gov/v1", destinations=(to(app),))
    (row,) = ends(with_platform(with_app(world, app, routes=(part,)), routes=(part,)), part.url)
    assert row["meant"] == meant


@pytest.mark.parametrize(("host", "answered"), [(OTHER, OTHER), ("partner.qasp.example", None)])
def test_an_address_of_another_environment_is_told_by_the_app_that_answers(
    host: str, answered: str | None
) -> None:
    """Nothing fails: what comes of it is other people's data."""
    world = healthy()
    peers = {FRONTEND: ("tdp-frontend-qasp",), BACKEND: (OTHER,)}
    held = (Variable(name="BACKEND_HOST", fingerprint="x", shape="host"),)
    world = with_app(
        world, FRONTEND, variables=held, addresses=(Address(variable="BACKEND_HOST", host=host),)
    )
    theirs = make_app(OTHER, role="neighbour", routes=(internal(OTHER),))
    apps = platform_of(world).apps
    assert isinstance(apps, tuple)
    world = replace(world, target=replace(world.target, peers=peers))
    world = with_platform(world, apps=(*apps, theirs), routes=(internal(OTHER),))
    table = tables(world)["environment.values"]
    assert isinstance(table, Table)
    (row,) = [row for row in table.rows if row.app == FRONTEND]
    assert (row.cells["kind"], row.cells["matters"], row.cells["answered_by"]) == (
        "elsewhere", False, answered
    )  # fmt: skip
    told = [notice.page for notice in diagnose(world, load(SCHEMAS)).notices]
    assert ("variable-answered-elsewhere" in told) is (answered is not None)
