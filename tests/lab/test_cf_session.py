"""What a session with cf 8.18.4 taught (docs/lab-cf-session.md): what it asks, and how it speaks."""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.small_world import Person, Platform, pushed, served, space_of, stage
from runback import lab
from runback.lab import cf
from runback.lab.cf import difference
from runback.lab.running import RunningLab

Cf = Callable[..., tuple[int, str, str]]
APP = "tdp-backend-raft"
PLACE = "in org tanf-portal / space tanf-dev as maya@lab.example..."


@pytest.fixture(scope="module")
def world() -> Iterator[RunningLab]:
    with lab.start("healthy") as running:
        yield running


@pytest.fixture
def run(world: RunningLab, tmp_path: Path) -> Cf:
    def call(line: str, *, cwd: Path | None = None, **more: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        environ = {**world.environ, **more}
        code = cf.main(shlex.split(line), environ, cwd or world.checkout, out, err, world.wait)
        return code, out.getvalue(), err.getvalue()

    return call


@pytest.fixture
def platform() -> Iterator[Platform]:
    with served() as made:
        yield made


def managed(ann: Person, name: str) -> dict[str, Any]:
    plan = {"data": {"guid": ann.one("/v3/service_plans")["guid"]}}
    relationships = {"space": {"data": {"guid": space_of(ann)}}, "service_plan": plan}
    body = {"type": "managed", "name": name, "relationships": relationships}
    ann.job(ann.ask("POST", "/v3/service_instances", body))
    return dict(ann.one(f"/v3/service_instances?names={name}"))


# --- what it asks ---------------------------------------------------------------------------------


def test_service_asks_for_the_flag_and_routes_for_route_services(platform: Platform) -> None:
    ann = platform.person("ann")
    flag = ann.get("/v3/feature_flags/service_instance_sharing")
    assert (flag["name"], flag["enabled"]) == ("service_instance_sharing", False)
    assert len(ann.get("/v3/feature_flags")["resources"]) == 19
    path = "/v3/service_route_bindings?include=service_instance&route_guids=a,b&per_page=500"
    assert ann.get(path)["resources"] == []
    assert ann.ask("GET", "/v3/service_route_bindings?include=moon").status == 400


def test_ssh_asks_for_a_passcode_and_reads_that_it_is_outside(platform: Platform) -> None:
    path = "/oauth/authorize?response_type=code&client_id=ssh-proxy"
    answer = platform.person("ann").ask("GET", path, at=platform.servers.uaa.url)
    assert (answer.status, answer.data) == (501, b"cf ssh is outside the lab.")


def test_a_deployment_may_bring_other_sizes_and_the_quota_counts_them(platform: Platform) -> None:
    ann = platform.person("ann")
    shop = pushed(ann, platform.world)["guid"]
    droplet = stage(ann, platform.world, shop)
    body = {"droplet": {"guid": droplet}, "relationships": {"app": {"data": {"guid": shop}}}}
    refused = ann.ask("POST", "/v3/deployments", {**body, "options": {"memory_in_mb": 8192}})
    assert refused.status == 422
    assert "memory quota_exceeded" in refused.json()["errors"][0]["detail"]
    options = {"memory_in_mb": 256, "disk_in_mb": 512, "web_instances": 2}
    made = ann.done("POST", "/v3/deployments", {**body, "options": options})
    assert made["options"] == {"max_in_flight": 1, **options}
    assert ann.get(f"/v3/apps/{shop}/processes/web")["memory_in_mb"] in (256, 1024)  # both run at first
    platform.advance(300)
    process = ann.get(f"/v3/apps/{shop}/processes/web")
    assert (process["memory_in_mb"], process["disk_in_mb"], process["instances"]) == (256, 512, 2)


def test_a_rollback_that_names_no_revision_is_refused_and_not_a_deployment(platform: Platform) -> None:
    """What a forgotten variable in the guide's own command sends."""
    ann = platform.person("ann")
    shop = pushed(ann, platform.world)["guid"]
    relationships = {"app": {"data": {"guid": shop}}}
    refused = ann.ask("POST", "/v3/deployments", {"revision": {"guid": ""}, "relationships": relationships})
    assert (refused.status, refused.json()["errors"][0]["detail"]) == (422, "The revision does not exist")
    assert ann.get("/v3/deployments")["resources"] == []


def test_a_manifest_differs_as_cloud_controller_says(platform: Platform) -> None:
    ann = platform.person("ann")
    shop = pushed(ann, platform.world)["guid"]
    ann.done("PATCH", f"/v3/apps/{shop}/environment_variables", {"var": {"GONE": "1", "KEPT": "2"}}, 200)
    manifest = b"""applications:
- name: shop
  memory: 2G
  disk-quota: 3G
  env: {KEPT: 3}
  no-route: true
  unheard-of: yes
"""
    diff = ann.done("POST", f"/v3/spaces/{space_of(ann)}/manifest_diff", manifest)["diff"]
    assert diff == [
        {"op": "remove", "path": "/applications/0/env/GONE", "was": "1"},
        {"op": "replace", "path": "/applications/0/env/KEPT", "was": "2", "value": 3},
        {"op": "add", "path": "/applications/0/no-route", "value": True},
    ]


def test_who_may_only_look_reads_no_credentials_and_changes_no_service(platform: Platform) -> None:
    ann, bob, eve = (platform.person(name) for name in ("ann", "bob", "eve"))
    service = managed(ann, "db")
    shop = pushed(ann, platform.world)["guid"]
    relationships = {
        "service_instance": {"data": {"guid": service["guid"]}},
        "app": {"data": {"guid": shop}},
    }
    body = {"type": "app", "relationships": relationships}
    assert bob.ask("POST", "/v3/service_credential_bindings", body).status == 403
    ann.job(ann.ask("POST", "/v3/service_credential_bindings", body))
    binding = bob.one("/v3/service_credential_bindings")["guid"]
    assert bob.ask("GET", f"/v3/service_credential_bindings/{binding}/details").status == 403
    assert eve.get("/v3/service_credential_bindings")["resources"] == []
    assert eve.ask("GET", f"/v3/service_instances/{service['guid']}").status == 404
    seen = {each["type"] for each in ann.get("/v3/audit_events?per_page=200")["resources"]}
    assert "audit.service_binding.show" not in seen  # a refusal is no reading
    ann.get(f"/v3/service_credential_bindings/{binding}/details")
    assert ann.one("/v3/audit_events?types=audit.service_binding.show")["actor"]["name"] == "ann@lab.example"


# --- how it speaks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "version: 1\napplications:\n  - name: a\n   memory: 1M\n",
            "yaml: line 3: did not find expected '-' indicator",
        ),
        (
            "applications:\n- name: a\n\tmemory: 5\n",
            "yaml: line 3: found a tab character that violates indentation",
        ),
        ("applications:\n- name: a: b\n", "yaml: line 2: mapping values are not allowed in this context"),
        ('applications:\n- name: "a\n', "yaml: line 3: found unexpected end of stream"),
        ("a: @x\n", "yaml: found character that cannot start any token"),
        ("applications:\n  name: x\n", "yaml: unmarshal errors:\n  "),
        ("", "Manifest must have at least one application."),
        ("applications:\n- name: ((who))\n", "Expected to find variables: who"),
    ],
    ids=["indent", "tab", "colon", "quote", "at", "no-list", "empty", "variable"],
)
def test_a_manifest_that_cannot_be_read(run: Cf, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "manifest.yml").write_text(text)
    assert run("push x", cwd=tmp_path) == (1, "FAILED\n", told + "\n")


