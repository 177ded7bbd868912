"""The reads that the cf CLI 8.18 makes (its actor/v7action), one list for each command: all are answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.small_world import Platform, pushed, served, space_of

COMMANDS = {
    "target": (
        "/v3/organizations?names=acme&per_page=1",
        "/v3/spaces?names=dev&organization_guids={org}&per_page=1",
    ),
    "orgs": ("/v3/organizations?order_by=name",),
    "spaces": ("/v3/spaces?order_by=name&organization_guids={org}",),
    "space": (
        "/v3/spaces/{space}/relationships/isolation_segment",
        "/v3/organizations/{org}/relationships/default_isolation_segment",
        "/v3/spaces/{space}/running_security_groups",
        "/v3/spaces/{space}/staging_security_groups",
    ),
    "apps": (
        "/v3/apps?order_by=name&space_guids={space}&per_page=5000",
        "/v3/processes?space_guids={space}&embed=process_instances",
        "/v3/routes?app_guids={app}&per_page=5000",
    ),
    "app": (
        "/v3/apps?names=shop&space_guids={space}&per_page=1",
        "/v3/apps/{app}/processes",
        "/v3/processes/{process}/sidecars",
        "/v3/processes/{process}/stats",
        "/v3/apps/{app}/routes",
        "/v3/apps/{app}/droplets/current",
        "/v3/deployments?app_guids={app}&status_values=ACTIVE&order_by=-created_at&per_page=1&page=1",
        "/v3/isolation_segments",
    ),
    "env": ("/v3/apps/{app}/env",),
    "events": ("/v3/audit_events?target_guids={app}&order_by=-created_at&page=1",),
    "revisions": (
        "/v3/apps/{app}/features/revisions",
        "/v3/apps/{app}/revisions?order_by=-created_at",
        "/v3/apps/{app}/revisions/deployed",
    ),
    "services": (
        "/v3/service_instances?space_guids={space}&fields[service_plan]=guid,name,relationships.service_offering"
        "&fields[service_plan.service_offering]=guid,name,relationships.service_broker"
        "&fields[service_plan.service_offering.service_broker]=guid,name&order_by=name&per_page=5000",
        "/v3/service_credential_bindings?service_instance_guids={app}&include=app",
    ),
    "create-service": (
        "/v3/service_plans?service_offering_names=aws-rds&names=micro-psql&include=service_offering"
        "&fields[service_offering.service_broker]=name,guid",
    ),
    "routes": ("/v3/routes?space_guids={space}", "/v3/domains?names=lab.example&per_page=1"),
    "domains": ("/v3/organizations/{org}/domains", "/v3/organizations/{org}/domains/default"),
    "network-policies": (
        "/networking/v1/external/policies?id={app}",
        "/v3/apps?guids={app}",
        "/v3/spaces?guids={space}&include=organization",
    ),
    "packages": ("/v3/packages?app_guids={app}&order_by=-created_at",),
    "droplets": ("/v3/droplets?app_guids={app}&order_by=-created_at",),
    "buildpacks": ("/v3/buildpacks?order_by=position",),
    "stacks": ("/v3/stacks?order_by=name",),
    "marketplace": ("/v3/service_offerings?fields[service_broker]=name,guid&space_guids={space}",),
    "space-users": ("/v3/roles?space_guids={space}&include=user",),
    "tasks": ("/v3/apps/{app}/tasks?order_by=-created_at",),
    "create-app-manifest": ("/v3/apps/{app}/manifest",),
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Platform]:
    with served() as platform:
        pushed(platform.person("ann"), platform.world)
        yield platform


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_answered(lab: Platform, command: str) -> None:
    ann = lab.person("ann")
    known = {
        "org": ann.one("/v3/organizations")["guid"],
        "space": space_of(ann),
        "app": ann.one("/v3/apps")["guid"],
        "process": ann.one("/v3/processes")["guid"],
    }
    for path in COMMANDS[command]:
        answer = ann.ask("GET", path.format(**known))
        assert answer.status == 200, (path, answer.data)
