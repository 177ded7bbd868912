from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collect.platform_server import NOW, PASSWORD, answers, app, log_in, platform, to
from loopback import Answer, Loopback, Seen
from runback.collect import Breadth, collect
from runback.config import Access, CircleAccess
from runback.errors import AccessError
from runback.http import Client, Limits
from runback.model import Address, App, Evidence, Gap, Platform, Target

FAST = Limits(attempts=2, backoff=0.01)
NARROW = Breadth()
TARGET = Target(app="backend", apps=("backend",), org="org", space="dev")


def collected(home: Path, server: Loopback, target: Target = TARGET, breadth: Breadth = NARROW) -> Evidence:
    access = Access(circleci=CircleAccess(), cloudfoundry=log_in(home, server.url))
    with Client({}, limits=FAST) as client:
        return collect(
            target,
            access,
            checkout=None,
            progress=lambda _: None,
            now=lambda: NOW,
            key=b"k",
            client=client,
            breadth=breadth,
        )


def read(home: Path, changed: dict[str, Any] | None = None) -> tuple[Evidence, Platform, App]:
    with platform(changed) as server:
        evidence = collected(home, server)
    assert isinstance(evidence.platform, Platform)
    assert isinstance(evidence.platform.apps, tuple)
    return evidence, evidence.platform, evidence.platform.apps[0]


def test_an_app_its_neighbour_and_what_lies_between(tmp_path: Path) -> None:
    _, found, app = read(tmp_path)
    assert isinstance(found.apps, tuple)
    assert [(one.name, one.role, one.space, one.org) for one in found.apps] == [
        ("backend", "target", "dev", "org"),
        ("scanner", "neighbour", "prod", "org"),
    ]
    assert app.addresses == (
        Address(variable="AV_SCAN_URL", host="prod-scan.apps.internal", port=9000, scheme="http"),
    )
    assert app.commit == "0123456789abcdef0123456789abcdef01234567"
    assert isinstance(found.routes, tuple)
    route = found.routes[0]
    assert (route.url, route.internal, route.space) == ("prod-scan.apps.internal", True, "prod")
    assert (route.destinations[0].app, route.destinations[0].port) == ("scanner", 9000)
    assert isinstance(found.policies, tuple)
    assert [(one.source, one.destination, one.start) for one in found.policies] == [("g1", "g2", 9000)]
    assert found.spaces_seen == ("dev",)
    assert isinstance(found.services, tuple)
    assert [(one.name, one.offering, one.plan, one.space) for one in found.services] == [
        ("db", "aws-rds", "micro", "dev")
    ]


def test_the_details_of_an_app(tmp_path: Path) -> None:
    _, _, app = read(tmp_path)
    assert isinstance(app.processes, tuple)
    process = app.processes[0]
    assert (process.command, process.desired, process.health and process.health.endpoint) == (
        "gunicorn app",
        2,
        "/health",
    )
    assert isinstance(process.instances, tuple)
    assert [(one.state, one.memory) for one in process.instances] == [("RUNNING", 7), ("DOWN", None)]
    assert isinstance(app.revisions, tuple)
    assert [(one.version, one.deployed) for one in app.revisions] == [(2, True), (1, False)]
    assert app.revisions[0].variables is None
    assert isinstance(app.revisions[1].variables, tuple)
    assert [one.name for one in app.revisions[1].variables] == ["DB_PASSWORD"]
    assert isinstance(app.events, tuple)
    assert app.events[0].data == {"index": 0, "exit_status": 1, "exit_description": "out of memory"}
    assert isinstance(app.bindings, tuple)
    assert [one.service for one in app.bindings] == ["db"]
    assert isinstance(app.variables, tuple)
    shapes = {one.name: one.shape for one in app.variables}
    assert shapes == {
        "AV_SCAN_URL": "scheme://host:port",
        "DB_PASSWORD": "text",
        "EMPTY": "empty",
        "PORT_TO_USE": "integer",
    }
    assert isinstance(app.deployments, tuple)
    assert (app.deployments[0].droplet, app.deployments[0].revision) == (None, "rev2")


