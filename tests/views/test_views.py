"""The views of worlds built by hand: what stands around a proof, on the timeline, on the map."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from runback.diagnose import diagnose
from runback.facts import SCHEMAS
from runback.model import Binding, Diagnosis, Evidence, Gap, Health, Log, LogText, Where
from runback.rules import Runbook, load
from runback.views.excerpts import LONGEST, excerpts
from worlds import (
    NOW,
    crashes,
    healthy,
    internal,
    log,
    variables,
    web,
    with_app,
    with_logs,
    with_platform,
    without_policy,
)

BACKEND, PROXY, SCANNER = "tdp-backend-raft", "tdp-clamav-nginx-dev", "clamav-rest"


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(SCHEMAS)


def edge(diagnosis: Diagnosis, source: str, destination: str) -> tuple[Health, str]:
    (found,) = [
        one for one in diagnosis.views.edges if (one.source, one.destination) == (source, destination)
    ]
    return found.health, found.says


def lines(*numbers: int) -> list[Where]:
    return [Where(kind="log", source="x", line=number, log="x") for number in numbers]


def a_log(*text: bytes) -> Log:
    return Log(id="x", kind="app", name="app X", text=LogText(b"\n".join(text) + b"\n"))


def test_an_excerpt_holds_three_lines_on_each_side() -> None:
    (found,) = excerpts([a_log(*(b"%d" % n for n in range(1, 21)))], lines(10))
    assert (found.first, found.lines, found.hits) == (7, ("7", "8", "9", "10", "11", "12", "13"), (10,))


def test_neighbouring_proofs_share_an_excerpt_and_far_ones_do_not() -> None:
    found = excerpts([a_log(*(b"%d" % n for n in range(1, 101)))], lines(50, 4, 1, 50))
    assert [(one.first, one.hits) for one in found] == [(1, (1, 4)), (47, (50,))]
    assert found[0].lines == ("1", "2", "3", "4", "5", "6", "7")


def test_an_excerpt_ends_with_the_log() -> None:
    (found,) = excerpts([a_log(b"one", b"two")], lines(2))
    assert found.lines == ("one", "two")
    assert excerpts([a_log(b"one")], lines(40)) == ()


def test_a_line_is_shown_as_a_terminal_would_and_never_whole_where_it_is_huge() -> None:
    (found,) = excerpts([a_log(b"\x1b[31mred\x1b[0m\r", b"9%\r100%", b"y" * 10_000_000)], lines(1))
    assert found.lines[:2] == ("red", "100%")
    assert found.lines[2] == "y" * LONGEST


def test_the_map_of_a_healthy_world_is_whole(runbook: Runbook) -> None:
    diagnosis = diagnose(healthy(), runbook)
    assert {one.health for one in diagnosis.views.edges} == {"good"}
    assert edge(diagnosis, BACKEND, PROXY) == ("good", "")
    assert {PROXY, SCANNER, BACKEND} <= {node.name for node in diagnosis.views.nodes}


def test_the_map_breaks_where_the_policy_is_missing(runbook: Runbook) -> None:
    diagnosis = diagnose(without_policy(healthy(), PROXY, SCANNER), runbook)
    assert edge(diagnosis, PROXY, SCANNER) == ("bad", "no network policy")
    assert edge(diagnosis, BACKEND, PROXY) == ("good", "")


def test_the_map_does_not_call_broken_what_nobody_could_see(runbook: Runbook) -> None:
    world = with_platform(without_policy(healthy(), PROXY, SCANNER), spaces_seen=("tanf-dev",))
    health, says = edge(diagnose(world, runbook), PROXY, SCANNER)
    assert health == "unknown"
    assert "invisible to you" in says


def test_the_map_shows_what_is_stopped_and_what_is_down(runbook: Runbook) -> None:
    stopped = diagnose(with_app(healthy(), SCANNER, state="STOPPED"), runbook)
    assert edge(stopped, PROXY, SCANNER) == ("bad", "the destination is stopped")
    down = diagnose(with_app(healthy(), SCANNER, processes=web(SCANNER, "CRASHED")), runbook)
    assert edge(down, PROXY, SCANNER) == ("bad", "no instance runs behind it")
    (node,) = [one for one in down.views.nodes if one.name == SCANNER]
    assert (node.health, node.says) == ("bad", "web 0 of 1 running")


def broken_way(diagnosis: Diagnosis, source: str) -> tuple[str, str, str]:
    """Where the only broken way from an app leads, why it is broken, and what stands at its end."""
    (found,) = [one for one in diagnosis.views.edges if one.source == source and one.health == "bad"]
    (node,) = [one for one in diagnosis.views.nodes if one.name == found.destination]
    return found.destination, found.says, node.says


def test_a_route_without_an_app_is_a_broken_way(runbook: Runbook) -> None:
    nowhere = replace(internal(SCANNER, 9000, "tanf-prod-clamav-rest"), destinations=())
    world = with_platform(with_app(healthy(), SCANNER, routes=()), routes=(nowhere,))
    host, says, there = broken_way(diagnose(world, runbook), PROXY)
    assert host == "tanf-prod-clamav-rest.apps.internal"
    assert (says, there) == ("the route leads to no app", "nothing answers to this name")


def test_a_name_that_only_a_log_knows_is_a_broken_way(runbook: Runbook) -> None:
    line = (
        "2026/03/03 14:36:00 [error] 12#12: *7 backend-old.apps.internal could not be resolved (3: Host not "
        'found), client: 10.0.0.1, server: , request: "GET /v1/ HTTP/1.1", host: "x"'
    )
    frontend = "tdp-frontend-raft"
    world = with_logs(healthy(), log("app:f", "app", f"{frontend} APP/PROC/WEB/0", line, frontend, 14))
    host, says, _ = broken_way(diagnose(world, runbook), frontend)
    assert (host, says) == ("backend-old.apps.internal", "the name does not resolve")


def test_a_service_is_on_the_map_only_where_it_is_missing(runbook: Runbook) -> None:
    world = with_app(healthy(), BACKEND, bindings=(Binding(service="tdp-redis-dev"),))
    diagnosis = diagnose(world, runbook)
    services = [node.name for node in diagnosis.views.nodes if node.kind == "service"]
    assert services == ["tdp-db-dev"]
    assert edge(diagnosis, BACKEND, "tdp-db-dev") == ("bad", "not bound")


def test_a_variable_that_somebody_expects_deviates(runbook: Runbook) -> None:
    names = ("DJANGO_SECRET_KEY", "AV_SCAN_URL", "LOGGING_LEVEL", "BASE_URL")
    world = with_app(replace(healthy(), repository=None), BACKEND, variables=variables(*names))
    (table,) = [one for one in diagnose(world, runbook).views.comparisons if one.app == BACKEND]
    (row,) = [row for row in table.rows if row.name == "JWT_KEY"]
    assert (row.actual, row.remark) == ("missing", "the last good revision had it")


def test_the_timeline_begins_with_the_trouble_and_keeps_how_things_stood_before(runbook: Runbook) -> None:
    world = with_app(healthy(), BACKEND, events=crashes(BACKEND, "APP/PROC/WEB: Exited with status 3"))
    line = diagnose(world, runbook).views.timeline
    assert line is not None
    assert line.until == NOW
    assert timedelta(minutes=10) < line.until - line.since < timedelta(hours=24)
    kinds = [moment.kind for moment in line.moments if moment.lane == BACKEND]
    assert kinds.count("crash") == 3
    assert kinds.count("revision") >= 1
    assert all(one.at <= after.at for one, after in pairwise(line.moments))


def test_the_log_rate_counts_every_line_in_the_span(runbook: Runbook) -> None:
    text = "\n".join(f"line {number}" for number in range(200))
    world: Evidence = replace(
        healthy(), logs=(log("app:b", "app", f"{BACKEND} APP/PROC/WEB/0", text, BACKEND),)
    )
    line = diagnose(world, runbook).views.timeline
    assert line is not None
    (rate,) = line.rates
    assert (rate.app, sum(rate.counts)) == (BACKEND, 200)


def test_where_nothing_could_be_read_there_is_nothing_to_draw(runbook: Runbook) -> None:
    gap = Gap(what="the platform", reason="401")
    views = diagnose(replace(healthy(), platform=gap, ci=gap, logs=()), runbook).views
    assert (views.nodes, views.edges, views.timeline, views.excerpts) == ((), (), None, ())