def test_the_difference_is_drawn_as_cf_draws_it() -> None:
    manifest: dict[str, Any] = {
        "applications": [
            {
                "name": "shop",
                "disk-quota": "2G",
                "buildpacks": ["python_buildpack"],
                "env": {"KEY": "new"},
                "services": ["db"],
            }
        ],
        "version": 1,
    }
    diff: list[dict[str, Any]] = [
        {"op": "add", "path": "/applications/0/services", "value": ["db"]},
        {"op": "replace", "path": "/applications/0/env/KEY", "was": "old", "value": "new"},
        {"op": "remove", "path": "/applications/0/env/GONE", "was": "1"},
    ]
    drawn = [
        "  ---",
        "  applications:",
        "  - name: shop",
        "    disk-quota: 2G",
        "    buildpacks:",
        "      python_buildpack",
        "    env:",
        "-     KEY: old",
        "+     KEY: new",
        "-     GONE: '1'",
        "+   services:",
        "+   - db",
        "  version: 1",
    ]
    assert difference.lines(manifest, diff) == drawn
    hidden = difference.lines(manifest, diff, redact=True)
    assert "+     KEY: <redacted>" in hidden
    assert not any("old" in line or "new" in line for line in hidden)


def test_sizes_of_a_push_with_a_strategy_wait_for_the_deployment(run: Cf, world: RunningLab) -> None:
    options = "-f backend/manifest.yml -p backend --no-route -t 180 --strategy rolling"
    code, out, _ = run(f"push {APP} {options} -m 640M")
    assert code == 0
    assert "Applying manifest file backend/manifest.yml..." in out
    assert "    disk-quota: 2G\n    health-check-type: http\n" in out
    assert "    memory: 512M\n" in out
    assert "memory usage:    640M" in out
    assert "     state     since" in out
    head = next(line for line in out.splitlines() if line.lstrip().startswith("state "))
    assert head.split() == [
        "state",
        "since",
        "cpu",
        "memory",
        "disk",
        "logging",
        "cpu",
        "entitlement",
        "details",
        "ready",
    ]