def test_logs_are_one_stream_for_each_source_and_instance(tmp_path: Path) -> None:
    evidence, _, app = read(tmp_path)
    mine = [log for log in evidence.logs if log.app == "backend"]
    assert app.logs == tuple(log.id for log in mine)
    assert [(log.id, log.kind, log.times) for log in mine] == [
        ("app:backend/APP/PROC/WEB/0", "app", (1, 1, 3)),
        ("app:backend/APP/PROC/WEB/1", "app", (2,)),
        ("app:backend/RTR/3", "router", (1,)),
    ]
    lines = list(mine[0].text.lines())
    assert lines[:2] == [b"one", b"two"]
    assert lines[2].startswith(b"login with [secret:DB_PASSWORD:")


def test_no_value_of_a_variable_is_in_the_evidence(tmp_path: Path) -> None:
    evidence, _, _ = read(tmp_path, {"/v3/apps/g1/builds": (lambda answer, seen: answer.reply(BUILDS))})
    whole = msgspec.json.encode(evidence, enc_hook=lambda text: text.open().read().decode())
    for secret in (PASSWORD, "the-one-before-5", "pw-91-Xy22", "refresh-1"):
        assert secret.encode() not in whole
    assert b"[secret:DB_PASSWORD:" in whole


BUILDS = {
    "resources": [
        {"guid": "b", "state": "FAILED", "created_at": "2026-03-03T10:00:00Z", "error": f"said {PASSWORD}"}
    ]
}


def test_nothing_is_asked_twice_and_nothing_is_changed(tmp_path: Path) -> None:
    with platform() as server:
        evidence = collected(tmp_path, server)
        assert max(Counter(server.paths()).values()) == 1
        assert {one.method for one in server.seen} == {"GET"}
        assert evidence.requests == len(server.seen)
        asked = [path for path in server.paths() if "/apps/g3/" in path]
        assert asked == []  # an app that nobody talks to


@pytest.mark.parametrize(
    ("host", "neighbours"),
    [
        ("unrelated.example.org", {"unrelated"}),  # the router leads there: policies have no say
        ("unrelated.apps.internal", {"unrelated", "scanner"}),  # not allowed: perhaps the scanner was meant
        ("prod-scan.apps.internal", {"scanner"}),
    ],
)
def test_who_is_meant_by_an_address_that_no_policy_opens(
    tmp_path: Path, host: str, neighbours: set[str]
) -> None:
    routes = answers("")["/v3/routes"]["resources"]
    for number, url in enumerate(("unrelated.example.org", "unrelated.apps.internal"), 3):
        ends = [{"app": {"guid": "g3"}, "port": 8080}]
        routes.append({"guid": f"r{number}", "url": url, "destinations": ends, **to("space", "s1")})
    env = {"environment_variables": {"PARTNER_URL": f"https://{host}/"}}
    _, found, _ = read(tmp_path, {"/v3/routes": {"resources": routes}, "/v3/apps/g1/env": env})
    assert isinstance(found.apps, tuple)
    assert {one.name for one in found.apps if one.role == "neighbour"} == neighbours


def gauge(seconds: int, instance: str, **metrics: float) -> dict[str, Any]:
    told = {name: {"unit": "bytes", "value": value} for name, value in metrics.items()}
    tags = {"process_type": "web"}
    return {
        "timestamp": f"{seconds}000000000",
        "instance_id": instance,
        "tags": tags,
        "gauge": {"metrics": told},
    }


def test_what_an_app_that_was_killed_for_its_memory_had_used(tmp_path: Path) -> None:
    """Newest first, as log-cache answers; measurements of the app's own, and of no instance, are left out."""
    batch = [
        gauge(30, "0", memory=500, memory_quota=512),
        gauge(20, "0", requests=7),
        gauge(20, "", memory=1),
        gauge(10, "1", memory=300),
    ]

    def measured(answer: Answer, seen: Seen) -> None:
        asked = "envelope_types=GAUGE" in seen.path
        answer.reply({"envelopes": {"batch": batch if asked else []}})

    _, _, app = read(tmp_path, {"/api/v1/read/g1": measured})
    assert isinstance(app.memory, tuple)
    assert [(one.at.second, one.process, one.instance, one.used, one.quota) for one in app.memory] == [
        (10, "web", 1, 300, None),
        (30, "web", 0, 500, 512),
    ]


