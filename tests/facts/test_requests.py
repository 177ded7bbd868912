"""When a failed request is over, and what the number of an address that could not be reached means."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runback.facts import tables
from runback.model import Address, Evidence, Instance, Table
from worlds import at, crashes, healthy, log, with_app, with_logs

BACKEND, FRONTEND, PROXY = "tdp-backend-raft", "tdp-frontend-raft", "tdp-clamav-nginx-dev"
UNRESOLVED = (
    "2026/03/03 14:02:11 [error] 12#12: *7 tdp-backend-raft.apps.internal could not be resolved (3: Host not "
    'found), client: 10.0.0.7, server: , request: "GET /v1/reports/7 HTTP/1.1", host: "x"'
)
REFUSED = (
    "2026/03/03 14:02:11 [error] 12#12: *7 connect() failed (111: Connection refused) while connecting to "
    'upstream, client: 10.0.0.7, server: , request: "GET /v1/x HTTP/1.1", upstream: "http://{to}/v1/x"'
)


def rows(evidence: Evidence, **where: object) -> list[dict[str, Any]]:
    table = tables(evidence)["requests"]
    assert isinstance(table, Table)
    found = [dict(row.cells) for row in table.rows]
    return [row for row in found if all(row[column] == value for column, value in where.items())]


def up_for(minutes: float) -> Evidence:
    """A world in which the backend's instance runs for so long."""
    up = Instance(index=0, state="RUNNING", uptime=int(minutes * 60), routable=True)
    process = next(one for one in _apps(healthy()) if one.name == BACKEND).processes[0]
    return with_app(healthy(), BACKEND, processes=(replace(process, instances=(up,)),))


def answered(status: int) -> Evidence:
    """A name that did not resolve, and a later answer to the same request."""
    router = "\n".join(f'x - [-] "GET /v1/reports/8 HTTP/1.1" {one} 0 1' for one in (502, status))
    app_log = log("web", "app", "web", UNRESOLVED, FRONTEND)
    times = tuple(int(at(minute).timestamp() * 1e9) for minute in (-20, -5))
    router_log = replace(log("rtr", "router", "rtr", router, FRONTEND), times=times)
    return with_logs(up_for(600), replace(app_log, times=times[:1]), router_log)


@pytest.mark.parametrize(
    ("status", "over"), [(200, True), (404, True), (500, True), (502, False), (504, False)]
)
def test_an_answer_of_whom_was_asked_shows_that_its_name_resolves(status: int, over: bool) -> None:
    (row,) = rows(answered(status), error="not_resolved")
    assert row["recovered"] is over
    gateway = [row for row in rows(answered(status)) if row["status"] == 502]
    assert [row["recovered"] for row in gateway] == [over]


def test_a_failure_of_the_app_itself_is_not_over_with_another_one() -> None:
    (row,) = rows(answered(500), status=500)
    assert row["recovered"] is False


def two_ways(refused: str, ip: str | None = None) -> dict[str, Any]:
    """What is made of a number in the log of an app whose variables name two other apps."""
    ways = (
        Address(variable="CLAMAV_HOST", host="tanf-prod-clamav-rest"),
        Address(variable="STATUS_URL", host="tdp-backend-raft.apps.internal", port=8080),
    )
    world = with_app(healthy(), PROXY, addresses=ways)
    if ip is not None:
        process = replace(
            next(one for one in _apps(world) if one.name == BACKEND).processes[0],
            instances=(Instance(index=0, state="RUNNING", ip=ip),),
        )
        world = with_app(world, BACKEND, processes=(process,))
    (row,) = rows(with_logs(world, log("w", "app", "w", REFUSED.format(to=refused), PROXY)), app=PROXY)
    return row


def _apps(world: Evidence) -> Any:
    return world.platform.apps  # type: ignore[union-attr]


def test_the_port_tells_whom_a_number_means() -> None:
    assert two_ways("10.255.1.2:8080")["destination"] == BACKEND
    assert two_ways("10.255.1.2:9000")["destination"] == "clamav-rest"


def test_an_instance_with_the_number_tells_more_than_the_port() -> None:
    assert two_ways("10.255.1.2:9000", ip="10.255.1.2")["destination"] == BACKEND


def brought_up(minutes: float, crashed: bool = False) -> bool:
    """Whether a name that did not resolve 20 minutes ago is taken to resolve: its app came up since then."""
    failed = replace(log("web", "app", "web", UNRESOLVED, FRONTEND), times=(_ns(-20),))
    events = crashes(BACKEND, "APP/PROC/WEB: Exited with status 1") if crashed else ()
    changed = with_app(with_logs(up_for(minutes), failed), BACKEND, events=events)
    (row,) = rows(changed, error="not_resolved")
    return bool(row["recovered"])


def _ns(minute: float) -> int:
    return int(at(minute).timestamp() * 1e9)


def test_a_name_whose_app_came_up_since_and_stayed_resolves_though_nobody_asked_again() -> None:
    assert brought_up(minutes=15)
    assert not brought_up(minutes=600)  # it ran all the time: the name was not to be had for another reason
    assert not brought_up(minutes=15, crashed=True)  # it comes and goes


def test_tries_that_name_no_host_are_those_of_the_connection_that_the_same_log_names() -> None:
    broken = "broken by 'NewConnectionError('<HTTPConnection object>: [Errno 111] Connection refused')': /"
    last = "HTTPConnectionPool(host='tdp-clamav-nginx-dev.apps.internal', port=9000): [Errno 111] refused"
    both = log("web", "app", "web", f"Retrying (Retry(total=0)) after connection {broken}\n{last}", BACKEND)
    alone = log("web", "app", "web", f"Retrying (Retry(total=0)) after connection {broken}", BACKEND)
    assert told(with_logs(healthy(), both)) == [f"{BACKEND} cannot reach {PROXY}"]
    assert told(with_logs(healthy(), alone)) == [f"{BACKEND} cannot reach another host"]


def told(evidence: Evidence) -> list[str]:
    table = tables(evidence)["symptoms"]
    assert isinstance(table, Table)
    return [str(row.cells["title"]) for row in table.rows]


@pytest.mark.parametrize("user", ["", ":****@", "app:****@"])
def test_a_broker_is_named_by_its_host(user: str) -> None:
    said = f"Cannot connect to rediss://{user}abc.redis.example:6379//: invalid username-password pair"
    world = with_logs(healthy(), log("web", "app", "web", said, BACKEND))
    assert told(world) == [f"{BACKEND} cannot reach abc.redis.example"]
    assert [row["port"] for row in rows(world)] == [6379]
