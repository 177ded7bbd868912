"""The HTTP side: the Cloud Controller, UAA, log-cache and policy server, by the standard library alone."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from runback.lab.cf.errors import ApiError, CfError
from runback.lab.cf.settings import Settings

Json = dict[str, Any]
TIMEOUT = 30.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
POLL = 3.0  # seconds between two looks, as the real program waits
JOB_PATIENCE = 30 * 60.0


# (method, URL, headers, body) → status, headers (names in lower case), body; OSError where it does not work.
Answered = tuple[int, Mapping[str, str], bytes]
Transport = Callable[[str, str, Mapping[str, str], bytes | None], Answered]


class Wire:
    """HTTP with one connection kept for each host."""

    def __init__(self) -> None:
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answered:
        there = urlsplit(url)
        connection = self._connection(there.scheme, there.netloc)
        path = there.path + (f"?{there.query}" if there.query else "")
        try:
            connection.request(method, path or "/", body, dict(headers))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise OSError(str(error)) from error

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _connection(self, scheme: str, host: str) -> http.client.HTTPConnection:
        if (scheme, host) not in self._connections:
            maker = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
            self._connections[scheme, host] = maker(host, timeout=TIMEOUT)
        return self._connections[scheme, host]


class Client:
    """Requests with the token of the settings; an expired one is refreshed once."""

    def __init__(
        self, settings: Settings, sleep: Callable[[float], None], transport: Transport | None = None
    ) -> None:
        self.settings = settings
        self.sleep = sleep
        self._wire = Wire()
        self._transport = transport or self._wire
        self.moment: datetime | None = None  # the platform's Date of its last answer, where it sent one

    def close(self) -> None:
        self._wire.close()

    # --- the Cloud Controller ---------------------------------------------------------------------

    def get(self, path: str, **query: str) -> Json:
        return self.call("GET", path, query=query)[0]

    def every(self, path: str, **query: str) -> Iterator[Json]:
        """All resources of a list, page by page."""
        page = self.get(path, **query, per_page="200")
        while True:
            yield from page["resources"]
            following = (page.get("pagination") or {}).get("next")
            if not following:
                return
            there = urlsplit(following["href"])  # the host is ours, whatever the link says
            page = self.call("GET", f"{there.path}?{there.query}")[0]

    def first(self, path: str, **query: str) -> Json | None:
        resources = self.get(path, **query)["resources"]
        return resources[0] if resources else None

    def post(self, path: str, body: Any = None) -> Json:
        return self.call("POST", path, body)[0]

    def patch(self, path: str, body: Any) -> Json:
        return self.call("PATCH", path, body)[0]

    def call(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None, kind: str = ""
    ) -> tuple[Json, Mapping[str, str]]:
        """The answer's JSON and headers; raises ApiError for what the platform refuses."""
        url = f"{self.settings['Target']}{path}" + (f"?{urlencode(query)}" if query else "")
        status, headers, data = self.authorised(method, url, body, kind)
        if status >= 400:
            raise _refusal(status, data)
        return (json.loads(data) if data.strip() else {}), headers

    def finish(self, method: str, path: str, body: Any = None, kind: str = "") -> Json:
        """Like `call`, and waits for the job that the platform starts for it."""
        answer, headers = self.call(method, path, body, kind=kind)
        location = headers.get("location", "")
        if "/v3/jobs/" not in location:
            return answer
        waited = 0.0
        while waited < JOB_PATIENCE:
            job = self.get(urlsplit(location).path)
            if job["state"] == "COMPLETE":
                return answer
            if job["state"] == "FAILED":
                errors = job.get("errors") or []
                if not errors:
                    raise CfError(
                        f"Job {job['guid']} failed with no error. This is unexpected, contact your"
                        " operator for details."
                    )
                raise CfError(f"Job ({job['guid']}) failed: {errors[0]['detail']}")
            self.sleep(POLL)
            waited += POLL
        raise CfError(f"Job ({location.rpartition('/')[2]}) polling timeout has been reached.")

    # --- tokens and plain requests ----------------------------------------------------------------

    def authorised(
        self, method: str, url: str, body: Any = None, kind: str = "", more: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request with the token; asks for a new token where this one has run out."""
        for attempt in (1, 2):
            headers = {"Authorization": str(self.settings["AccessToken"]), **(more or {})}
            status, answer, data = self.send(method, url, body, kind, headers)
            if status == 401 and attempt == 1 and self.settings["RefreshToken"]:
                self.grant({"grant_type": "refresh_token", "refresh_token": self.settings["RefreshToken"]})
                continue
            break
        return status, answer, data

    def grant(self, form: dict[str, str]) -> None:
        """Get tokens from UAA and keep them."""
        url = f"{self.settings['UaaEndpoint'] or self.settings['AuthorizationEndpoint']}/oauth/token"
        secret = str(self.settings["UAAOAuthClientSecret"])
        basic = base64.b64encode(f"{self.settings['UAAOAuthClient']}:{secret}".encode()).decode()
        headers = {"Accept": "application/json"}
        if form["grant_type"] != "client_credentials":
            headers["Authorization"] = f"Basic {basic}"
        kind = "application/x-www-form-urlencoded"
        status, _, data = self.send("POST", url, urlencode(form).encode(), kind, headers)
        answer = json.loads(data) if data.strip() else {}
        if status >= 400:
            raise CfError(_rejected(form["grant_type"], answer))
        self.settings["AccessToken"] = f"{answer['token_type']} {answer['access_token']}"
        self.settings["RefreshToken"] = answer.get("refresh_token", "")

    def send(
        self,
        method: str,
        url: str,
        body: Any = None,
        kind: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers (names in lower case) and body of one request."""
        there = urlsplit(url)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"Accept": "application/json", "User-Agent": "cf/8 (runback lab)", **(headers or {})}
        if data is not None:
            sent["Content-Type"] = kind or "application/json"
        if there.scheme not in ("http", "https") or not there.netloc:
            raise CfError(f"Request error: {url} is no URL")
        if there.hostname not in LOOPBACK:
            raise CfError(f"This is the lab's cf: it never calls another machine, and {there.netloc} is one.")
        try:
            answer = self._transport(method, url, sent, data)
        except OSError as error:
            raise CfError(
                f"Request error: {method} {url}: {error}\n"
                "TIP: If you are behind a firewall and require an HTTP proxy, verify the https_proxy"
                " environment variable is correctly set. Else, check your network connection."
            ) from error
        if "date" in answer[1]:
            self.moment = parsedate_to_datetime(answer[1]["date"])
        return answer


def _refusal(status: int, data: bytes) -> ApiError:
    """What the real program makes of an error answer."""
    try:
        errors = json.loads(data).get("errors") or []
    except (ValueError, AttributeError):
        errors = []
    if not errors:
        text = data.decode(errors="replace").strip()
        return ApiError(f"Unexpected Response\nResponse Code: {status}\n{text}", status)
    code = int(errors[0].get("code", 0))
    if status < 500:
        return ApiError("\n".join(str(error["detail"]) for error in errors), status, code)
    lines = [
        f"Code: {error.get('code')}, Title: {error.get('title')}, Detail: {error.get('detail')}"
        for error in errors
    ]
    return ApiError("\n".join(["Unexpected Response", f"Response Code: {status}", *lines]), status, code)


def _rejected(grant: str, answer: Json) -> str:
    description = str(answer.get("error_description", ""))
    if grant == "refresh_token":
        return (
            "The token expired, was revoked, or the token ID is incorrect. Please log back in to"
            " re-authenticate."
        )
    if description in ("Bad credentials", "") or answer.get("error") in ("unauthorized", "invalid_client"):
        return "Credentials were rejected, please try again."
    return description