def test_the_same_app_in_other_environments_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    target = Target(
        app="backend",
        apps=("backend",),
        org="org",
        space="dev",
        peers={"backend": ("unrelated", "scanner", "no-such-app"), "scanner": ("backend",)},
    )
    roles = {}
    for asked in (False, True):
        with platform() as server:
            found = collected(tmp_path, server, target, Breadth(peers=asked)).platform
        assert isinstance(found, Platform)
        assert isinstance(found.apps, tuple)
        roles[asked] = [(one.name, one.role) for one in found.apps]
    own = [("backend", "target"), ("scanner", "neighbour")]
    assert roles == {False: own, True: [*own, ("unrelated", "peer")]}  # the neighbour is read already


PARTS = {
    "/v3/apps/g1/env": "variables",
    "/v3/apps/g1/processes": "processes",
    "/v3/apps/g1/droplets/current": "droplet",
    "/v3/apps/g1/builds": "builds",
    "/v3/deployments": "deployments",
    "/v3/apps/g1/revisions": "revisions",
    "/v3/apps/g1/features/revisions": "revisions_enabled",
    "/v3/audit_events": "events",
    "/v3/service_credential_bindings": "bindings",
    "/api/v1/read/g1": "logs",
}


@pytest.mark.parametrize("path", PARTS)
@pytest.mark.parametrize("fault", [403, "wrong type", "broken"])
def test_a_part_that_cannot_be_had_is_a_gap_and_the_rest_goes_on(
    tmp_path: Path, path: str, fault: int | str
) -> None:
    broken: Any = {403: 403, "wrong type": ["a list"], "broken": lambda answer, seen: answer.reply(b'{"res')}[
        fault
    ]
    _, found, app = read(tmp_path, {path: broken})
    part = getattr(app, PARTS[path])
    assert isinstance(part, Gap)
    assert "backend" in part.what
    assert {403: "403: ", "wrong type": "Expected", "broken": "breaks off"}[fault] in part.reason
    others = [name for other, name in PARTS.items() if other != path and name != "addresses"]
    assert not [name for name in others if isinstance(getattr(app, name), Gap)]
    assert isinstance(found.services, tuple)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/v3/service_instances", "services"),
        ("/networking/v1/external/policies", "policies"),
        ("/v3/roles", "spaces_seen"),
        ("/v3/routes", "routes"),
    ],
)
def test_a_part_of_the_platform_that_cannot_be_had(tmp_path: Path, path: str, part: str) -> None:
    _, found, app = read(tmp_path, {path: 403})
    assert isinstance(getattr(found, part), Gap)
    assert app.name == "backend"


def test_an_environment_that_cannot_be_read_is_listed_as_unlearned(tmp_path: Path) -> None:
    evidence, _, _ = read(tmp_path, {"/v3/apps/g1/env": 403})
    assert [gap.what for gap in evidence.unlearned] == ["environment of backend"]


def test_an_app_without_a_droplet_is_no_gap(tmp_path: Path) -> None:
    _, _, app = read(tmp_path, {"/v3/apps/g1/droplets/current": 404})
    assert app.droplet is None


def test_instances_that_cannot_be_had(tmp_path: Path) -> None:
    _, _, app = read(tmp_path, {"/v3/processes/g1-web/stats": 503})
    assert isinstance(app.processes, tuple)
    assert isinstance(app.processes[0].instances, Gap)


def test_logs_of_an_expired_token_are_explained(tmp_path: Path) -> None:
    _, _, app = read(tmp_path, {"/api/v1/read/g1": 404})
    assert isinstance(app.logs, Gap)
    assert "says 404 for a token that has expired" in app.logs.reason


def test_log_cache_is_asked_for_less_when_it_is_busy(tmp_path: Path) -> None:
    full = answers("")["/api/v1/read/g1"]

    def busy(answer: Answer, seen: Seen) -> None:
        answer.reply(full if "limit=250&" in seen.path else {}, 200 if "limit=250&" in seen.path else 429)

    _, _, app = read(tmp_path, {"/api/v1/read/g1": busy})
    assert isinstance(app.logs, tuple)
    assert len(app.logs) == 3


