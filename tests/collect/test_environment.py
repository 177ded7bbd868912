from __future__ import annotations

import pytest

from runback.collect.capi import Environment, Metadata
from runback.collect.environment import addresses, commit_of, own_variables, service_hosts

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("AV_SCAN_URL", "http://scan.apps.internal:9000/x", [("scan.apps.internal", 9000, "http")]),
        ("BASE_URL", "https://u:pw@a.example.org/v1", [("a.example.org", 443, "https")]),
        ("CLAMAV_HOST", "tanf-prod-clamav-rest", [("tanf-prod-clamav-rest", None, None)]),
        ("REDIS_HOST", "redis:6379", [("redis", 6379, None)]),
        ("HOSTS_URL", "https://a.example.org, https://b.example.org:8443",
         [("a.example.org", 443, "https"), ("b.example.org", 8443, "https")]),
        ("PEER", "b.apps.internal:61443", [("b.apps.internal", 61443, None)]),
        ("DB_HOST", "localhost", [("localhost", None, None)]),
        ("DJANGO_SETTINGS_MODULE", "portal.settings.cloud", []),
        ("ALLOWED_HOSTS", "*", []),
        ("SERVER_MODE", "dev", []),
        ("DB_HOST", "true", []),
        ("DB_HOST", "", []),
        ("BAD_URL", "http://[", []),
        ("BAD_URL", "https://a.example.org:99999", []),
    ],
)  # fmt: skip
def test_addresses(name: str, value: str, expected: list[tuple[str, int | None, str | None]]) -> None:
    assert [(one.host, one.port, one.scheme) for one in addresses({name: value})] == expected


@pytest.mark.parametrize(
    ("metadata", "values", "expected"),
    [
        (Metadata(annotations={"commit": SHA}), {"GIT_SHA": "abcdef0"}, SHA),
        (Metadata(labels={"example.org/git-sha": SHA[:8]}), {}, SHA[:8]),
        (Metadata(), {"CIRCLE_SHA1": SHA.upper()}, SHA),
        (Metadata(labels={"commit": "latest"}), {"GIT_COMMIT": ""}, None),
        (Metadata(annotations={"commit": None}), {"NOTE": SHA}, None),
    ],
)
def test_the_commit_is_taken_from_whichever_place_has_one(
    metadata: Metadata, values: dict[str, str], expected: str | None
) -> None:
    assert commit_of((metadata,), values) == expected


def test_an_app_s_own_variable_wins_over_the_platform_s() -> None:
    environment = Environment(running_env_json={"A": "1", "B": {"x": 1}}, environment_variables={"A": "2"})
    assert own_variables(environment) == {"A": "2", "B": '{"x": 1}'}


def test_of_a_services_credentials_only_its_hosts_are_kept() -> None:
    credentials = {
        "host": "db.lab.example",
        "port": "5432",
        "uri": "postgres://u:s3cret@db.lab.example:5432/x?password=hidden",
        "url": 7,
        "server_password": "not.a.host",
        "password": "s3cret.example",
    }
    entries = [{"name": "bound-as", "instance_name": "tdp-db-dev", "credentials": credentials}]
    odd: list[object] = [{"name": "drain", "credentials": None}, "text"]
    environ = Environment(system_env_json={"VCAP_SERVICES": {"aws-rds": entries, "user-provided": odd}})
    assert service_hosts(environ) == {"tdp-db-dev": ("db.lab.example",)}
    assert service_hosts(Environment(system_env_json={"VCAP_SERVICES": "text"})) == {}
