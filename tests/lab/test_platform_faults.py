"""Every fault comes of what people do, shows as the platform shows it, and goes when it is undone."""

from __future__ import annotations

import re

import pytest

from lab.platform_world import (
    REFERENCE,
    app,
    events,
    instance,
    lines,
    package,
    policy,
    reference,
    staged,
    user,
)
from runback.lab.platform.network import Address, parse_address
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.state import HealthCheck
from runback.lab.platform.world import World

FRONTEND, BACKEND, CELERY = "tdp-frontend-raft", "tdp-backend-raft", "tdp-celery-raft"
PROXY, SCANNER = "tdp-clamav-nginx-dev", "clamav-rest"


@pytest.fixture
def world() -> World:
    return reference()


def statuses(world: World, name: str = FRONTEND) -> set[str]:
    """HTTP status codes in the access lines of an app since the scenario began."""
    found = (re.search(r'HTTP/1.1" (\d+) ', line) for line in lines(world, name, "RTR"))
    return {match[1] for match in found if match}


def test_the_healthy_world_is_healthy(world: World) -> None:
    world.clock.advance(1200)
    assert {i.state for p in world.state.processes.values() for i in p.actual.values()} == {"RUNNING"}
    assert not events(world, BACKEND, "app.crash")
    assert statuses(world) == {"200", "201"}
    assert any("Virus scan found nothing" in line for line in lines(world, BACKEND))


def test_a_variable_taken_away_kills_the_backend_at_the_next_start_and_the_frontend_with_it(
    world: World,
) -> None:
    maya, backend = user(world), app(world, BACKEND)
    world.apps.set_environment(maya, backend, {"JWT_KEY": None})
    world.clock.advance(300)
    assert instance(world, BACKEND).state == "RUNNING"  # the process has it still

    world.apps.restart(maya, backend)
    world.clock.advance(300)
    written = lines(world, BACKEND, "APP/PROC/WEB")
    assert "KeyError: 'JWT_KEY'" in written
    assert any("settings.py" in line and "line 10" in line for line in written)
    assert "Exit status 3" in written
    assert instance(world, BACKEND).state == "CRASHED"
    crashes = events(world, BACKEND, "app.crash")
    assert crashes[0]["exit_description"] == "APP/PROC/WEB: Exited with status 3"
    assert len(crashes) == len(events(world, BACKEND, "audit.app.process.crash"))
    assert "502" in statuses(world)
    assert any("could not be resolved (3: Host not found)" in line for line in lines(world, FRONTEND, "APP"))

    world.apps.set_environment(maya, backend, {"JWT_KEY": "fake"})
    world.apps.restart(maya, backend)
    world.clock.advance(60)
    assert instance(world, BACKEND).state == "RUNNING"


def test_a_missing_variable_is_named_with_its_own_line_of_the_settings(world: World) -> None:
    world.apps.set_environment(user(world), app(world, BACKEND), {"DJANGO_SECRET_KEY": None})
    world.apps.restart(user(world), app(world, BACKEND))
    world.clock.advance(20)
    written = lines(world, BACKEND, "APP/PROC/WEB")
    assert "KeyError: 'DJANGO_SECRET_KEY'" in written
    place = written.index('    SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]')
    assert 'settings.py", line 9' in written[place - 1]
    assert written[place + 1].index("^") == written[place].index("[")


def test_crashes_are_restarted_at_once_three_times_and_then_ever_later(world: World) -> None:
    world.apps.set_environment(user(world), app(world, BACKEND), {"JWT_KEY": None})
    world.apps.restart(user(world), app(world, BACKEND))
    world.clock.advance(20)
    assert len(events(world, BACKEND, "app.crash")) == 3
    world.clock.advance(32)
    assert len(events(world, BACKEND, "app.crash")) == 4
    world.clock.advance(55)
    assert len(events(world, BACKEND, "app.crash")) == 4
    world.clock.advance(15)
    assert len(events(world, BACKEND, "app.crash")) == 5


def test_an_unbound_database_is_missed_at_the_next_start(world: World) -> None:
    maya, backend = user(world), app(world, BACKEND)
    database = world.services.find(world.state.spaces[backend.space_guid], "tdp-db-dev")
    assert database is not None
    binding = world.services.binding(database, backend)
    assert binding is not None
    world.services.unbind(maya, binding)
    world.apps.restart(maya, backend)
    world.clock.advance(60)
    assert "KeyError: 'aws-rds'" in lines(world, BACKEND, "APP/PROC/WEB")
    world.services.bind(maya, database, backend)
    world.apps.restart(maya, backend)
    world.clock.advance(60)
    assert instance(world, BACKEND).state == "RUNNING"