def test_pages_of_apps_are_followed_but_never_to_another_host(tmp_path: Path) -> None:
    listing = answers("")["/v3/apps"]

    def paged(answer: Answer, seen: Seen) -> None:
        first, rest = listing["resources"][:1], listing["resources"][1:]
        if "page=2" in seen.path:
            answer.reply({**listing, "resources": first})
        else:
            answer.reply({**listing, "resources": rest, "pagination": {"next": {"href": "/v3/apps?page=2"}}})

    _, _, app = read(tmp_path, {"/v3/apps": paged})
    assert app.name == "backend"
    away = {**listing, "pagination": {"next": {"href": "https://evil.example/v3/apps"}}}
    with platform({"/v3/apps": away}) as server, pytest.raises(AccessError, match="at another host"):
        collected(tmp_path, server)


def test_an_unknown_app_names_near_ones(tmp_path: Path) -> None:
    with platform() as server:
        evidence = collected(tmp_path, server, Target(app="bakend", apps=("bakend",), space="dev"))
    assert isinstance(evidence.platform, Platform)
    assert isinstance(evidence.platform.apps, Gap)
    assert "near names: backend" in evidence.platform.apps.reason


def test_neither_service_can_be_asked(tmp_path: Path) -> None:
    with platform({"/v3/apps": 401, "/oauth/token": 401}) as server, pytest.raises(AccessError) as caught:
        collected(tmp_path, server)
    assert "Cloud Foundry" in str(caught.value)
    assert "CircleCI" in str(caught.value)


def test_the_official_examples_are_understood() -> None:
    folder = Path(__file__).parents[3] / "shared" / "specs" / "capi-examples"
    if not folder.is_dir():
        pytest.skip("the example bodies of the API are not here")
    from runback.collect import capi

    kinds: dict[str, Any] = {
        "paginated_list_of_apps": capi.Apps,
        "paginated_list_of_routes": capi.Routes,
        "paginated_list_of_domains": capi.Domains,
        "paginated_list_of_roles": capi.Roles,
        "paginated_list_of_processes": capi.Processes,
        "single_process": capi.Process,
        "list_of_process_stats": capi.Stats,
        "staged_droplet_with_metadata": capi.Droplet,
        "paginated_list_of_builds": capi.Builds,
        "single_staged_build": capi.Build,
        "paginated_list_of_deployments": capi.Deployments,
        "paginated_list_of_associated_revisions": capi.Revisions,
        "paginated_list_of_audit_events": capi.Events,
        "paginated_list_of_service_credential_bindings": capi.CredentialBindings,
        "paginated_list_of_service_instances": capi.Instances,
        "single_app_feature": capi.Feature,
    }
    for name, kind in kinds.items():
        body = msgspec.json.decode((folder / f"{name}.json").read_bytes(), type=kind)
        assert "guid" not in body.__struct_fields__ or body.guid
        if isinstance(body, capi.Page):
            assert len(body.resources) == len(json.loads((folder / f"{name}.json").read_bytes())["resources"])


def test_apps_behind_addresses_that_are_too_many_are_named(tmp_path: Path) -> None:
    with platform() as server:
        found = answers(server.url)
        hosts = [f"n{number}.apps.internal" for number in range(14)]
        for number, host in enumerate(hosts):
            there = f"h{number}"
            found["/v3/apps"]["resources"].append(app(there, f"neighbour-{number:02}"))
            ends = [{"app": {"guid": there, "process": {"type": "web"}}, "port": 9000}]
            route = {"guid": f"r-{there}", "url": host, "destinations": ends, **to("space", "s1")}
            found["/v3/routes"]["resources"].append(route)
        asked = {f"URL_{number}": f"http://{host}:9000/" for number, host in enumerate(hosts)}
        found["/v3/apps/g1/env"]["environment_variables"] = asked
    with platform(found) as server:
        evidence = collected(tmp_path, server)
    (limit,) = evidence.limits
    assert limit.what == "neighbour-11, neighbour-12, neighbour-13"
    assert limit.reason == "not read: of the apps behind addresses at most 12 are"
