"""The lab's cf against the lab's platform: output, exit codes, and what the platform holds afterwards."""

from __future__ import annotations

import io
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runback import lab
from runback.lab import cf
from runback.lab.running import RunningLab

Cf = Callable[..., tuple[int, str, str]]
APP = "tdp-backend-raft"


@pytest.fixture
def world() -> Iterator[RunningLab]:
    with lab.start("healthy") as running:
        yield running


@pytest.fixture
def run(world: RunningLab) -> Cf:
    def call(line: str, **more: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        code = cf.main(shlex.split(line), {**world.environ, **more}, world.checkout, out, err, world.wait)
        return code, out.getvalue(), err.getvalue()

    return call


def test_missing_app_fails_with_the_text_on_standard_error(run: Cf) -> None:
    assert run("app no-such --guid") == (1, "FAILED\n", "App 'no-such' not found.\n")


def test_set_and_unset_a_variable(run: Cf) -> None:
    place = "in org tanf-portal / space tanf-dev as maya@lab.example..."
    tip = f"TIP: Use 'cf restage {APP}' to ensure your env variable changes take effect.\n"
    assert run(f"set-env {APP} COLOUR -blue") == (
        0,
        f"Setting env variable COLOUR for app {APP} {place}\nOK\n\n{tip}",
        "",
    )
    assert "\nCOLOUR: -blue\n" in run(f"env {APP}")[1]
    removing = f"Removing env variable COLOUR from app {APP} {place}\n"
    assert run(f"unset-env {APP} COLOUR") == (0, f"{removing}OK\n\n{tip}", "")
    assert run(f"unset-env {APP} COLOUR") == (0, f"{removing}Env variable COLOUR was not set.\nOK\n\n", "")


def test_rolling_push_stages_and_deploys(run: Cf) -> None:
    code, out, err = run(
        f"push {APP} -f backend/manifest.yml -p backend --no-route --strategy rolling -t 180"
    )
    assert (code, err) == (0, "")
    steps = (
        "Applying manifest file",
        "+   no-route: true",
        "Manifest applied",
        "Staging app and tracing logs...",
        "-----> Python Buildpack",
        f"Starting deployment for app {APP}...",
        "Waiting for app to deploy...",
        "instances:       1/1",
        "start command:   bash gunicorn_start.sh",
    )
    places = [out.find(step) for step in steps]
    assert -1 not in places, dict(zip(steps, places, strict=True))
    assert places == sorted(places)


def test_a_manifest_that_names_no_buildpack_fails_and_leaves_the_app_alone(
    run: Cf, world: RunningLab
) -> None:
    before = run("app " + APP)[1]
    manifest = world.checkout / "backend" / "manifest.yml"
    manifest.write_text(manifest.read_text().replace("python_buildpack", "pyhton_buildpack"))
    code, out, err = run(f"push {APP} -f backend/manifest.yml -p backend --no-route")
    assert code == 1
    assert out.endswith("FAILED\n")
    assert "pyhton_buildpack" in err
    assert run("app " + APP)[1] == before


def test_restart_without_the_database_is_unsuccessful(run: Cf) -> None:
    assert run(f"unbind-service {APP} tdp-db-dev")[0] == 0
    code, out, err = run(f"restart {APP}")
    assert code == 1
    assert "Instances starting...\n" in out
    assert out.endswith("FAILED\n")
    assert err == "All instances crashed\n"
    assert "KeyError: 'aws-rds'" in run(f"logs {APP} --recent")[1]
    assert run(f"bind-service {APP} tdp-db-dev")[0] == 0
    assert run(f"restart {APP}")[0] == 0


def test_a_policy_without_a_port_opens_8080(run: Cf) -> None:
    assert run("add-network-policy tdp-celery-raft tdp-clamav-nginx-dev")[0] == 0
    rows = [line.split() for line in run("network-policies --source tdp-celery-raft")[1].splitlines()]
    ends = ["tdp-celery-raft", "tdp-clamav-nginx-dev", "tcp"]
    assert [*ends, "8080", "tanf-dev", "tanf-portal"] in rows
    assert [*ends, "9000", "tanf-dev", "tanf-portal"] in rows


def test_a_policy_into_another_space(run: Cf) -> None:
    far = "tdp-clamav-nginx-dev clamav-rest -s tanf-prod --protocol tcp --port 9000"
    assert "Policy does not exist." not in run(f"remove-network-policy {far}")[1]
    assert "Policy does not exist." in run(f"remove-network-policy {far}")[1]
    assert "clamav-rest" not in run("network-policies")[1]
    assert run(f"add-network-policy {far}")[0] == 0
    assert "clamav-rest" in run("network-policies")[1]


def test_rollback_to_the_first_revision(run: Cf) -> None:
    code, out, _ = run(f"rollback {APP} --version 1 -f")
    assert code == 0
    assert f"Rolling back to revision 1 for app {APP}" in out
    assert run(f"rollback {APP} --version 99 -f")[2] == "Revision '99' not found\n"


def test_delete_takes_the_routes_along(run: Cf) -> None:
    assert run("delete tdp-celery-raft -r -f")[0] == 0
    assert "tdp-celery-raft" not in run("apps")[1]
    assert "tdp-celery-raft" not in run("routes")[1]
    assert run("delete tdp-celery-raft -r -f")[2] == "App 'tdp-celery-raft' does not exist.\n"


def test_routes_are_made_mapped_and_removed(run: Cf) -> None:
    route = "apps.internal --hostname other"
    assert run(f"map-route {APP} {route}")[1].count("OK\n") == 2
    assert "is already mapped to route 'other.apps.internal'" in run(f"map-route {APP} {route}")[1]
    assert run(f"unmap-route {APP} {route}")[0] == 0
    assert run(f"delete-route {route} -f")[0] == 0
    assert "Unable to delete. Route with host 'other'" in run(f"delete-route {route} -f")[1]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("app", "the required argument `APP_NAME` was not provided\n\n"),
        ("set-env a", "the required arguments `ENV_VAR_NAME` and `ENV_VAR_VALUE` were not provided\n\n"),
        ("apps --colour", "unknown flag `colour'\n\n"),
        ("push a --strategy", "expected argument for flag `--strategy'\n\n"),
        ("add-network-policy a b --port 9000", "--protocol and --port flags must be specified together\n"),
    ],
)
def test_incorrect_usage(run: Cf, line: str, text: str) -> None:
    code, _, err = run(line)
    assert (code, err) == (1, f"Incorrect Usage: {text}")


def test_unknown_command(run: Cf) -> None:
    assert run("frobnicate") == (1, "", "'frobnicate' is not a registered command. See 'cf help -a'\n")


def test_login_writes_a_configuration_for_its_owner_only(world: RunningLab, run: Cf, tmp_path: Path) -> None:
    home = str(tmp_path)
    assert (
        run("apps", CF_HOME=home)[2]
        == "No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.\n"
    )
    url = next(line.split()[-1] for line in run("target")[1].splitlines() if line.startswith("API endpoint"))
    assert run(f"api {url}", CF_HOME=home)[0] == 0
    assert run("auth nobody wrong", CF_HOME=home)[2] == "Credentials were rejected, please try again.\n"
    assert run("apps", CF_HOME=home)[2] == "Not logged in. Use 'cf login' or 'cf login --sso' to log in.\n"
    assert stat.S_IMODE((tmp_path / ".cf" / "config.json").stat().st_mode) == 0o600
