"""Logins and tokens, roles, rate limits, log-cache and the network policy server over HTTP."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator

import pytest

from lab.small_world import Person, Platform, grant, pushed, served, space_of
from runback.errors import LabError
from runback.lab.platform.api import Servers
from runback.lab.platform.state import Policy


@pytest.fixture
def lab() -> Iterator[Platform]:
    with served() as platform:
        yield platform


def claims(token: str) -> dict[str, object]:
    payload = token.split(".")[1]
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return decoded


def test_a_password_brings_a_token_that_lives_twenty_minutes_from_the_real_now(lab: Platform) -> None:
    form = {"grant_type": "password", "username": "ann@lab.example", "password": "wonder"}
    answer = grant(lab.servers, form)
    token = answer.json()["access_token"]
    assert len(token.split(".")) == 3
    expires = claims(token)["exp"]
    assert isinstance(expires, int)
    assert abs(expires - time.time() - 1200) < 60
    assert Person(lab.servers, token).ask("GET", "/v3/apps").status == 200


def test_a_refresh_token_brings_another_access_token_until_it_is_revoked(lab: Platform) -> None:
    form = {"grant_type": "password", "username": "ann@lab.example", "password": "wonder"}
    refresh = {
        "grant_type": "refresh_token",
        "refresh_token": grant(lab.servers, form).json()["refresh_token"],
    }
    assert grant(lab.servers, refresh).status == 200
    lab.servers.tokens.revoke_all(lab.user("ann"))
    refused = grant(lab.servers, refresh)
    assert (refused.status, refused.json()["error"]) == (401, "invalid_token")


def test_a_client_brings_its_secret_in_the_form(lab: Platform) -> None:
    form = {"grant_type": "client_credentials", "client_id": "robot", "client_secret": "oil"}
    url = f"{lab.servers.uaa.url}/oauth/token"
    pool = lab.person("nobody").pool
    body = pool.request_encode_body("POST", url, fields=form, encode_multipart=False).json()
    assert "refresh_token" not in body
    assert Person(lab.servers, body["access_token"]).ask("GET", "/v3/apps").status == 200


@pytest.mark.parametrize(
    ("form", "client"),
    [
        ({"grant_type": "password", "username": "ann@lab.example", "password": "wrong"}, "cf:"),
        ({"grant_type": "password", "username": "ann@lab.example", "password": "wonder"}, "cf:secret"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up"}, "cf:"),
        ({"grant_type": "implicit"}, "cf:"),
    ],
)
def test_bad_credentials(lab: Platform, form: dict[str, str], client: str) -> None:
    answer = grant(lab.servers, form, client)
    assert answer.status == 401
    assert answer.json()["error_description"]


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
def test_tokens_that_are_none(lab: Platform, token: str) -> None:
    answer = Person(lab.servers, token).ask("GET", "/v3/apps")
    expected = (1000, "CF-InvalidAuthToken") if token else (10002, "CF-NotAuthenticated")
    error = answer.json()["errors"][0]
    assert (answer.status, error["code"], error["title"]) == (401, *expected)


def test_an_expired_token_and_one_of_another_lab_are_refused(lab: Platform) -> None:
    expired = lab.servers.tokens.token(lab.user("ann"), seconds=-1)
    assert Person(lab.servers, expired).ask("GET", "/v3/apps").json()["errors"][0]["code"] == 1000
    with served() as other:
        foreign = other.person("ann").token
    assert Person(lab.servers, foreign).ask("GET", "/v3/apps").status == 401


def test_roles_decide_what_is_seen_and_changed(lab: Platform) -> None:
    app = pushed(lab.person("ann"), lab.world)
    path = f"/v3/apps/{app['guid']}"
    auditor, stranger = lab.person("bob"), lab.person("eve")
    assert auditor.ask("GET", path).status == 200
    assert auditor.ask("GET", f"{path}/env").status == 403
    assert auditor.ask("POST", f"{path}/actions/stop").json()["errors"][0]["code"] == 10003
    assert stranger.ask("GET", path).status == 404
    assert stranger.get("/v3/apps")["resources"] == []


def test_a_port_in_use_closes_what_was_opened(lab: Platform) -> None:
    taken = lab.servers.api.port
    with pytest.raises(LabError, match=str(taken)):
        Servers(lab.world, port=taken)


def test_the_rate_limit_is_json_labelled_as_text(lab: Platform) -> None:
    lab.servers.limit.limit = 1
    ann = lab.person("ann")
    assert ann.ask("GET", "/v3/apps").headers["X-RateLimit-Remaining"] == "0"
    refused = ann.ask("GET", "/v3/apps")
    assert refused.status == 429
    assert refused.headers["Content-Type"].startswith("text/plain")
    assert refused.json()["errors"][0]["code"] == 10013
    assert int(refused.headers["Retry-After"]) > 0
    assert lab.person("bob").ask("GET", "/v3/apps").status == 200


def test_log_cache_gives_lines_as_strings_and_base64(lab: Platform) -> None:
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    path = f"/api/v1/read/{app['guid']}"
    query = "?descending=true&envelope_types=LOG&limit=1000&start_time=-6795364578871345152"
    batch = ann.get(path + query, at=lab.servers.log_cache.url)["envelopes"]["batch"]
    times = [int(each["timestamp"]) for each in batch]
    assert times == sorted(times, reverse=True)
    assert all(isinstance(each["timestamp"], str) for each in batch)
    lines = [base64.b64decode(each["log"]["payload"]).decode() for each in batch]
    assert any("Creating build" in line for line in lines)
    assert {"API", "STG"} <= {each["tags"]["source_type"].split("/")[0] for each in batch}
    assert len(ann.get(f"{path}?limit=2", at=lab.servers.log_cache.url)["envelopes"]["batch"]) == 2


def test_log_cache_refuses_with_404_and_500(lab: Platform) -> None:
    app = pushed(lab.person("ann"), lab.world)
    path, url = f"/api/v1/read/{app['guid']}", lab.servers.log_cache.url
    assert lab.person("nobody").ask("GET", path, at=url).status == 404
    assert lab.person("eve").ask("GET", path, at=url).status == 404
    assert Person(lab.servers, "a.b.c").ask("GET", path, at=url).status == 404
    assert lab.person("ann").ask("GET", "/api/v1/read/nowhere", at=url).status == 404
    assert lab.person("ann").ask("GET", f"{path}?limit=1001", at=url).status == 500
    assert lab.person("ann").get("/api/v1/meta", at=url)["meta"].keys() == {app["guid"]}


def policy(source: str, destination: str, **changes: object) -> dict[str, object]:
    to = {"id": destination, "protocol": "tcp", "ports": {"start": 9000, "end": 9000}, **changes}
    return {"policies": [{"source": {"id": source}, "destination": to}]}


POLICIES = "/networking/v1/external/policies"


def test_policies_are_added_listed_and_removed(lab: Platform) -> None:
    ann = lab.person("ann")
    one, two = pushed(ann, lab.world, "one")["guid"], pushed(ann, lab.world, "two")["guid"]
    assert ann.done("POST", POLICIES, policy(one, two), 200) == {}
    assert ann.get(f"{POLICIES}?source_id={one}")["policies"] == policy(one, two)["policies"]
    assert ann.get(f"{POLICIES}?dest_id={one}")["policies"] == []
    assert lab.person("bob").get(POLICIES) == {"total_policies": 0, "policies": []}
    assert ann.done("POST", f"{POLICIES}/delete", policy(one, two), 200) == {}
    assert ann.get(POLICIES)["total_policies"] == 0


def test_the_policy_server_has_errors_of_its_own(lab: Platform) -> None:
    ann = lab.person("ann")
    app = pushed(ann, lab.world)["guid"]
    expired = Person(lab.servers, "a.b.c").ask("GET", POLICIES)
    assert (expired.status, expired.json()) == (401, {"error": "failed to verify token with uaa"})
    assert expired.headers["Content-Type"].startswith("text/plain")
    wrong = ann.ask("POST", POLICIES, policy(app, app, protocol="icmp"))
    assert wrong.status == 400
    assert wrong.json()["error"].startswith("mapper: validate policies: ")
    foreign = ann.ask("POST", POLICIES, policy(app, "nowhere"))
    assert foreign.status == 403
    assert ann.ask("GET", "/networking/v7/external/policies").status == 406


def test_a_reader_of_another_space_sees_no_policy_across_them(lab: Platform) -> None:
    """Ann develops `dev` only, so a policy into `prod` is there and she does not see it."""
    ann = lab.person("ann")
    app = pushed(ann, lab.world)
    world = lab.world
    prod = next(each for each in world.state.spaces.values() if each.name == "prod")
    with world.entered():
        far = world.apps.create(lab.user("ann"), prod, "far")
    assert ann.ask("POST", POLICIES, policy(app["guid"], far.guid)).status == 403
    assert space_of(ann) != prod.guid
    lab.world.state.policies.append(Policy(app["guid"], far.guid, "tcp", 9000, 9000))
    assert ann.get(POLICIES) == {
        "total_policies": 0,
        "policies": [],
    }  # silently: nothing says that one is hidden
    with world.entered():
        world.roles.grant(lab.user("ann"), "space_developer", space=prod)
    assert ann.get(POLICIES)["total_policies"] == 1
