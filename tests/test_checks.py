"""What check tries, and what it says of each thing that is missing."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collect.circleci_server import SLUG, TOKEN, V2, World, serving
from runback.checks import Check, check
from runback.collect.session import open_session
from runback.config import access, load
from runback.http import Client, Limits
from runback.initialise import SeenApp, seen_apps

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
TOML = f"""\
project = "{SLUG}"
[environments.raft]
org = "acme"
space = "portal-dev"
apps = {{backend = "portal-backend-raft"}}
"""
POLICIES = "/networking/v1/external/policies"


def listed(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"pagination": {"next": None}, "resources": list(resources)}


@pytest.fixture
def world() -> Iterator[World]:
    with serving(World()) as running:
        running.answers |= {
            "/v3/organizations": listed({"guid": "o", "name": "acme"}),
            "/v3/spaces": listed({"guid": "s", "name": "portal-dev"}),
            "/v3/apps": listed({"guid": "a", "name": "portal-backend-raft"}),
            "/v3/apps/a/permissions": {"read_basic_data": True, "read_sensitive_data": True},
            "/logs/api/v1/read/a": {"envelopes": {"batch": []}},
            POLICIES: {"total_policies": 0, "policies": []},
        }
        yield running


def jwt() -> str:
    payload = (
        base64.urlsafe_b64encode(json.dumps({"exp": NOW.timestamp() + 900}).encode()).decode().rstrip("=")
    )
    return f"bearer e30.{payload}.sig"


def checked(
    world: World, folder: Path, *, toml: str = TOML, token: str = TOKEN, login: bool = True
) -> dict[str, Check]:
    (folder / ".cf").mkdir(exist_ok=True)
    content = {
        "Target": world.base,
        "AccessToken": jwt(),
        "UaaEndpoint": world.base,
        "LogCacheEndPoint": f"{world.base}/logs",
        "NetworkPolicyV1Endpoint": f"{world.base}/networking/v1/external",
    }
    (folder / ".cf" / "config.json").write_text(json.dumps(content if login else {}))
    if toml:
        (folder / "runback.toml").write_text(toml)
    environ = {"HOME": str(folder), "CIRCLE_HOST": world.base, "CIRCLE_TOKEN": token}
    with Client(environ, limits=Limits(attempts=1, connect=2, read=2)) as client:
        found = check(load(folder, environ), access(environ), client, lambda: NOW)
    return {one.name: one for one in found}


def test_all_is_well(world: World, tmp_path: Path) -> None:
    found = checked(world, tmp_path)
    assert list(found) == [
        "runback.toml",
        "CircleCI token",
        "CircleCI project",
        "Cloud Foundry login",
        "environment raft",
        "environment variables",
        "logs",
        "network policies",
    ]
    assert [one.name for one in found.values() if not one.ok] == []
    assert found["environment raft"].says == "1 app in acme/portal-dev"
    assert not [path for path in world.paths if path.endswith(("/env", "environment_variables"))]


@pytest.mark.parametrize(
    ("path", "answer", "name", "says"),
    [
        (
            f"{V2}/me",
            (401, {}, {"message": "You must log in first."}),
            "CircleCI token",
            "does not accept the token",
        ),
        (
            f"{V2}/project/{SLUG}/pipeline",
            (404, {}, {"message": "Project not found"}),
            "CircleCI project",
            "404",
        ),
        ("/v3/organizations", (401, {}, {"errors": []}), "Cloud Foundry login", "does not accept the token"),
        (
            "/v3/spaces",
            {"pagination": {}, "resources": []},
            "environment raft",
            "acme/portal-dev is not there",
        ),
        (
            "/v3/apps",
            listed({"guid": "a", "name": "portal-backend-rift"}),
            "environment raft",
            "portal-backend-rift",
        ),
        ("/v3/apps/a/permissions", {"read_basic_data": True}, "environment variables", "may not read"),
        ("/logs/api/v1/read/a", (404, {}, b""), "logs", "404"),
        (POLICIES, (403, {}, {"error": "no"}), "network policies", "403"),
    ],
)
def test_what_is_missing_says_what_it_costs(
    world: World, tmp_path: Path, path: str, answer: Any, name: str, says: str
) -> None:
    world.answers[path] = answer
    one = checked(world, tmp_path)[name]
    assert one.ok is False
    assert says in one.says
    assert one.costs


def test_the_apps_that_init_sees(world: World, tmp_path: Path) -> None:
    app = {"guid": "a", "name": "portal-web", "state": "STARTED", "created_at": "2026-01-01T00:00:00Z"}
    space = {"guid": "s", "name": "portal-dev", "relationships": {"organization": {"data": {"guid": "o"}}}}
    orgs = [{"guid": "o", "name": "acme"}]
    world.answers["/v3/apps"] = listed(app | {"relationships": {"space": {"data": {"guid": "s"}}}}) | {
        "included": {"spaces": [space], "organizations": orgs}
    }
    checked(world, tmp_path)
    own = access({"HOME": str(tmp_path)})
    with Client({}) as client:
        seen = seen_apps(open_session(own.cloudfoundry, client, lambda: NOW), client)
    assert seen == (SeenApp(name="portal-web", org="acme", space="portal-dev"),)


def test_nothing_at_all(world: World, tmp_path: Path) -> None:
    found = checked(world, tmp_path, toml="", token="", login=False)
    assert [one.name for one in found.values()] == ["runback.toml", "CircleCI token", "Cloud Foundry login"]
    assert not any(one.ok for one in found.values())
    assert all(one.costs and one.next_step for one in found.values())
    assert world.asked == []
