"""The reference world, its loading, its roles and its clock."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.platform_world import NOW, REFERENCE, app, lines, policy, reference, user
from runback.errors import ConfigurationError
from runback.lab.clock import Clock, RunningClock
from runback.lab.platform import behaviour
from runback.lab.platform.bits import InvalidBits, read_files, read_zip
from runback.lab.platform.loading import load, read_programs
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.variables import environment

BACKEND = "tdp-backend-raft"


def test_two_worlds_are_the_same_to_the_byte() -> None:
    one, two = reference(), reference()
    assert one.state == two.state


def test_a_route_of_a_tcp_domain_has_a_port_and_no_host() -> None:
    world = reference()
    backend, actor = app(world, BACKEND), user(world)
    space = world.state.spaces[backend.space_guid]
    (usual,) = [one for one in world.state.domains.values() if one.name == "app.cloud.gov"]
    tcp = replace(usual, guid="tcp", name="tcp.lab.example", supported_protocols=("tcp",))
    world.state.domains[tcp.guid] = tcp
    for refused, said in (
        ((usual, "a", "", 1025), "Routes with protocol 'http' do not support ports."),
        ((tcp, "", "", None), "Routes with protocol 'tcp' must specify a port."),
        ((tcp, "a", "", 1025), "Hosts are not supported for TCP routes."),
        ((tcp, "", "/a", 1025), "Paths are not supported for TCP routes."),
    ):
        with pytest.raises(Refusal, match=re.escape(said)):
            world.routes.create(actor, space, *refused)
    route = world.routes.create(actor, space, tcp, port=1025)
    assert (route.protocol, world.routes.url(route)) == ("tcp", "tcp.lab.example:1025")
    with pytest.raises(Refusal, match="Route already exists with port '1025' for domain"):
        world.routes.create(actor, space, tcp, port=1025)


def test_it_has_a_past() -> None:
    world = reference()
    backend = app(world, BACKEND)
    revisions = world.revisions.of(backend)
    assert [revision.version for revision in revisions] == [1, 2, 3]
    assert NOW - revisions[-1].created_at > timedelta(days=3)
    assert [deployment.reason for deployment in world.deployments.of(backend)] == ["DEPLOYED", "DEPLOYED"]
    stats = world.processes.stats(world.processes.web(backend))
    assert stats[0].uptime > 3 * 86400
    assert len(backend.environment) == 22


def test_what_a_process_sees() -> None:
    world = reference()
    backend = app(world, BACKEND)
    seen = environment(world, backend, world.processes.web(backend))
    services = json.loads(seen["VCAP_SERVICES"])
    assert [one["name"] for one in services["s3"]] == ["tdp-staticfiles-dev", "tdp-datafiles-dev"]
    assert "fake" in services["aws-rds"][0]["credentials"]["password"]
    application = json.loads(seen["VCAP_APPLICATION"])
    assert (application["name"], application["space_name"]) == (BACKEND, "tanf-dev")


def test_policies_are_seen_by_those_who_develop_both_ends() -> None:
    world = reference()
    rule = policy(world, "tdp-clamav-nginx-dev", "clamav-rest", 9000)
    near = policy(world, BACKEND, "tdp-clamav-nginx-dev", 9000)
    assert {rule, near} <= set(world.policies.visible(user(world)))
    assert near in world.policies.visible(user(world, "jan@lab.example"))
    assert rule not in world.policies.visible(user(world, "jan@lab.example"))
    assert world.policies.visible(user(world, "rosa@lab.example")) == []
    with pytest.raises(Refusal, match="cannot be found or accessed"):
        world.policies.remove(user(world, "jan@lab.example"), [rule])


def test_roles() -> None:
    world = reference()
    dev = world.state.spaces[app(world, BACKEND).space_guid]
    rosa, tom = user(world, "rosa@lab.example"), user(world, "tom@lab.example")
    assert world.roles.reads(rosa, dev)
    assert not world.roles.reads_secrets(rosa, dev)
    assert not world.roles.writes(rosa, dev)
    assert world.roles.spaces(tom) == []


def test_log_cache_forgets() -> None:
    world = reference()
    world.apps.stop(user(world), app(world, BACKEND))
    assert lines(world, BACKEND)
    world.clock.advance(25 * 3600)
    assert lines(world, BACKEND) == []


def test_deleting_an_app_takes_its_policies_and_leaves_its_routes() -> None:
    world = reference()
    backend = app(world, BACKEND)
    world.apps.delete(user(world), backend)
    assert not any(backend.guid in (p.source_id, p.destination_id) for p in world.state.policies)
    route = world.routes.named("tdp-backend-raft.apps.internal")
    assert route is not None
    assert route.destinations == []
    world.clock.advance(600)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listens: many", "try.yml:1: a whole number is wanted here, not 'many'"),
        ("runs: perl", "try.yml:1: allowed here: django, celery, nginx, clamav, worker, plain"),
        ("listens: 1\nports: 2", "try.yml:2: unknown key 'ports'; allowed: "),
        ("requests:\n  - {every: 60}", "try.yml:2: missing: kind"),
        ("requests: 3", "try.yml:1: a list is wanted here"),
        ("runs: [", "try.yml:2: not YAML: "),
        ("", "try.yml: the file is empty"),
    ],
)
def test_a_wrong_program_file_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        behaviour.read(text, "try.yml")
    assert str(raised.value).startswith(said)


def test_a_topology_that_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "programs").mkdir()
    text = (REFERENCE / "topology.yml").read_text().replace("offering: aws-rds", "offering: oracle")
    (tmp_path / "topology.yml").write_text(text)
    with pytest.raises(ConfigurationError, match="there is no offering 'oracle'; there are: aws-rds, s3"):
        load(tmp_path, at=NOW)


def test_bits_that_cannot_be_read() -> None:
    programs = read_programs(REFERENCE)
    with pytest.raises(InvalidBits, match="Unzipping had errors"):
        read_zip(b"not a zip", programs, "backend")
    with pytest.raises(InvalidBits, match=r"\.lab/behaviour.yml:1: unknown key 'crashes'"):
        read_files({".lab/behaviour.yml": b"crashes: yes"}, programs, "backend")


def test_the_clock_runs_due_work_in_order_at_its_own_time() -> None:
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    seen: list[tuple[str, datetime]] = []

    def note(name: str) -> None:
        seen.append((name, clock.now()))

    clock.after(10, lambda: note("b"))

    def note_twice() -> None:
        note("a")
        clock.after(1, lambda: note("then"))

    clock.after(5, note_twice)
    gone = clock.after(7, lambda: note("cancelled"))
    gone.cancel()
    clock.advance(20)
    assert [name for name, _ in seen] == ["a", "then", "b"]
    assert seen[2][1] == datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC)
    assert clock.now() == datetime(2026, 1, 1, 0, 0, 20, tzinfo=UTC)


def test_of_a_long_step_only_the_last_window_is_played() -> None:
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    seen: list[datetime] = []
    clock.every(60, lambda: seen.append(clock.now()), window=300)
    clock.advance(86400)
    assert len(seen) == 6
    assert seen[0] == clock.now() - timedelta(seconds=300)


def test_a_running_clock_settles_what_is_due() -> None:
    clock = RunningClock(datetime(2026, 1, 1, tzinfo=UTC), speed=1000)
    seen: list[datetime] = []
    clock.after(5, lambda: seen.append(clock.now()))
    time.sleep(0.02)
    clock.settle()
    assert seen == [datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC)] or seen[0] - datetime(
        2026, 1, 1, tzinfo=UTC
    ) < timedelta(seconds=6)
    clock.advance(3600)
    assert clock.now() > datetime(2026, 1, 1, 1, tzinfo=UTC)


def test_lines_that_are_written_together_stay_in_order() -> None:
    world = reference()
    guid, begin = app(world, "tdp-backend-raft").guid, world.clock.now_ns()
    written = [f"line {number}" for number in range(2_000)]
    for start in range(0, len(written), 10):
        text = "\n".join(written[start : start + 10])
        world.logs.write(guid, "TRY", "0", text, at=begin + start * 10_000_000)
    assert lines(world, "tdp-backend-raft", "TRY") == written
