"""The v3 API over HTTP, from discovery to a rolling deployment, as a client sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.small_world import Platform, pushed, served, space_of, stage, zipped


@pytest.fixture
def lab() -> Iterator[Platform]:
    with served() as platform:
        yield platform


def test_the_root_names_every_endpoint(lab: Platform) -> None:
    links = lab.person("nobody").get("/")["links"]
    assert links["cloud_controller_v3"]["meta"]["version"] == "3.228.0"
    assert links["uaa"]["href"] == links["login"]["href"] == lab.servers.uaa.url
    assert links["log_cache"]["href"] == lab.servers.log_cache.url
    assert links["network_policy_v1"]["href"] == f"{lab.servers.api.url}/networking/v1/external"


def test_the_date_is_the_worlds(lab: Platform) -> None:
    answer = lab.person("ann").ask("GET", "/v3/apps")
    assert answer.headers["Date"] == "Tue, 03 Mar 2026 12:00:00 GMT"
    assert int(answer.headers["X-RateLimit-Remaining"]) < int(answer.headers["X-RateLimit-Limit"])


def test_errors_have_code_title_and_detail(lab: Platform) -> None:
    missing = lab.person("ann").ask("GET", "/v3/apps/nowhere")
    assert (missing.status, missing.json()) == (
        404,
        {"errors": [{"code": 10010, "title": "CF-ResourceNotFound", "detail": "App not found"}]},
    )
    unknown = lab.person("ann").ask("GET", "/v3/nonsense")
    assert (unknown.status, unknown.json()["errors"][0]["code"]) == (404, 10000)
    broken = lab.person("ann").ask("POST", "/v3/apps", b"{")
    assert (broken.status, broken.json()["errors"][0]["title"]) == (400, "CF-MessageParseError")


def test_lists_come_in_pages_with_their_query(lab: Platform) -> None:
    ann = lab.person("ann")
    space = {"space": {"data": {"guid": space_of(ann)}}}
    for number in range(5):
        ann.done("POST", "/v3/apps", {"name": f"app-{number}", "relationships": space})
    names = []
    path = "/v3/apps?order_by=-name&per_page=2&include=space.organization"
    while path:
        page = ann.get(path)
        names += [app["name"] for app in page["resources"]]
        assert page["included"]["organizations"][0]["name"] == "acme"
        following = page["pagination"]["next"]
        path = following["href"].removeprefix(lab.servers.api.url) if following else ""
    assert names == ["app-4", "app-3", "app-2", "app-1", "app-0"]
    assert ann.get("/v3/apps?per_page=2")["pagination"]["total_pages"] == 3


@pytest.mark.parametrize("query", ["per_page=5001", "page=0", "nonsense=1", "include=moon", "order_by=moon"])
def test_bad_queries_are_refused(lab: Platform, query: str) -> None:
    answer = lab.person("ann").ask("GET", f"/v3/apps?{query}")
    assert (answer.status, answer.json()["errors"][0]["code"]) == (400, 10005)
    assert answer.json()["errors"][0]["detail"].startswith("The query parameter is invalid: ")


def test_times_and_labels_choose(lab: Platform) -> None:
    ann = lab.person("ann")
    space = {"space": {"data": {"guid": space_of(ann)}}}
    for name, tier in (("old", "gold"), ("new", "tin")):
        body = {"name": name, "relationships": space, "metadata": {"labels": {"tier": tier}}}
        ann.done("POST", "/v3/apps", body)
        lab.advance(60)
    assert ann.one("/v3/apps?created_ats[gt]=2026-03-03T12:00:30Z")["name"] == "new"
    assert ann.one("/v3/apps?label_selector=tier=gold")["name"] == "old"
    assert ann.one("/v3/apps?label_selector=tier!=gold")["name"] == "new"
    assert ann.one("/v3/apps?label_selector=tier in (silver,gold)")["name"] == "old"
    assert ann.one("/v3/apps?label_selector=tier notin (silver,gold),!other")["name"] == "new"
    assert ann.ask("GET", "/v3/apps?created_ats[about]=2026").status == 400


def test_a_push_runs_and_its_variables_reach_the_environment(lab: Platform) -> None:
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    path = f"/v3/apps/{app['guid']}"
    (instance,) = ann.get(f"{path}/processes/web/stats")["resources"]
    assert (instance["state"], instance["index"]) == ("RUNNING", 0)
    ann.done("PATCH", f"{path}/environment_variables", {"var": {"DEBUG": True, "GONE": None}}, 200)
    assert ann.get(f"{path}/env")["environment_variables"] == {"DEBUG": "true"}
    shown = ann.get(f"/v3/audit_events?types=audit.app.environment.show&target_guids={app['guid']}")
    assert shown["pagination"]["total_results"] == 1
    reserved = ann.ask("PATCH", f"{path}/environment_variables", {"var": {"VCAP_SERVICES": "x"}})
    assert reserved.status == 422


def test_commands_are_hidden_in_lists(lab: Platform) -> None:
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    listed = ann.one(f"/v3/processes?app_guids={app['guid']}&embed=process_instances")
    assert listed["command"] == "[PRIVATE DATA HIDDEN IN LISTS]"
    assert listed["process_instances"][0]["state"] == "RUNNING"
    assert "PRIVATE" not in ann.get(f"/v3/processes/{listed['guid']}")["command"]


def test_a_rolling_deployment_moves_and_a_revision_is_the_way_back(lab: Platform) -> None:
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    droplet = stage(ann, lab.world, app["guid"])
    relationships = {"app": {"data": {"guid": app["guid"]}}}
    body = {"droplet": {"guid": droplet}, "strategy": "rolling", "relationships": relationships}
    deployment = ann.done("POST", "/v3/deployments", body)
    assert deployment["status"]["value"] == "ACTIVE"
    assert ann.get(f"/v3/apps/{app['guid']}/droplets/current")["guid"] == droplet
    lab.advance(300)
    deployment = ann.get(f"/v3/deployments/{deployment['guid']}")
    assert (deployment["status"]["value"], deployment["status"]["reason"]) == ("FINALIZED", "DEPLOYED")
    revisions = ann.get(f"/v3/apps/{app['guid']}/revisions?order_by=-created_at")["resources"]
    assert [each["version"] for each in revisions] == [2, 1]
    assert all(each["deployable"] for each in revisions)
    both = {**body, "revision": {"guid": revisions[1]["guid"]}}
    assert ann.ask("POST", "/v3/deployments", both).status == 422
    del both["droplet"]
    assert ann.done("POST", "/v3/deployments", both)["revision"]["version"] == 3


def test_a_cancelled_deployment_answers_empty_and_only_once(lab: Platform) -> None:
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    droplet = stage(ann, lab.world, app["guid"])
    relationships = {"app": {"data": {"guid": app["guid"]}}}
    deployment = ann.done(
        "POST", "/v3/deployments", {"droplet": {"guid": droplet}, "relationships": relationships}
    )
    cancel = f"/v3/deployments/{deployment['guid']}/actions/cancel"
    assert (ann.ask("POST", cancel).status, ann.ask("POST", cancel).status) == (200, 422)


def test_routes_are_made_mapped_and_unmapped(lab: Platform) -> None:
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    domain = ann.one("/v3/domains?names=lab.example")["guid"]
    relationships = {"space": {"data": {"guid": space_of(ann)}}, "domain": {"data": {"guid": domain}}}
    route = ann.done("POST", "/v3/routes", {"host": "shop", "relationships": relationships})
    assert route["url"] == "shop.lab.example"
    assert ann.ask("POST", "/v3/routes", {"host": "shop", "relationships": relationships}).status == 422
    path = f"/v3/routes/{route['guid']}"
    mapped = ann.done("POST", f"{path}/destinations", {"destinations": [{"app": {"guid": app["guid"]}}]}, 200)
    assert ann.one(f"/v3/apps/{app['guid']}/routes")["guid"] == route["guid"]
    seen = lab.person("nobody").ask("GET", "/", at=lab.servers.router.url, Host="shop.lab.example")
    assert seen.status == 200
    ann.done("DELETE", f"{path}/destinations/{mapped['destinations'][0]['guid']}", status=204)
    gone = lab.person("nobody").ask("GET", "/", at=lab.servers.router.url, Host="shop.lab.example")
    assert (gone.status, gone.headers["X-Cf-Routererror"]) == (404, "unknown_route")
    assert gone.data == b"404 Not Found: Requested route ('shop.lab.example') does not exist.\n"
    assert ann.job(ann.ask("DELETE", path))["state"] == "COMPLETE"


def test_services_are_bound_with_credentials_that_leave_a_trace(lab: Platform) -> None:
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    plan = ann.one("/v3/service_plans?service_offering_names=aws-rds&include=service_offering")["guid"]
    space = {"data": {"guid": space_of(ann)}}
    body = {
        "type": "managed",
        "name": "db",
        "relationships": {"space": space, "service_plan": {"data": {"guid": plan}}},
    }
    assert ann.job(ann.ask("POST", "/v3/service_instances", body))["state"] == "COMPLETE"
    lab.advance(600)
    fields = "fields[service_plan]=guid,name&fields[service_plan.service_offering]=guid,name"
    listed = ann.get(f"/v3/service_instances?names=db&{fields}")
    assert listed["included"]["service_offerings"][0]["name"] == "aws-rds"
    instance = {"data": {"guid": listed["resources"][0]["guid"]}}
    relationships = {"app": {"data": {"guid": app["guid"]}}, "service_instance": instance}
    bind = {"type": "app", "relationships": relationships}
    assert ann.job(ann.ask("POST", "/v3/service_credential_bindings", bind))["state"] == "COMPLETE"
    assert ann.ask("POST", "/v3/service_credential_bindings", bind).status == 422
    binding = ann.one(f"/v3/service_credential_bindings?app_guids={app['guid']}&include=app")
    assert "host" in ann.get(f"/v3/service_credential_bindings/{binding['guid']}/details")["credentials"]
    assert ann.one("/v3/audit_events?types=audit.service_binding.show")["actor"]["name"] == "ann@lab.example"
    assert "aws-rds" in ann.get(f"/v3/apps/{app['guid']}/env")["system_env_json"]["VCAP_SERVICES"]


MANIFEST = b"""
applications:
- name: shop
  memory: 256M
  instances: 2
  buildpacks: [python_buildpack]
  env: {DEBUG: false}
  routes:
  - route: shop.lab.example
