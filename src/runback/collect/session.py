"""A login to Cloud Foundry: the cf CLI's own (read, never written), or credentials of the environment."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from runback.collect.interface import Now, Secret
from runback.config import CloudFoundryAccess
from runback.errors import AccessError, FetchError
from runback.http import Client, origin_of

_EARLY = timedelta(seconds=90)  # a token that ends sooner is renewed first
_LOG_IN = "Run `cf login` again, or set CF_API, CF_USERNAME and CF_PASSWORD."


class _Login(msgspec.Struct):
    """`config.json` of the cf CLI; the spellings are its own."""

    Target: str = ""
    AccessToken: str = ""
    RefreshToken: str = ""
    UaaEndpoint: str = ""
    LogCacheEndPoint: str = ""
    NetworkPolicyV1Endpoint: str = ""
    SSLDisabled: bool = False
    UAAGrantType: str = ""
    UAAOAuthClient: str = "cf"
    UAAOAuthClientSecret: str = ""


class _Link(msgspec.Struct):
    href: str = ""


class _Root(msgspec.Struct):
    links: dict[str, _Link | None] = {}


class _Granted(msgspec.Struct):
    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the kind of a token is none
    refresh_token: str = ""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs, without a slash at the end."""

    api: str
    uaa: str
    log_cache: str
    policies: str


@dataclass(frozen=True, slots=True)
class _Grant:
    """How to get the next access token."""

    form: dict[str, str]
    basic: str  # the OAuth client and its secret


class Session:
    """A `Token` for the API, log-cache and the policy server, renewed before it ends, in memory only.

    However many threads wait, one of them renews.
    """

    def __init__(
        self, endpoints: Endpoints, client: Client, now: Now, grant: _Grant | None, access_token: str = ""
    ) -> None:
        self.endpoints = endpoints
        self._client = client
        self._now = now
        self._grant = grant
        self._header = access_token
        self._lock = threading.Lock()
        self._origins = {origin_of(url) for url in (endpoints.api, endpoints.log_cache, endpoints.policies)}

    def __repr__(self) -> str:
        return f"Session({self.endpoints.api!r})"

    def allows(self, origin: str) -> bool:
        return bool(origin) and origin in self._origins

    def headers(self) -> dict[str, str]:
        with self._lock:
            if not self._header or self._ends_soon():
                self._renew()
            return {"Authorization": self._header}

    def renew(self, refused: Mapping[str, str]) -> bool:
        with self._lock:
            if self._header == refused.get("Authorization"):
                if self._grant is None:
                    return False
                self._renew()
            return True

    def claim(self, name: str) -> Any:
        """What the access token says of its owner (`user_id`, `scope` …), or None."""
        return _claims(self._header).get(name)

    def secrets(self) -> tuple[Secret, ...]:
        """The tokens in use, to learn."""
        form = self._grant.form if self._grant else {}
        found = {"cf access token": self._header.partition(" ")[2]}
        for name in ("refresh_token", "password", "client_secret"):
            found[f"cf {name}"] = form.get(name, "")
        return tuple(Secret(name, value, whole=True) for name, value in found.items() if value)

    def _ends_soon(self) -> bool:
        ends = _claims(self._header).get("exp")
        if not isinstance(ends, int | float):
            return False  # an opaque token: the platform will say when it has ended
        return datetime.fromtimestamp(ends, UTC) - _EARLY <= self._now()

    def _renew(self) -> None:
        if self._grant is None:
            raise AccessError("the Cloud Foundry login has expired", _LOG_IN)
        basic = base64.b64encode(self._grant.basic.encode()).decode()
        headers = {"Authorization": f"Basic {basic}"} if self._grant.basic else {}
        try:
            answer = self._client.send(
                "POST", f"{self.endpoints.uaa}/oauth/token", form=self._grant.form, headers=headers
            )
            granted = msgspec.json.decode(answer.bytes(), type=_Granted)
        except msgspec.DecodeError as error:
            raise AccessError(f"unexpected answer of {self.endpoints.uaa} to the login", _LOG_IN) from error
        except FetchError as error:
            if error.status in (400, 401, 403):
                raise AccessError(f"the Cloud Foundry login was refused: {error}", _LOG_IN) from error
            raise AccessError(f"no login at Cloud Foundry: {error}", error.advice) from error
        self._header = f"{granted.token_type} {granted.access_token}"
        if granted.refresh_token and "refresh_token" in self._grant.form:
            # UAA may rotate it; the file on disk stays the cf CLI's own.
            self._grant.form["refresh_token"] = granted.refresh_token