def test_what_does_not_start_is_said_shorter_by_restart_than_by_scale(run: Cf) -> None:
    run(f"unset-env {APP} JWT_KEY")
    assert run(f"restart {APP}")[2] == "All instances crashed\n"
    assert run(f"restage {APP}")[2].endswith(f"TIP: use 'cf logs {APP} --recent' for more information\n")
    run(f"set-env {APP} JWT_KEY fake-jwt-key-dev-2b6e80f94d5c")
    assert run(f"restart {APP}")[0] == 0


def test_a_service_account_logs_out_before_a_person_logs_in(run: Cf, tmp_path: Path) -> None:
    home = {"CF_HOME": str(tmp_path)}
    target = run("api")[1].splitlines()[0].split()[-1]
    assert run(f"api {target}", **home)[0] == 0
    secret = "runback-reader fake-secret-runback-reader"
    assert run(f"auth {secret} --client-credentials", **home)[0] == 0
    told = "Service account currently logged in. Use 'cf logout' to log out service account and try again.\n"
    assert run("login -u maya@lab.example -p x", **home) == (1, "FAILED\n", told)
    assert run("logout", **home)[1] == "Logging out runback-reader...\nOK\n\n"
    assert run("auth maya@lab.example fake-password-maya", **home)[0] == 0
    assert run("target -o tanf-portal -s tanf-dev", **home)[0] == 0
    assert run("target -o moon", **home)[2] == "Organization 'moon' not found.\n"
    assert run("apps", **home)[2] == "No org targeted, use 'cf target -o ORG' to target an org.\n"


def test_who_may_only_look_is_told_so(run: Cf, tmp_path: Path) -> None:
    home = {"CF_HOME": str(tmp_path)}
    run(f"api {run('api')[1].splitlines()[0].split()[-1]}", **home)
    run("auth rosa@lab.example fake-password-rosa", **home)
    assert run("target -o tanf-portal -s tanf-dev", **home)[0] == 0
    refused = "You are not authorized to perform the requested action\n"
    for command in (
        f"env {APP}",
        f"stop {APP}",
        f"set-env {APP} A b",
        "service-key tdp-tf-states tdp-tf-key",
    ):
        assert run(command, **home)[::2] == (1, refused), command
    assert run("network-policies", **home)[1].splitlines()[-1].startswith("source   destination")


def test_a_service_is_shown_made_and_deleted(run: Cf) -> None:
    out = run("service tdp-db-dev")[1]
    for line in (
        "broker:          aws-broker",
        "offering tags:   database, RDS, postgresql",
        "   This service instance is not currently being shared.",
        "   Upgrades are not supported by this broker.",
    ):
        assert line in out
    told = run("service tdp-datafiles-dev")[1]
    assert "   Service instance sharing is disabled for this service offering." in told
    assert "Service instance extra created.\nOK\n" in run("create-service s3 basic extra")[1]
    deleting = f"Deleting service instance extra {PLACE}\n\n"
    assert run("delete-service extra -f") == (0, f"{deleting}Service instance extra deleted.\nOK\n\n", "")
    assert run("delete-service extra -f")[1] == f"{deleting}Service instance extra did not exist.\nOK\n\n"


def test_what_a_broker_does_by_and_by_is_said_to_be_in_progress(run: Cf, world: RunningLab) -> None:
    world.operate("broker", {"offering": "s3", "create_seconds": 60, "bind_seconds": 60})
    created = run("create-service s3 basic slow")
    assert "Create in progress. Use 'cf services' or 'cf service slow'" in created[1]
    early = run(f"bind-service {APP} slow")
    assert (early[0], early[2]) == (1, "There is an operation in progress for the service instance\n")
    world.wait(61)
    bound = run(f"bind-service {APP} slow")
    assert "Binding in progress. Use 'cf service slow' to check operation status." in bound[1]
    world.wait(61)
    assert "is already bound to service instance slow." in run(f"bind-service {APP} slow")[1]
    world.operate("broker", {"offering": "s3", "failure": "the bucket is not empty"})
    failed = run("create-service s3 basic broken")
    told = "provision could not be completed: Service broker error: the bucket is not empty\n"
    assert failed[0] == 1
    assert failed[2].endswith(told)
    world.operate("broker", {"offering": "s3"})
