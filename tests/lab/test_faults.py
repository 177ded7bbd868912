"""Each fault of the catalogue changes the world, and undoing it heals the world."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from runback import lab
from runback.lab import cf, faults
from runback.lab.places import WORLDS, places
from runback.lab.running import RunningLab

PLACES = places(WORLDS / "reference", "raft")
PLATFORM = [one.name for one in faults.catalogue(PLACES) if not one.needs]
APPS = [PLACES[name] for name in ("frontend", "backend", "celery", "proxy", "scanner")]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningLab]:
    with lab.start("healthy") as made:
        yield made


def seen(made: RunningLab) -> dict[str, Any]:
    """What a client sees of the environment: states, sizes, checks, routes, bindings, variables, policies."""

    def curl(path: str) -> Any:
        out, err = io.StringIO(), io.StringIO()
        assert cf.main(["curl", path], made.environ, made.checkout, out, err) == 0, err.getvalue()
        return json.loads(out.getvalue())

    found: dict[str, Any] = {}
    apps = curl(f"/v3/apps?names={','.join(APPS)}")["resources"]
    for app in apps:
        process = curl(f"/v3/apps/{app['guid']}/processes/web")
        stats = curl(f"/v3/processes/{process['guid']}/stats")["resources"]
        bindings = curl(f"/v3/service_credential_bindings?app_guids={app['guid']}&include=service_instance")
        found[app["name"]] = {
            "state": app["state"],
            "running": [one["state"] for one in stats],
            "size": (process["instances"], process["memory_in_mb"], process["disk_in_mb"]),
            "check": process["health_check"]["type"],
            "endpoint": (process["health_check"]["data"] or {}).get("endpoint"),
            "routes": sorted(one["url"] for one in curl(f"/v3/apps/{app['guid']}/routes")["resources"]),
            "services": sorted(
                one["name"] for one in bindings.get("included", {}).get("service_instances", [])
            ),
            "variables": sorted(curl(f"/v3/apps/{app['guid']}/environment_variables")["var"]),
            "address": curl(f"/v3/apps/{app['guid']}/environment_variables")["var"].get("AV_SCAN_URL"),
            "backend": curl(f"/v3/apps/{app['guid']}/environment_variables")["var"].get("BACKEND_HOST"),
        }
    guids = ",".join(app["guid"] for app in apps)
    policies = curl(f"/networking/v1/external/policies?id={guids}")["policies"]
    found["policies"] = sorted(json.dumps(one, sort_keys=True) for one in policies)
    return found


@pytest.mark.parametrize("name", PLATFORM)
def test_a_fault_is_seen_and_healed(running: RunningLab, name: str) -> None:
    before = seen(running)
    fault = faults.read(name, PLACES)
    running.do(fault.changes)
    assert seen(running) != before
    running.do(fault.heal)
    running.wait(120)
    assert seen(running) == before


def test_a_fault_of_the_code_is_taken_back() -> None:
    with lab.start("healthy") as made:
        tip = made.pipelines()[-1].sha
        for changes in (faults.read("lint-failed", PLACES).changes, faults.read("lint-failed", PLACES).heal):
            made.do(changes)
        broken, healed = made.pipelines()[-2:]
        assert {broken.sha, healed.sha, tip} == {one.sha for one in made.pipelines()[-3:]}
        assert [flow.status for flow in broken.workflows] == ["failed"]
        assert [flow.status for flow in healed.workflows] == ["success"]