def open_session(access: CloudFoundryAccess, client: Client, now: Now) -> Session:
    """The session that `access` allows. Asks for the platform's endpoints where the login does not name them.

    Raises AccessError where there is no login, with the next step.
    """
    if access.username and access.password:
        form = {"grant_type": "password", "username": access.username, "password": access.password}
        return _own_session(access, client, now, _Grant(form, "cf:"))
    if access.client_id and access.client_secret:
        form = {
            "grant_type": "client_credentials",
            "client_id": access.client_id,
            "client_secret": access.client_secret,
        }
        return _own_session(access, client, now, _Grant(form, ""))
    login = _read(access)
    if login is None or not (login.AccessToken or login.RefreshToken):
        raise AccessError(f"there is no Cloud Foundry login at {access.login}", _LOG_IN.replace(" again", ""))
    if access.api and origin_of(access.api) != origin_of(login.Target):
        raise AccessError(
            f"the cf login is for {login.Target}, not for {access.api}", f"Run `cf login -a {access.api}`."
        )
    return _cli_session(login, client, now)


def _own_session(access: CloudFoundryAccess, client: Client, now: Now, grant: _Grant) -> Session:
    login = None if access.api else _read(access)
    api = access.api or (login.Target if login else "")
    if not api:
        raise AccessError(
            "it is not said where Cloud Foundry is", "Set CF_API, such as https://api.fr.cloud.gov."
        )
    return Session(_discovered(api, client), client, now, grant)


def _cli_session(login: _Login, client: Client, now: Now) -> Session:
    ends = (login.Target, login.UaaEndpoint, login.LogCacheEndPoint, login.NetworkPolicyV1Endpoint)
    if login.SSLDisabled:
        for url in filter(None, ends):
            client.unverify(url)
    if all(ends):
        endpoints = Endpoints(*(url.rstrip("/") for url in ends))
    else:
        endpoints = _discovered(login.Target, client)
    oauth = login.UAAOAuthClient or "cf"
    grant = None
    if login.UAAGrantType == "client_credentials" and login.UAAOAuthClientSecret:
        form = {
            "grant_type": "client_credentials",
            "client_id": oauth,
            "client_secret": login.UAAOAuthClientSecret,
        }
        grant = _Grant(form, "")
    elif login.RefreshToken:
        form = {"grant_type": "refresh_token", "refresh_token": login.RefreshToken}
        grant = _Grant(form, f"{oauth}:{login.UAAOAuthClientSecret}")
    return Session(endpoints, client, now, grant, login.AccessToken)


def _read(access: CloudFoundryAccess) -> _Login | None:
    try:
        text = access.login.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AccessError(
            f"{access.login} cannot be read: {error.strerror}", "Check its owner and mode."
        ) from error
    try:
        return msgspec.json.decode(text, type=_Login)
    except msgspec.DecodeError as error:
        raise AccessError(f"{access.login} is not what the cf CLI writes: {error}", _LOG_IN) from error


def _discovered(api: str, client: Client) -> Endpoints:
    api = api.rstrip("/")
    try:
        links = client.json(f"{api}/", _Root).links
    except FetchError as error:
        raise AccessError(
            f"Cloud Foundry does not answer: {error}", error.advice or "Check CF_API."
        ) from error

    def link(*names: str) -> str:
        return next((one.href.rstrip("/") for n in names if (one := links.get(n)) and one.href), "")

    uaa = link("login", "uaa")
    if not uaa:
        raise AccessError(f"{api} does not look like a Cloud Foundry API: it names no login", "Check CF_API.")
    return Endpoints(
        api, uaa, link("log_cache"), link("network_policy_v1") or f"{api}/networking/v1/external"
    )


def _claims(header: str) -> dict[str, Any]:
    """The payload of a JWT, unverified: it only says when to renew and who asks."""
    parts = header.partition(" ")[2].split(".")
    if len(parts) != 3:
        return {}
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}