"""


def test_a_manifest_is_applied_and_then_differs_in_nothing(lab: Platform) -> None:
    ann = lab.person("ann")
    space = f"/v3/spaces/{space_of(ann)}"
    before = ann.done("POST", f"{space}/manifest_diff", MANIFEST)["diff"]
    assert {"op": "add", "path": "/applications/0/name", "value": "shop"} in before
    assert not any(one["path"].endswith(("memory", "disk_quota")) for one in before)
    assert ann.job(ann.ask("POST", f"{space}/actions/apply_manifest", MANIFEST))["state"] == "COMPLETE"
    app = ann.one("/v3/apps?names=shop")
    process = ann.get(f"/v3/apps/{app['guid']}/processes/web")
    assert (process["memory_in_mb"], process["instances"]) == (256, 2)
    assert ann.get(f"/v3/apps/{app['guid']}/environment_variables")["var"] == {"DEBUG": "false"}
    more = MANIFEST.replace(b"instances: 2", b"instances: 3")
    changes = ann.done("POST", f"{space}/manifest_diff", more)["diff"]
    assert [(each["path"], each["was"], each["value"]) for each in changes] == [
        ("/applications/0/instances", 2, 3)
    ]


def test_a_manifest_with_an_unknown_buildpack_fails_in_its_job(lab: Platform) -> None:
    ann = lab.person("ann")
    space = f"/v3/spaces/{space_of(ann)}"
    typo = MANIFEST.replace(b"python_buildpack", b"pyhton_buildpack")
    refused = ann.ask("POST", f"{space}/actions/apply_manifest", typo)
    assert refused.status == 422
    assert refused.json()["errors"][0]["detail"].startswith("For application 'shop': ")
    ann.job(ann.ask("POST", f"{space}/actions/apply_manifest", MANIFEST))
    job = ann.job(ann.ask("POST", f"{space}/actions/apply_manifest", typo))
    assert (job["state"], job["errors"][0]["code"]) == ("FAILED", 10008)
    assert "pyhton_buildpack" in job["errors"][0]["detail"]


def test_a_broken_upload_and_a_second_one(lab: Platform) -> None:
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    body = {"type": "bits", "relationships": {"app": {"data": {"guid": app["guid"]}}}}
    package = ann.done("POST", "/v3/packages", body)["guid"]
    upload = f"/v3/packages/{package}/upload"
    assert ann.ask("POST", upload, b"").status == 422
    kind = "multipart/form-data; boundary=edge"
    part = b'--edge\r\nContent-Disposition: form-data; name="bits"; filename="a.zip"\r\n\r\n'
    sent = part + zipped(Procfile="web: serve") + b"\r\n--edge--\r\n"
    assert ann.ask("POST", upload, sent, **{"Content-Type": kind}).json()["state"] == "READY"
    assert ann.ask("POST", upload, sent, **{"Content-Type": kind}).status == 422
