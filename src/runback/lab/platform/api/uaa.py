"""UAA: who may ask. Access tokens are JWTs of three parts, signed with a key of the lab's own."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from runback.lab.platform.api.root import Endpoints
from runback.lab.platform.state import User
from runback.lab.server import Refused, Request, Response, Route, route

if TYPE_CHECKING:
    from runback.lab.platform.world import World

TOKEN_SECONDS = 20 * 60
REFRESH_SECONDS = 30 * 24 * 3600  # uaa, jwt.token.policy.global.refreshTokenValiditySeconds
VERSION = "77.20.0"


class InvalidToken(Exception):
    """The access token is missing, forged, expired or revoked."""


class Uaa:
    """Issues and checks tokens for the world's users.

    Access tokens live by the clock that clients compare `exp` with (`Clock.client_time`), refresh tokens,
    which nobody reads, by the lab's.
    """

    def __init__(self, world: World, endpoints: Endpoints) -> None:
        self._world = world
        self._endpoints = endpoints
        self._key = secrets.token_bytes(32)
        # refresh token → user's guid, client, time of its end
        self._refresh: dict[str, tuple[str, str, float]] = {}
        self._revoked: set[str] = set()

    def now(self) -> float:
        return self._world.clock.client_time()

    def token(self, user: User, client: str = "cf", *, seconds: int = TOKEN_SECONDS) -> str:
        """A new access token (without `bearer`); `seconds` may be negative for one that has expired."""
        now = int(self.now())
        claims: dict[str, Any] = {
            "jti": secrets.token_hex(16),
            "sub": user.guid,
            "client_id": client,
            "cid": client,
            "azp": client,
            "scope": list(user.scopes),
            "iat": now,
            "exp": now + seconds,
            "iss": f"{self._endpoints.uaa}/oauth/token",
            "zid": "uaa",
            "aud": ["cloud_controller", "openid", client],
        }
        if user.is_client:
            claims["authorities"] = list(user.scopes)
        else:
            claims |= {"user_id": user.guid, "user_name": user.username, "email": user.username}
            claims |= {"origin": user.origin, "grant_type": "password"}
        head = _part({"alg": "HS256", "kid": "lab", "typ": "JWT"})
        signed = f"{head}.{_part(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def refresh_token(self, user: User, client: str = "cf") -> str:
        token = f"{secrets.token_hex(16)}-r"
        self._refresh[token] = (user.guid, client, self._world.clock.now().timestamp() + REFRESH_SECONDS)
        return token

    def user(self, authorization: str) -> User:
        """Who an Authorization header names; raises InvalidToken."""
        kind, _, token = authorization.partition(" ")
        claims = self._claims(token.strip()) if kind.lower() == "bearer" else None
        if claims is None or claims["exp"] <= self.now() or claims["jti"] in self._revoked:
            raise InvalidToken
        user = self._world.state.users.get(claims["sub"])
        if user is None:
            raise InvalidToken
        return user

    def revoke_all(self, user: User) -> None:
        """The person's session ends: no refresh token of theirs is taken any more."""
        gone = [token for token, (guid, _, _) in self._refresh.items() if guid == user.guid]
        for token in gone:
            del self._refresh[token]

    def _claims(self, token: str) -> dict[str, Any] | None:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        payload = signed.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    def _signature(self, signed: str) -> str:
        digest = hmac.new(self._key, signed.encode("utf-8", "replace"), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    # --- the endpoints -----------------------------------------------------------------------------

    def routes(self) -> tuple[Route, ...]:
        return (
            route("GET", "/info", self._info),
            route("GET", "/login", self._info),
            route("GET", "/healthz", lambda request: Response.text("ok\n")),
            route("GET", "/.well-known/openid-configuration", self._openid),
            route("GET", "/userinfo", self._userinfo),
            route("GET", "/oauth/authorize", _no_passcode),
            route("POST", "/oauth/token", self._grant),
            route("DELETE", "/oauth/token/revoke/{token_id}", self._revoke),
        )

    def _info(self, request: Request) -> Response:
        url = self._endpoints.uaa
        return Response.json(
            {
                "app": {"version": VERSION},
                "links": {"uaa": url, "passwd": "", "login": url, "register": ""},
                "zone_name": "uaa",
                "entityID": "login.lab.example",
                "commit_name": "lab",
                "idpDefinitions": {},
                "prompts": {"username": ["text", "Email"], "password": ["password", "Password"]},
                "timestamp": self._world.clock.now().strftime("%Y-%m-%dT%H:%M:%S+0000"),
            }
        )

    def _openid(self, request: Request) -> Response:
        url = self._endpoints.uaa
        return Response.json(
            {
                "issuer": f"{url}/oauth/token",
                "authorization_endpoint": f"{url}/oauth/authorize",
                "token_endpoint": f"{url}/oauth/token",
                "userinfo_endpoint": f"{url}/userinfo",
                "jwks_uri": f"{url}/token_keys",
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "scopes_supported": ["openid", "cloud_controller.read", "cloud_controller.write"],
                "response_types_supported": ["token"],
            }
        )

    def _userinfo(self, request: Request) -> Response:
        try:
            user = self.user(request.headers.get("authorization", ""))
        except InvalidToken as error:
            raise _refused(401, "invalid_token", "The token is invalid") from error
        return Response.json({"user_id": user.guid, "user_name": user.username, "email": user.username})

    def _grant(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        client, secret = _client(request, form)
        grants: Mapping[str, Callable[[str, Mapping[str, str]], User]] = {
            "password": self._by_password,
            "refresh_token": self._by_refresh_token,
        }
        kind = form.get("grant_type", "")
        with self._world.entered():
            if kind == "client_credentials":
                return self._tokens(self._by_secret(client, secret), client, "")
            self._check_client(client, secret)
            if kind not in grants:
                raise _refused(401, "unsupported_grant_type", f"Unsupported grant type: {kind}")
            user = grants[kind](client, form)
            refresh = form.get("refresh_token") or self.refresh_token(user, client)
            return self._tokens(user, client, refresh)

    def _tokens(self, user: User, client: str, refresh: str) -> Response:
        token = self.token(user, client)
        body = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": TOKEN_SECONDS - 1,
            "scope": " ".join(user.scopes),
            "jti": (self._claims(token) or {})["jti"],
        }
        if refresh:
            body["refresh_token"] = refresh
        return Response.json(body)

    def _check_client(self, client: str, secret: str) -> None:
        """`cf` has an empty secret; other clients are those of the world."""
        if client == "cf" and secret == "":
            return
        self._by_secret(client, secret)

    def _by_secret(self, client: str, secret: str) -> User:
        for user in self._world.state.users.values():
            if user.is_client and user.username == client and user.password == secret:
                return user
        raise _refused(401, "invalid_client", "Bad credentials")

    def _by_password(self, client: str, form: Mapping[str, str]) -> User:
        for user in self._world.state.users.values():
            if user.is_client or user.username != form.get("username"):
                continue
            if user.password and user.password == form.get("password"):
                return user
        raise _refused(401, "unauthorized", "Bad credentials")

    def _by_refresh_token(self, client: str, form: Mapping[str, str]) -> User:
        token = form.get("refresh_token", "")
        guid, issued_to, end = self._refresh.get(token, ("", "", 0.0))
        user = self._world.state.users.get(guid)
        if user is None or issued_to != client or end <= self._world.clock.now().timestamp():
            detail = f"The token expired, was revoked, or the token ID is incorrect: {token[:64]}"
            raise _refused(401, "invalid_token", detail)
        return user

    def _revoke(self, request: Request) -> Response:
        token_id = request.params["token_id"]
        self._refresh.pop(token_id, None)
        self._revoked.add(token_id)
        return Response(200)


def _no_passcode(request: Request) -> Response:
    """`cf ssh` asks for a passcode first; what stands here is all that its person reads."""
    return Response.text("cf ssh is outside the lab.", 501)


def _part(value: object) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _refused(status: int, error: str, description: str) -> Refused:
    return Refused(Response.json({"error": error, "error_description": description}, status))


def _client(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """The OAuth client and its secret: from the Basic header, else from the form."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise _refused(401, "invalid_client", "Bad credentials") from error
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")