def test_one_of_two_buckets_unbound_is_a_search_that_finds_nothing(world: World) -> None:
    backend = app(world, BACKEND)
    bucket = world.services.find(world.state.spaces[backend.space_guid], "tdp-datafiles-dev")
    assert bucket is not None
    binding = world.services.binding(bucket, backend)
    assert binding is not None
    world.services.unbind(user(world), binding)
    world.apps.restart(user(world), backend)
    world.clock.advance(20)
    written = lines(world, BACKEND, "APP/PROC/WEB")
    assert "StopIteration" in written
    assert any("tdp-datafiles-" in line for line in written)


def test_without_the_policy_the_scan_fails_though_both_apps_run(world: World) -> None:
    maya = user(world)
    rule = policy(world, PROXY, SCANNER, 9000)
    world.policies.remove(maya, [rule])
    world.clock.advance(900)
    refused = [line for line in lines(world, PROXY) if "connect() failed (111: Connection refused)" in line]
    assert refused
    assert f"{instance(world, SCANNER).ip}:9000/scan" in refused[0]
    assert any("HTTP 502 from http://tdp-clamav-nginx-dev" in line for line in lines(world, BACKEND))
    assert "502" in statuses(world)
    assert instance(world, SCANNER).state == "RUNNING"

    world.policies.add(maya, [rule])
    healed = world.clock.now()
    world.clock.advance(900)
    assert not [line for line in lines(world, BACKEND, since=healed) if "failed" in line]


def test_the_wrong_port_in_the_policy_helps_nothing(world: World) -> None:
    maya = user(world)
    world.policies.remove(maya, [policy(world, BACKEND, PROXY, 9000)])
    world.policies.add(maya, [policy(world, BACKEND, PROXY, 8080)])
    world.clock.advance(900)
    retries = [line for line in lines(world, BACKEND) if "Retrying (Retry(total=" in line]
    assert "[Errno 111] Connection refused" in retries[0]
    assert [re.search(r"total=(\d)", line)[1] for line in retries[:5]] == list("43210")  # type: ignore[index]
    assert any("Max retries exceeded with url: /scan" in line for line in lines(world, BACKEND))


def test_proxies_that_ask_each_other_run_out_of_connections(world: World) -> None:
    """Whoever asks for the scanner is led back to the proxy that asks for it."""
    maya, proxy = user(world), app(world, PROXY)
    route = world.routes.named("tanf-prod-clamav-rest.apps.internal")
    assert route is not None
    route.destinations.clear()
    route.space_guid = proxy.space_guid
    world.routes.map(maya, route, proxy)
    world.clock.advance(900)
    full = [line for line in lines(world, PROXY) if "worker_connections are not enough" in line]
    assert "[alert]" in full[0]
    assert any("HTTP 500 from http://tdp-clamav-nginx-dev" in line for line in lines(world, BACKEND))


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("http://a.b/scan", 80),
        ("https://a.b", 443),
        ("a.b", 9000),
        ("a.b:81", 81),
        ("http://a.b:9000/", 9000),
    ],
)
def test_an_address_without_a_port_means_that_of_its_scheme(address: str, port: int) -> None:
    found = parse_address(address, 9000)
    assert found is not None
    assert found.port == port


@pytest.mark.parametrize(
    ("host", "result"),
    [("scan.lab.example", "outside"), ("203.0.113.9", "outside"), ("scan.nosuch.example.com", "unresolved")],
)
def test_a_name_that_nobody_has_does_not_resolve(world: World, host: str, result: str) -> None:
    assert world.network.connect(app(world, BACKEND), Address(host, 443)).result == result


def test_a_stopped_scanner_has_no_name(world: World) -> None:
    world.apps.stop(user(world), app(world, SCANNER))
    world.clock.advance(900)
    unresolved = "tanf-prod-clamav-rest.apps.internal could not be resolved (3: Host not found)"
    assert any(unresolved in line for line in lines(world, PROXY))
    assert any("HTTP 502" in line for line in lines(world, BACKEND))
    world.apps.start(user(world), app(world, SCANNER))
    world.clock.advance(60)
    assert instance(world, SCANNER).state == "RUNNING"


def test_an_unmapped_internal_route_leaves_the_frontend_alone(world: World) -> None:
    route = world.routes.named("tdp-backend-raft.apps.internal")
    assert route is not None
    world.routes.unmap(user(world), route, route.destinations[0])
    world.clock.advance(300)
    assert "502" in statuses(world)
    assert instance(world, BACKEND).state == "RUNNING"


