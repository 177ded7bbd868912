"""The v3 API held to its official description: paths, methods, and the fields of the example bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lab.small_world import Person, Platform, pushed, served, space_of
from runback.lab.platform.api import ENDPOINTS

SPECS = Path(__file__).parents[3] / "shared" / "specs"
EXAMPLES = SPECS / "capi-examples"

pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="../shared/specs is not there")


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SPECS / "capi-3.228.0.openapi.json").read_text())
    return loaded


def shape(path: str) -> str:
    """A path with its parameters' names left out."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_every_path_and_method_is_in_the_description(description: dict[str, Any]) -> None:
    described = {
        (method.upper(), shape(path)) for path, methods in description["paths"].items() for method in methods
    }
    served_here = {(method, shape(path)) for method, path, _ in ENDPOINTS}
    assert served_here - described == set()


@pytest.fixture(scope="module")
def lab() -> Iterator[Platform]:
    with served() as platform:
        fill(platform)
        yield platform


def fill(lab: Platform) -> None:
    """One of everything."""
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    space = {"data": {"guid": space_of(ann)}}
    domain = {"data": {"guid": ann.one("/v3/domains?names=lab.example")["guid"]}}
    route = ann.done(
        "POST", "/v3/routes", {"host": "shop", "relationships": {"space": space, "domain": domain}}
    )
    mapping = {"destinations": [{"app": {"guid": app["guid"]}}]}
    ann.done("POST", f"/v3/routes/{route['guid']}/destinations", mapping, 200)
    plan = {"data": {"guid": ann.one("/v3/service_plans")["guid"]}}
    managed = {"type": "managed", "name": "db", "relationships": {"space": space, "service_plan": plan}}
    ann.done("POST", "/v3/service_instances", managed, 202)
    own = {"type": "user-provided", "name": "own", "credentials": {}, "relationships": {"space": space}}
    ann.done("POST", "/v3/service_instances", own)
    lab.advance(600)
    instance = {"data": {"guid": ann.one("/v3/service_instances?names=db")["guid"]}}
    bound = {"service_instance": instance, "app": {"data": {"guid": app["guid"]}}}
    ann.done("POST", "/v3/service_credential_bindings", {"type": "app", "relationships": bound}, 202)
    key = {"type": "key", "name": "spare", "relationships": {"service_instance": instance}}
    ann.done("POST", "/v3/service_credential_bindings", key, 202)
    ann.done("POST", f"/v3/apps/{app['guid']}/tasks", {"command": "migrate", "name": "migrate"}, 202)
    ann.done("POST", "/v3/deployments", {"relationships": {"app": {"data": {"guid": app["guid"]}}}})
    for name, given in (("slow", {"create_seconds": 1e9}), ("broken", {"failure": "no room"})):
        lab.world.operations.broker({"offering": "aws-rds", **given})
        ann.done("POST", "/v3/service_instances", {**managed, "name": name}, 202)


# example file → the request whose body it describes; {} is the first guid of the list before it
BODIES = {
    "single_app": "/v3/apps/{}",
    "paginated_list_of_apps": "/v3/apps",
    "single_process": "/v3/processes/{}",
    "list_of_process_stats": "/v3/processes/{}/stats",
    "process_instances": "/v3/processes/{}/process_instances",
    "single_bits_package": "/v3/packages/{}",
    "single_staged_build": "/v3/builds/{}",
    "single_staged_buildpack_droplet": "/v3/droplets/{}",
    "single_deployment": "/v3/deployments/{}",
    "single_route": "/v3/routes/{}",
    "list_of_route_destinations": "/v3/routes/{}/destinations",
    "single_domain": "/v3/domains/{}",
    "single_managed_service_instance": "/v3/service_instances/{}",
    "single_service_credential_binding_app": "/v3/service_credential_bindings/{}",
    "single_service_credential_binding_details": "/v3/service_credential_bindings/{}/details",
    "single_service_offering": "/v3/service_offerings/{}",
    "single_service_plan": "/v3/service_plans/{}",
    "organization": "/v3/organizations/{}",
    "organization_usage_summary": "/v3/organizations/{}/usage_summary",
    "single_organization_quota": "/v3/organization_quotas/{}",
    "space": "/v3/spaces/{}",
    "space_usage_summary": "/v3/spaces/{}/usage_summary",
    "single_role": "/v3/roles/{}",
    "single_user": "/v3/users/{}",
    "single_stack": "/v3/stacks/{}",
    "single_buildpack": "/v3/buildpacks/{}",
    "single_audit_event": "/v3/audit_events/{}",
    "single_task": "/v3/tasks/{}",
    "paginated_list_of_feature_flags": "/v3/feature_flags",
    "paginated_list_of_app_features": "/v3/apps/{}/features",
    "app_current_droplet_relationship": "/v3/apps/{}/relationships/current_droplet",
    "populated_info": "/v3/info",
    "global_root": "/",
    "list_space_features": "/v3/spaces/{}/features",
    "revision": "/v3/apps/{}/revisions",
}
LISTS = tuple(path for method, path, _ in ENDPOINTS if method == "GET" and "{" not in path)
# fields of examples that are there only for what the lab does not have
ABSENT = {
    "global_root": {"links.cloud_controller_v2"},  # retired
    # of a canary deployment, and of options that were not chosen
    "single_deployment": {"status.canary", "links.continue", "options.canary"}
    | {f"options.{name}_in_mb" for name in ("memory", "disk")}
    | {"options.web_instances", "options.log_rate_limit_in_bytes_per_second"},
    "single_domain": {"links.organization", "links.shared_organizations"},  # of a private domain
    "single_route": {"options.loadbalancing"},  # not chosen
    "single_audit_event": {"data.request.recursive"},  # of another event
    "populated_info": {"custom.arbitrary"},
}
# objects whose keys are names that somebody chose
OPEN = re.compile(
    r"(metadata\.(labels|annotations)|process_types|credentials|broker_catalog\.metadata|schemas\..*"
    r"|broker_provided_metadata\.(labels|attributes)|maintenance_info|processes)$"
)


