"""Services that are shared, user-provided or moved to another plan, as people of cf see them."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable, Iterator

import pytest

from runback import lab
from runback.lab import cf
from runback.lab.running import RunningLab

APP, OTHER = "tdp-backend-raft", "tdp-backend-develop"
Cf = Callable[[str], tuple[int, str]]


@pytest.fixture(scope="module")
def world() -> Iterator[RunningLab]:
    with lab.start("healthy") as running:
        yield running


@pytest.fixture
def run(world: RunningLab) -> Cf:
    def call(line: str) -> tuple[int, str]:
        out = io.StringIO()
        code = cf.main(shlex.split(line), world.environ, world.checkout, out, out, world.wait)
        return code, out.getvalue()

    return call


def test_a_service_is_shared_bound_in_the_other_space_and_taken_away_again(run: Cf) -> None:
    assert run("share-service tdp-redis-dev -s tanf-staging")[0] == 0
    assert "has already been shared" in run("share-service tdp-redis-dev -s tanf-staging")[1]
    assert (
        "org           space          bindings\n   tanf-portal   tanf-staging   0"
        in (run("service tdp-redis-dev")[1])
    )

    run("target -s tanf-staging")
    assert "shared from space tanf-dev of org tanf-portal" in run("service tdp-redis-dev")[1]
    assert run(f"bind-service {OTHER} tdp-redis-dev")[0] == 0
    assert "tdp-redis-dev" in run(f"env {OTHER}")[1]

    run("target -s tanf-dev")
    refused = run("delete-service tdp-redis-dev -f")
    assert refused[0] == 1
    assert "shares associations" in refused[1]
    assert "Unshare cancelled" in run("unshare-service tdp-redis-dev -s tanf-staging")[1]
    assert run("unshare-service tdp-redis-dev -s tanf-staging -f")[0] == 0
    assert "not currently being shared" in run("service tdp-redis-dev")[1]
    run("target -s tanf-staging")
    assert "tdp-redis-dev" not in run(f"env {OTHER}")[1]
    assert "not found" in run("service tdp-redis-dev")[1]
    run("target -s tanf-dev")


def test_what_may_not_be_shared_is_refused_with_the_platforms_reason(run: Cf, world: RunningLab) -> None:
    for command, reason in (
        ("share-service tdp-datafiles-dev -s tanf-staging", "s3 service does not support service instance"),
        ("share-service tdp-db-dev -s tanf-dev", "cannot be shared into the space where they were created"),
        ("share-service tdp-db-dev -s tanf-moon", "Space 'tanf-moon' not found"),
    ):
        code, text = run(command)
        assert (code, reason in text) == (1, True), text
    run("cups partner -p '{}'")
    assert "User-provided services cannot be shared." in run("share-service partner -s tanf-staging")[1]
    run("delete-service partner -f")


def test_the_content_of_a_user_provided_service_reaches_processes_at_their_start(
    run: Cf, world: RunningLab
) -> None:
    assert run("""cups tdp-mail-dev -p '{"host": "mail.lab.example", "password": "fake-old"}'""")[0] == 0
    run(f"bind-service {APP} tdp-mail-dev")
    assert "fake-old" in run(f"env {APP}")[1]
    changed = run("""uups tdp-mail-dev -p '{"host": "mail.lab.example", "password": "fake-new"}'""")
    assert "TIP: Use 'cf restage' for any bound apps" in changed[1]
    assert "fake-new" in run(f"env {APP}")[1]
    assert "update succeeded" in run("services")[1]
    run(f"unbind-service {APP} tdp-mail-dev")
    run("delete-service tdp-mail-dev -f")


def test_a_plan_is_changed_by_the_broker_in_its_own_time(run: Cf, world: RunningLab) -> None:
    world.operate("broker", {"offering": "aws-rds", "create_seconds": 600})
    assert "Update in progress." in run("update-service tdp-db-dev -p small-psql")[1]
    assert "update in progress" in run("services")[1]
    busy = run("update-service tdp-db-dev -p medium-psql")
    assert "An operation for service instance tdp-db-dev is in progress." in busy[1]
    world.wait(601)
    assert "small-psql" in run("service tdp-db-dev")[1]
    world.operate("broker", {"offering": "aws-rds", "failure": "no such size here"})
    assert run("update-service tdp-db-dev -p medium-psql")[0] == 1
    told = run("service tdp-db-dev")[1]
    assert "update failed" in told
    assert "small-psql" in told
    world.operate("broker", {"offering": "aws-rds"})
    assert "No changes were made." in run("update-service tdp-db-dev -p small-psql")[1]


def test_a_renamed_service_keeps_its_bindings_and_is_known_by_its_new_name(run: Cf) -> None:
    assert "TIP: Use 'cf services'" in run("rename-service nosuch other")[1]
    assert "name is taken: tdp-db-dev" in run("rename-service tdp-redis-dev tdp-db-dev")[1]
    code, said = run("rename-service tdp-redis-dev tdp-cache-dev")
    assert (code, said.split()[:5]) == (0, ["Renaming", "service", "tdp-redis-dev", "to", "tdp-cache-dev"])
    shown = run(f"env {APP}")[1]
    assert "tdp-cache-dev" in shown
    assert "tdp-redis-dev" not in shown
    assert run("rename-service tdp-cache-dev tdp-redis-dev")[0] == 0