def test_no_instances_and_nobody_knows_the_host_name(world: World) -> None:
    frontend = app(world, FRONTEND)
    world.processes.scale(user(world), world.processes.web(frontend), instances=0)
    world.clock.advance(300)
    assert world.traffic.visit("tdp-frontend-raft.app.cloud.gov", "GET", "/").status == 404
    assert not statuses(world)


def test_code_that_imports_what_nobody_installs(world: World) -> None:
    commit = REFERENCE / "commits" / "request-ids" / "backend" / "portal"
    changed = {
        "portal/settings.py": (commit / "settings.py").read_text(),
        "portal/request_ids.py": (commit / "request_ids.py").read_text(),
    }
    droplet = staged(world, package(world, BACKEND, files=changed))
    world.apps.set_droplet(user(world), app(world, BACKEND), droplet)
    world.apps.restart(user(world), app(world, BACKEND))
    world.clock.advance(120)
    written = lines(world, BACKEND, "APP")
    assert "ModuleNotFoundError: No module named 'structlog'" in written
    assert instance(world, BACKEND).state == "CRASHED"
    latest = world.revisions.latest(app(world, BACKEND))
    assert latest is not None
    assert latest.description == "New droplet deployed."


def test_a_declared_crash(world: World) -> None:
    made = package(world, FRONTEND, "crash: {exit_status: 2, lines: [nginx will not]}")
    world.apps.set_droplet(user(world), app(world, FRONTEND), staged(world, made))
    world.apps.restart(user(world), app(world, FRONTEND))
    world.clock.advance(20)
    assert "nginx will not" in lines(world, FRONTEND, "APP")
    assert "Exit status 2" in lines(world, FRONTEND, "APP")


def test_growing_memory_ends_in_a_kill_and_says_so(world: World) -> None:
    made = package(world, BACKEND, "memory: {idle_mb: 240, growth_mb_per_minute: 90}")
    world.apps.set_droplet(user(world), app(world, BACKEND), staged(world, made))
    world.apps.restart(user(world), app(world, BACKEND))
    world.clock.advance(120)
    assert instance(world, BACKEND).state == "RUNNING"
    used = world.processes.stats(world.processes.web(app(world, BACKEND)))[0].memory_bytes
    assert 350 < used / 1024 / 1024 < 512
    world.clock.advance(100)
    crash = events(world, BACKEND, "app.crash")[0]
    assert crash["exit_description"] == "APP/PROC/WEB: Exited with status 137 (out of memory)"
    assert "Exit status 137 (out of memory)" in lines(world, BACKEND, "APP/PROC/WEB")


def test_a_runtime_that_the_buildpack_no_longer_has(world: World) -> None:
    made = package(world, BACKEND, files={"runtime.txt": "python-3.6.x"})
    build = world.builds.create(user(world), made)
    world.clock.advance(60)
    assert build.state == "FAILED"
    assert build.error == "BuildpackCompileFailed - App staging failed in the buildpack compile phase"
    written = lines(world, BACKEND, "STG")
    assert any("Could not install python: no match found for 3.6.x in [3.14.2 " in line for line in written)
    assert "Exit status 223" in written
    assert events(world, BACKEND, "audit.app.build.failed")[0]["error_id"] == "BuildpackCompileFailed"
    assert instance(world, BACKEND).state == "RUNNING"


def test_an_unknown_buildpack_is_refused(world: World) -> None:
    with pytest.raises(Refusal, match='Buildpack "pyhton_buildpack" must be an existing admin buildpack'):
        world.apps.update(user(world), app(world, BACKEND), buildpacks=["pyhton_buildpack"])


def test_a_health_check_on_a_path_that_is_not_there(world: World) -> None:
    web = world.processes.web(app(world, BACKEND))
    wrong = HealthCheck(type="http", endpoint="/health")
    world.processes.update(user(world), web, health_check=wrong)
    world.apps.restart(user(world), app(world, BACKEND))
    world.clock.advance(90)
    said = lines(world, BACKEND, "HEALTH")[0]
    assert said.startswith("Timed out after 1m0s (31 attempts) waiting for startup check to succeed: ")
    assert "'/health' on port 8080: received status code 404" in said
    assert any("startup health check never passed." in line for line in lines(world, BACKEND, "CELL"))
    description = str(events(world, BACKEND, "app.crash")[0]["exit_description"])
    assert description.startswith("Instance never healthy after 1m0.003s: Timed out after 1m0s")


def test_an_evacuation_is_not_a_crash(world: World) -> None:
    web = world.processes.web(app(world, BACKEND))
    before = instance(world, BACKEND).guid
    world.diego.evacuate(web, 0)
    world.clock.advance(30)
    assert instance(world, BACKEND).guid != before
    assert not events(world, BACKEND, "app.crash")
    assert events(world, BACKEND, "audit.app.process.rescheduling")