def missing(example: Any, ours: Any, at: str = "") -> set[str]:
    """The dotted names of the example's fields that our body lacks.

    Where ours is null or an empty list there is nothing to have fields; keys that people chose do not count.
    """
    if isinstance(example, dict) and isinstance(ours, dict) and not OPEN.search(at):
        found: set[str] = set()
        for name, inner in example.items():
            path = f"{at}.{name}" if at else name
            found |= missing(inner, ours[name], path) if name in ours else {path}
        return found
    if isinstance(example, list) and isinstance(ours, list) and example and ours:
        return missing(example[0], ours[0], f"{at}[]")
    return set()


def body(ann: Person, path: str, *, first: bool = True) -> Any:
    """The answer of a path; of the revisions, which have no list of their own, the `first`."""
    if "{}" in path:
        listing, _, rest = path.partition("/{}")
        guid = ann.get(listing)["resources"][0]["guid"]
        path = f"{listing}/{guid}{rest}"
    answer = ann.get(path)
    return answer["resources"][0] if first and path.endswith("/revisions") else answer


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_body_has_all_the_fields_of_the_example(lab: Platform, name: str) -> None:
    example = json.loads((EXAMPLES / f"{name}.json").read_text())
    assert missing(example, body(lab.person("ann"), BODIES[name])) == ABSENT.get(name, set())


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_the_same_in_pages_of_one(lab: Platform, path: str) -> None:
    ann = lab.person("ann")
    whole = ann.get(path)
    if "resources" not in whole:
        return
    walked: list[Any] = []
    following: str | None = f"{path}?per_page=1"
    while following:
        page = ann.get(following)
        assert len(page["resources"]) <= 1
        walked += page["resources"]
        link = page["pagination"]["next"]
        following = link["href"].removeprefix(lab.servers.api.url) if link else None
    assert [one.get("guid", one.get("name")) for one in walked] == [
        one.get("guid", one.get("name")) for one in whole["resources"]
    ]


def test_jobs_of_slow_and_failing_brokers_validate(lab: Platform, description: dict[str, Any]) -> None:
    answer = description["paths"]["/v3/jobs/{guid}"]["get"]["responses"]["200"]
    schema = {**answer["content"]["application/json"]["schema"], "components": description["components"]}
    jobs = [lab.person("ann").get(f"/v3/jobs/{guid}") for guid in lab.world.state.jobs]
    assert {"POLLING", "COMPLETE", "FAILED"} <= {each["state"] for each in jobs}
    for each in jobs:
        jsonschema.Draft202012Validator(schema).validate(each)


def test_the_bodies_validate_against_the_schemas(lab: Platform, description: dict[str, Any]) -> None:
    checked = 0
    for path in sorted({*BODIES.values(), *LISTS}):
        operation = description["paths"].get(described(path, description), {}).get("get")
        content = (operation or {}).get("responses", {}).get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            continue
        whole = {**schema, "components": description["components"]}
        answer = body(lab.person("ann"), path, first=False)
        errors = jsonschema.Draft202012Validator(whole).iter_errors(answer)
        assert [(path, each.json_path, each.message) for each in errors if not slip(each)] == []
        checked += 1
    assert checked > 40


def slip(error: jsonschema.ValidationError) -> bool:
    """Whether the description is at fault: it forgets that a to-one relationship may be empty."""
    return error.instance is None and error.json_path.endswith(".data")


def described(path: str, description: dict[str, Any]) -> str:
    return next((each for each in description["paths"] if shape(each) == path), path)
