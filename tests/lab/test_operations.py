"""What happens to the platform itself: slow and failing brokers, full cells, a network that drops, expiry."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.platform_world import app, instance, lines, reference, user
from lab.small_world import Person, Platform, grant, pushed, served, space_of, stage
from runback.errors import LabError
from runback.lab import cf, start
from runback.lab.changereading import CHANGES, Problem
from runback.lab.clock import RunningClock
from runback.lab.platform.world import World
from runback.lab.running import RunningLab

ROOT = Path(__file__).parents[2]
PASSWORD = {"grant_type": "password", "username": "ann@lab.example", "password": "wonder"}


@pytest.fixture
def lab() -> Iterator[Platform]:
    with served() as platform:
        yield platform


@pytest.fixture
def world() -> World:
    return reference()


def make(ann: Person, name: str) -> Any:
    """The answer to the making of a managed service instance."""
    plan = ann.one("/v3/service_plans")["guid"]
    space = {"data": {"guid": space_of(ann)}}
    relationships = {"space": space, "service_plan": {"data": {"guid": plan}}}
    return ann.ask(
        "POST", "/v3/service_instances", {"type": "managed", "name": name, "relationships": relationships}
    )


def bind(ann: Person, service: str, app_guid: str) -> Any:
    relationships = {"service_instance": {"data": {"guid": service}}, "app": {"data": {"guid": app_guid}}}
    return ann.ask("POST", "/v3/service_credential_bindings", {"type": "app", "relationships": relationships})


def job(ann: Person, answer: Any) -> Any:
    return ann.get(answer.headers["Location"].removeprefix(ann.servers.api.url))


def test_a_broker_takes_its_time_and_nothing_may_be_done_meanwhile(lab: Platform) -> None:
    lab.world.operations.broker({"offering": "aws-rds", "create_seconds": 300})
    ann = lab.person("ann")
    shop = pushed(ann, lab.world)
    answer = make(ann, "db")
    assert job(ann, answer)["state"] == "POLLING"
    made = ann.one("/v3/service_instances?names=db")
    assert (made["last_operation"]["type"], made["last_operation"]["state"]) == ("create", "in progress")
    early = bind(ann, made["guid"], shop["guid"])
    assert early.status == 422
    assert "There is an operation in progress for the service instance" in early.json()["errors"][0]["detail"]
    deleted = ann.ask("DELETE", f"/v3/service_instances/{made['guid']}")
    assert (deleted.status, deleted.json()["errors"][0]["code"]) == (409, 60016)
    lab.advance(301)
    assert job(ann, answer)["state"] == "COMPLETE"
    assert job(ann, bind(ann, made["guid"], shop["guid"]))["state"] == "COMPLETE"
    assert ann.one("/v3/service_instances?names=db")["last_operation"]["state"] == "succeeded"


@pytest.mark.parametrize("seconds", [0, 120])
def test_a_broker_fails_and_says_why(lab: Platform, seconds: int) -> None:
    given = {"offering": "aws-rds", "create_seconds": seconds, "failure": "storage size must be at least 20"}
    lab.world.operations.broker(given)
    ann = lab.person("ann")
    answer = make(ann, "db")
    lab.advance(seconds + 1)
    ended = job(ann, answer)
    assert ended["state"] == "FAILED"
    assert ended["errors"][0]["code"] == 10009
    assert ended["errors"][0]["detail"].startswith("provision could not be completed: ")
    assert ended["errors"][0]["detail"].endswith("storage size must be at least 20")
    made = ann.one("/v3/service_instances?names=db")
    assert made["last_operation"]["state"] == "failed"
    refused = bind(ann, made["guid"], pushed(ann, lab.world)["guid"])
    assert (refused.status, refused.json()["errors"][0]["code"]) == (422, 10008)


def test_a_binding_that_failed_is_replaced_and_one_in_progress_is_left_alone(lab: Platform) -> None:
    ann = lab.person("ann")
    shop = pushed(ann, lab.world)["guid"]
    make(ann, "db")
    service = ann.one("/v3/service_instances?names=db")["guid"]
    lab.world.operations.broker({"offering": "aws-rds", "bind_seconds": 60, "failure": "no connection left"})
    answer = bind(ann, service, shop)
    assert job(ann, answer)["state"] == "POLLING"
    binding = ann.one("/v3/service_credential_bindings")
    assert binding["last_operation"]["state"] == "in progress"
    assert "already a binding in progress" in bind(ann, service, shop).json()["errors"][0]["detail"]
    assert ann.ask("DELETE", f"/v3/service_credential_bindings/{binding['guid']}").status == 422
    lab.advance(61)
    assert job(ann, answer)["errors"][0]["detail"] == "bind could not be completed: no connection left"
    assert ann.get(f"/v3/apps/{shop}/env")["system_env_json"].get("VCAP_SERVICES", {}) == {}
    lab.world.operations.broker({"offering": "aws-rds"})
    assert job(ann, bind(ann, service, shop))["state"] == "COMPLETE"
    assert ann.one("/v3/service_credential_bindings")["guid"] != binding["guid"]
    assert "aws-rds" in ann.get(f"/v3/apps/{shop}/env")["system_env_json"]["VCAP_SERVICES"]


def test_the_changes_in_the_document_can_be_read_and_done() -> None:
    (text,) = re.findall(r"(?s)```yaml\n(- platform.*?)```", (ROOT / "docs" / "lab.md").read_text())
    changes = [CHANGES[kind](body) for each in yaml.safe_load(text) for kind, body in each.items()]
    with start("healthy") as running:
        for change in changes:
            change.do(running)
        running.do([CHANGES["platform.network"]({"open": "scan.partner.example"})])


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("platform.broker", {"bind": "6h"}),
        ("platform.broker", {"offering": "aws-rds", "bind": "soon"}),
        ("platform.cells", {"memory_mb": "much"}),
        ("platform.network", {"drop": "a.example", "open": "b.example"}),
        ("platform.service", {"instance": "tdp-db-dev"}),
        ("platform.network", {"close": "a.example"}),
    ],
    ids=["no-offering", "no-duration", "no-number", "both", "no-trouble", "unknown-key"],
)
def test_what_cannot_be_done_to_a_platform_is_said(kind: str, body: dict[str, Any]) -> None:
    with pytest.raises(Problem):
        CHANGES[kind](body)


def test_an_unknown_offering_is_named_with_those_that_there_are(world: World) -> None:
    with pytest.raises(LabError, match="no service 'mongo'") as raised:
        world.operations.broker({"offering": "mongo"})
    assert "aws-rds" in raised.value.advice


def test_no_cell_has_room_until_one_has(lab: Platform) -> None:
    ann = lab.person("ann")
    shop = pushed(ann, lab.world)
    process = ann.get(f"/v3/apps/{shop['guid']}/processes/web")
    lab.world.operations.cells({"memory_mb": 512})
    ann.done("POST", f"/v3/apps/{shop['guid']}/actions/restart", status=200)
    lab.advance(90)
    (stats,) = ann.get(f"/v3/processes/{process['guid']}/stats")["resources"]
    assert (stats["state"], stats["details"]) == ("DOWN", "insufficient resources: memory")
    assert "host" not in stats
    lab.world.operations.cells({"memory_mb": 65_536})
    lab.advance(90)
    (stats,) = ann.get(f"/v3/processes/{process['guid']}/stats")["resources"]
    assert (stats["state"], stats["details"]) == ("RUNNING", None)


def test_staging_needs_a_cell_too(world: World) -> None:
    world.operations.cells({"memory_mb": 256})
    backend = app(world, "tdp-backend-raft")
    build = world.builds.create(user(world), world.packages.of(backend)[-1])
    world.clock.advance(5)
    assert (build.state, build.error) == ("FAILED", "InsufficientResources - Insufficient resources")
    assert instance(world, "tdp-backend-raft").state == "RUNNING"


def test_emptied_cells_are_told_and_what_finds_no_place_has_no_name(world: World) -> None:
    world.operations.cells({"memory_mb": 256})
    world.operations.evacuate("tdp-backend-raft")
    moved = [one for one in world.state.events.values() if one.type == "audit.app.process.rescheduling"]
    assert [one.data["reason"] for one in moved] == ["Cell is being evacuated"]
    world.clock.advance(120)
    assert instance(world, "tdp-backend-raft").state == "DOWN"
    assert world.traffic.visit("tdp-frontend-raft.app.cloud.gov", "GET", "/v1/reports/2026/Q1/").status == 502
    assert any("could not be resolved" in line for line in lines(world, "tdp-frontend-raft", "APP"))
    world.operations.evacuate("tdp-backend-raft")  # what has no place cannot move
    with pytest.raises(LabError, match="no app 'tdp-moon' to evacuate"):
        world.operations.evacuate("tdp-moon")


def test_what_a_firewall_drops_times_out_and_is_neither_refused_nor_unresolved(world: World) -> None:
    maya, backend = user(world), app(world, "tdp-backend-raft")
    world.apps.set_environment(maya, backend, {"AV_SCAN_URL": "http://scan.partner.example:9000/scan"})
    world.apps.restart(maya, backend)
    world.clock.advance(400)
    assert not any("Virus scan failed" in line for line in lines(world, backend.name, "APP"))
    world.operations.network({"drop": "scan.partner.example"})
    world.clock.advance(400)
    told = [line for line in lines(world, backend.name, "APP") if "Virus scan failed" in line]
    assert told
    assert "Connection to scan.partner.example timed out. (connect timeout=30)" in told[-1]
    world.operations.network({"open": "scan.partner.example"})
    world.clock.advance(400)  # what has begun ends
    ended = len([line for line in lines(world, backend.name, "APP") if "Virus scan failed" in line])
    world.clock.advance(400)
    assert len([line for line in lines(world, backend.name, "APP") if "Virus scan failed" in line]) == ended


def test_a_worker_whose_broker_does_not_answer_says_so_and_does_nothing(world: World) -> None:
    worker = app(world, "tdp-celery-raft")
    world.operations.network({"drop": "*.redis.lab.example"})
    world.apps.restart(user(world), worker)
    since = world.clock.now()
    world.clock.advance(1500)
    told = lines(world, worker.name, "APP", since=since)
    assert any(line.endswith("Timeout connecting to server.") for line in told)
    assert "Trying again in 4.00 seconds... (2/100)" in told
    assert not any("ready." in line or "succeeded" in line for line in told)
    assert instance(world, worker.name).state == "RUNNING"  # which is all that the platform knows
    world.operations.network({"open": "*.redis.lab.example"})
    since = world.clock.now()
    world.clock.advance(1500)
    told = lines(world, worker.name, "APP", since=since)
    assert any(line.endswith(f"celery@{worker.name} ready.") for line in told)
    assert any("succeeded" in line for line in told)


def test_droplets_and_packages_expire_and_so_do_the_revisions_that_need_them(lab: Platform) -> None:
    ann = lab.person("ann")
    shop = pushed(ann, lab.world)["guid"]
    for _ in range(7):
        droplet = stage(ann, lab.world, shop)
        ann.done("PATCH", f"/v3/apps/{shop}/relationships/current_droplet", {"data": {"guid": droplet}}, 200)
        ann.done("POST", f"/v3/apps/{shop}/actions/restart", status=200)
    droplets = ann.get(f"/v3/apps/{shop}/droplets?order_by=created_at")["resources"]
    assert [each["state"] for each in droplets].count("EXPIRED") == 2
    assert droplets[-1]["state"] == "STAGED"
    first = ann.get(f"/v3/apps/{shop}/revisions?versions=1")["resources"][0]
    assert first["deployable"] is False
    body = {"revision": {"guid": first["guid"]}, "relationships": {"app": {"data": {"guid": shop}}}}
    refused = ann.ask("POST", "/v3/deployments", body)
    assert refused.status == 422
    detail = "Unable to deploy this revision, the droplet for this revision no longer exists."
    assert refused.json()["errors"][0]["detail"] == detail
    old = droplets[0]["guid"]
    again = ann.ask("PATCH", f"/v3/apps/{shop}/relationships/current_droplet", {"data": {"guid": old}})
    assert again.status == 422
    packages = ann.get(f"/v3/apps/{shop}/packages?order_by=created_at")["resources"]
    assert packages[0]["state"] == "EXPIRED"
    staged = ann.ask("POST", "/v3/builds", {"package": {"guid": packages[0]["guid"]}})
    assert staged.status == 422
    assert "Unable to use package" in staged.json()["errors"][0]["detail"]


def test_a_refresh_token_lives_thirty_days_of_the_lab(lab: Platform) -> None:
    token = grant(lab.servers, PASSWORD).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    lab.advance(29 * 86_400)
    assert grant(lab.servers, form).status == 200
    lab.advance(2 * 86_400)
    refused = grant(lab.servers, form)
    assert (refused.status, refused.json()["error"]) == (401, "invalid_token")


def test_an_access_token_ends_with_the_labs_clock(lab: Platform) -> None:
    ahead = time.time() - lab.world.clock.now().timestamp() + 60  # the lab's clock passes the real one
    lab.advance(max(ahead, 60))
    token = grant(lab.servers, PASSWORD).json()["access_token"]
    assert Person(lab.servers, token).ask("GET", "/v3/apps").status == 200
    lab.advance(21 * 60)
    assert Person(lab.servers, token).ask("GET", "/v3/apps").json()["errors"][0]["code"] == 1000


def test_clients_of_a_running_clock_count_by_their_own(world: World) -> None:
    fast = RunningClock(world.clock.now(), speed=1000.0)
    fast.advance(10 * 365 * 86_400)
    assert fast.client_time() < fast.now().timestamp() - 86_400


def test_log_cache_forgets_what_is_older_than_a_day(lab: Platform) -> None:
    ann = lab.person("ann")
    path = f"/api/v1/read/{pushed(ann, lab.world)['guid']}?limit=1000"
    assert ann.get(path, at=lab.servers.log_cache.url)["envelopes"]["batch"]
    lab.advance(25 * 3600)
    assert ann.get(path, at=lab.servers.log_cache.url)["envelopes"]["batch"] == []


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        ("refused", "port 5432 failed: Connection refused"),
        ("login", "password authentication failed for user"),
        ("connections", "remaining connection slots are reserved"),
        ("table", 'relation "reports_report" does not exist'),
        ("column", "column reports_report.quarter does not exist"),
    ],
)
def test_a_database_in_trouble_fails_who_asks_it_and_nobody_else(trouble: str, told: str) -> None:
    change = CHANGES["platform.service"]
    with start("bucket-denied") as running:
        running.do([change({"instance": "tdp-datafiles-dev", "trouble": "none"})])
        running.wait(120)
        assert told not in _backend_log(running)
        running.do([change({"instance": "tdp-db-dev", "trouble": trouble})])
        running.wait(120)
        assert told in _backend_log(running)


def test_a_trouble_that_a_service_cannot_have_is_refused(world: World) -> None:
    with pytest.raises(LabError) as refused:
        world.operations.service({"instance": "tdp-db-dev", "trouble": "denied"})
    assert "connections" in str(refused.value.advice)
    with pytest.raises(LabError):
        world.operations.service({"instance": "no-such", "trouble": "none"})


def _backend_log(running: RunningLab) -> str:
    out = io.StringIO()
    cf.main(["logs", "tdp-backend-raft", "--recent"], running.environ, running.checkout, out, out)
    return out.getvalue()
