from __future__ import annotations

import pytest

from lab.platform_world import app, events, instance, package, reference, staged, user
from runback.lab.platform.refusal import Refusal
from runback.lab.platform.world import World

BACKEND = "tdp-backend-raft"
BROKEN = "crash: {exit_status: 3, recording: gunicorn-missing-module}"


@pytest.fixture
def world() -> World:
    return reference()


def test_a_rolling_deployment_moves_instance_by_instance(world: World) -> None:
    maya, backend = user(world), app(world, BACKEND)
    world.processes.scale(maya, world.processes.web(backend), instances=2)
    world.clock.advance(30)
    droplet = staged(world, package(world, BACKEND))
    deployment = world.deployments.create(maya, backend, droplet=droplet)
    assert backend.droplet_guid == droplet.guid  # at once
    counts = set()
    for _ in range(60):
        webs = [p for p in world.processes.of(backend) if p.type == "web"]
        counts.add(tuple(p.instances for p in webs))
        assert any(i.state == "RUNNING" for p in webs for i in p.actual.values())
        world.clock.advance(1)
    assert (2, 1) in counts
    assert (1, 2) in counts
    assert (deployment.status, deployment.reason) == ("FINALIZED", "DEPLOYED")
    assert [p.instances for p in world.processes.of(backend)] == [2]
    assert instance(world, BACKEND, 1).state == "RUNNING"


def test_a_broken_one_stalls_for_ever_and_the_old_instance_serves(world: World) -> None:
    maya, backend = user(world), app(world, BACKEND)
    before = backend.droplet_guid
    droplet = staged(world, package(world, BACKEND, BROKEN))
    deployment = world.deployments.create(maya, backend, droplet=droplet)
    world.clock.advance(3600)
    assert (deployment.status, deployment.reason) == ("ACTIVE", "DEPLOYING")
    assert (world.clock.now() - deployment.last_successful_healthcheck).total_seconds() > 3500
    old, new = world.processes.of(backend)
    assert old.actual[0].state == "RUNNING"
    assert new.actual[0].state == "CRASHED"
    assert events(world, BACKEND, "app.crash")
    assert world.traffic.visit("tdp-frontend-raft.app.cloud.gov", "GET", "/v1/reports/2026/Q1/").status == 200

    world.apps.set_environment(maya, backend, {"NEW": "1"})
    world.deployments.cancel(maya, deployment)
    world.clock.advance(20)
    assert (deployment.status, deployment.reason) == ("FINALIZED", "CANCELED")
    assert backend.droplet_guid == before
    assert backend.environment["NEW"] == "1"  # what was changed stays changed
    assert [p.guid for p in world.processes.of(backend)] == [old.guid]
    with pytest.raises(
        Refusal, match="Cannot cancel a deployment with status: FINALIZED and reason: CANCELED"
    ):
        world.deployments.cancel(maya, deployment)


def test_the_organization_is_full(world: World) -> None:
    maya, backend = user(world), app(world, BACKEND)
    scanner = world.processes.web(app(world, "clamav-rest"))
    droplet = staged(world, package(world, BACKEND))
    before = backend.droplet_guid
    space = world.state.spaces[backend.space_guid]
    quota = world.quotas.of_organization(space.organization_guid)
    quota.total_memory_mb = world.quotas.used_mb(world.state.spaces.values()) + 100
    with pytest.raises(Refusal) as refused:
        world.deployments.create(maya, backend, droplet=droplet)
    assert str(refused.value) == (
        "memory quota_exceeded for organization tanf-portal. "
        "This organization's quota may not be large enough "
        "to support rolling deployments or your configured max-in-flight."
    )
    assert backend.droplet_guid == before
    with pytest.raises(Refusal, match=r"^memory quota_exceeded$"):
        world.processes.scale(maya, scanner, instances=2)
    with pytest.raises(Refusal, match="organization's memory limit exceeded: staging requires 1024M memory"):
        world.builds.create(maya, package(world, BACKEND))


def test_rolling_back_brings_droplet_variables_and_says_what_it_was(world: World) -> None:
    maya, backend = user(world), app(world, BACKEND)
    good = world.revisions.latest(backend)
    assert good is not None
    world.apps.set_environment(maya, backend, {"LOGGING_LEVEL": "DEBUG"})
    world.apps.restart(maya, backend)
    world.clock.advance(30)
    changed = world.revisions.latest(backend)
    assert changed is not None
    assert changed.description == "New environment variables deployed."
    world.deployments.create(maya, backend, revision=good)
    world.clock.advance(60)
    rolled = world.revisions.latest(backend)
    assert rolled is not None
    assert rolled.version == changed.version + 1
    assert (
        rolled.description == f"New environment variables deployed. Rolled back to revision {good.version}."
    )
    assert backend.environment["LOGGING_LEVEL"] == "INFO"
    assert [r.guid for r in world.revisions.deployed(backend)] == [rolled.guid]
    with pytest.raises(Refusal, match="Unable to rollback"):
        world.deployments.create(maya, backend, revision=good)


def test_restarting_without_a_change_makes_no_revision(world: World) -> None:
    backend = app(world, BACKEND)
    before = world.revisions.latest(backend)
    world.apps.restart(user(world), backend)
    assert world.revisions.latest(backend) is before


def test_a_newer_deployment_supersedes_the_one_before(world: World) -> None:
    maya, backend = user(world), app(world, BACKEND)
    broken = world.deployments.create(maya, backend, droplet=staged(world, package(world, BACKEND, BROKEN)))
    world.clock.advance(120)
    good = world.deployments.create(maya, backend, droplet=staged(world, package(world, BACKEND)))
    assert broken.reason == "SUPERSEDED"
    world.clock.advance(60)
    assert good.reason == "DEPLOYED"
    assert [i.state for p in world.processes.of(backend) for i in p.actual.values()] == ["RUNNING"]


def test_a_canary_waits_for_a_person(world: World) -> None:
    maya, backend = user(world), app(world, BACKEND)
    droplet = staged(world, package(world, BACKEND))
    canary = world.deployments.create(maya, backend, droplet=droplet, strategy="canary")
    world.clock.advance(300)
    assert (canary.status, canary.reason) == ("ACTIVE", "PAUSED")
    world.deployments.continue_(maya, canary)
    world.clock.advance(60)
    assert canary.reason == "DEPLOYED"
