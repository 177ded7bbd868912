from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from collect.platform_server import NOW, jwt, log_in, platform
from runback.collect.session import open_session
from runback.config import CloudFoundryAccess
from runback.errors import AccessError
from runback.http import Client, Limits, gather, origin_of

FAST = Limits(attempts=2, backoff=0.01)


def test_the_cf_login_is_used_as_it_is_and_never_written(tmp_path: Path) -> None:
    with platform() as server, Client({}, limits=FAST) as client:
        access = log_in(tmp_path, server.url)
        before = access.login.read_bytes(), access.login.stat().st_mtime_ns
        session = open_session(access, client, lambda: NOW)
        assert session.headers() == {"Authorization": f"bearer {jwt(600)}"}
        assert session.claim("user_id") == "me"
        assert server.seen == []
        assert (access.login.read_bytes(), access.login.stat().st_mtime_ns) == before


def test_a_token_about_to_end_is_renewed_once_for_all(tmp_path: Path) -> None:
    with platform() as server, Client({}, limits=FAST) as client:
        access = log_in(tmp_path, server.url, seconds=30)
        before = access.login.read_bytes()
        session = open_session(access, client, lambda: NOW)
        found = gather(*[session.headers] * 12)
        assert {one["Authorization"] for one in found} == {f"bearer {jwt(600)}"}
        assert server.paths() == ["/oauth/token"]
        asked = server.seen[0]
        assert dict(parse_qsl(asked.body.decode())) == {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-1",
        }
        assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"cf:"
        assert access.login.read_bytes() == before


def test_a_refused_token_is_renewed_once_for_all(tmp_path: Path) -> None:
    with platform() as server, Client({}, limits=FAST) as client:
        session = open_session(log_in(tmp_path, server.url), client, lambda: NOW)
        old = {"Authorization": "bearer old"}
        session._header = old["Authorization"]
        assert gather(*[lambda: session.renew(old)] * 5) == (True,) * 5
        assert server.paths() == ["/oauth/token"]


@pytest.mark.parametrize(
    ("given", "form", "basic"),
    [
        (
            {"username": "u", "password": "p&w"},
            {"grant_type": "password", "username": "u", "password": "p&w"},
            b"cf:",
        ),
        (
            {"client_id": "c", "client_secret": "s"},
            {"grant_type": "client_credentials", "client_id": "c", "client_secret": "s"},
            None,
        ),
    ],
)
def test_credentials_of_the_environment_and_discovery(
    tmp_path: Path, given: dict[str, str], form: dict[str, str], basic: bytes | None
) -> None:
    links: dict[str, object] = {"links": {"credhub": None}}
    with platform({"/": links}) as server, Client({}, limits=FAST) as client:
        links["links"] = {
            "login": {"href": server.url},
            "log_cache": {"href": "https://log-cache.example.org/"},
            "network_policy_v1": {"href": server.url + "/networking/v1/external"},
        }
        access = CloudFoundryAccess(home=tmp_path, api=server.url, **given)
        session = open_session(access, client, lambda: NOW)
        assert session.headers()["Authorization"].startswith("bearer eyJ")
        assert session.endpoints.log_cache == "https://log-cache.example.org"
        assert session.allows(origin_of("https://log-cache.example.org/api"))
        assert not session.allows(origin_of("https://evil.example.org/api"))
        asked = server.seen[-1]
        assert dict(parse_qsl(asked.body.decode())) == form
        sent = asked.headers.get("authorization", "").removeprefix("Basic ")
        assert (base64.b64decode(sent) if sent else None) == basic


def refused(access: CloudFoundryAccess) -> AccessError:
    with Client({}, limits=FAST) as client, pytest.raises(AccessError) as caught:
        open_session(access, client, lambda: NOW).headers()
    assert caught.value.advice
    return caught.value


def test_no_login_a_broken_one_and_one_of_another_platform(tmp_path: Path) -> None:
    access = CloudFoundryAccess(home=tmp_path)
    assert "there is no Cloud Foundry login" in str(refused(access))
    log_in(tmp_path, "https://api.example.org")
    other = CloudFoundryAccess(home=tmp_path, api="https://api.other.example")
    assert "is for https://api.example.org, not for https://api.other.example" in str(refused(other))
    access.login.write_text("{")
    assert "is not what the cf CLI writes" in str(refused(access))
    assert "it is not said where" in str(
        refused(CloudFoundryAccess(home=tmp_path / "x", username="u", password="p"))
    )


def test_a_login_that_has_ended(tmp_path: Path) -> None:
    gone = {"error": "invalid_token", "error_description": "Invalid refresh token (expired)"}
    with platform({"/oauth/token": lambda answer, seen: answer.reply(gone, 401)}) as server:
        error = refused(log_in(tmp_path, server.url, seconds=-1))
        assert "was refused" in str(error)
        assert "Invalid refresh token (expired)" in str(error)
        assert "cf login" in error.advice
        error = refused(log_in(tmp_path, server.url, seconds=-1, RefreshToken=""))
        assert "has expired" in str(error)


def test_a_platform_that_is_not_there(tmp_path: Path) -> None:
    access = CloudFoundryAccess(home=tmp_path, api="http://127.0.0.1:9", username="u", password="p")
    assert "does not answer" in str(refused(access))


def test_no_representation_shows_a_token(tmp_path: Path) -> None:
    with platform() as server, Client({}, limits=FAST) as client:
        session = open_session(log_in(tmp_path, server.url), client, lambda: NOW)
        shown = repr(session) + repr(session.secrets())
        assert jwt(600) not in shown
        assert "refresh-1" not in shown
        assert {one.value for one in session.secrets()} == {jwt(600), "refresh-1"}
        assert json.dumps(shown)


@pytest.mark.parametrize("login", [None, {"href": ""}, {}])
def test_where_the_root_names_no_login_the_uaa_is_it_and_policies_are_below_the_api(
    tmp_path: Path, login: dict[str, str] | None
) -> None:
    links: dict[str, object] = {"links": {}}
    with platform({"/": links}) as server, Client({}, limits=FAST) as client:
        links["links"] = {"login": login, "uaa": {"href": server.url + "/"}, "log_cache": None}
        access = CloudFoundryAccess(home=tmp_path, api=server.url + "/", username="ann", password="pw")
        endpoints = open_session(access, client, lambda: NOW).endpoints
    assert (endpoints.uaa, endpoints.log_cache) == (server.url, "")
    assert endpoints.policies == f"{server.url}/networking/v1/external"
