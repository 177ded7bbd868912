"""What carrying out a plan has in its hands: the platform's API, CircleCI's, the time, the values to set.

Nothing that is read here is remembered: between two looks the world may have moved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote, urljoin

import msgspec

from runback.collect.session import Session
from runback.config import CircleAccess
from runback.errors import AccessError, FetchError, RunbackError
from runback.http import Client, HeaderToken, Response, origin_of
from runback.remedies.workshop import Workshop

Answer = TypeVar("Answer")
JOB_SECONDS = 600.0  # of an asynchronous job of Cloud Controller


class NotDone(RunbackError):
    """A step that did not do what it should; `str()` says why, `stands` what is there now, a sentence each.

    The exit code is 'not verified'.
    """

    exit_code = 1

    def __init__(self, message: str, advice: str = "", *, stands: tuple[str, ...] = ()) -> None:
        super().__init__(message, advice)
        self.stands = stands


class _Href(msgspec.Struct):
    href: str = ""


class _Pagination(msgspec.Struct):
    next: _Href | None = None


class Listing(msgspec.Struct):
    """One page of any list of the v3 API."""

    pagination: _Pagination = msgspec.field(default_factory=_Pagination)
    resources: list[msgspec.Raw] = []


class Guid(msgspec.Struct):
    guid: str = ""


class ToOne(msgspec.Struct):
    """What a resource of the v3 API belongs to."""

    data: Guid | None = None


class _Items(msgspec.Struct):
    """One page of any list of CircleCI's API."""

    items: list[msgspec.Raw] = []
    next_page_token: str | None = None


class _Problem(msgspec.Struct):
    detail: str = ""


class _Job(msgspec.Struct):
    state: str = ""
    errors: list[_Problem] = []


def one_name(name: str) -> str:
    """A name as the value of a filter, where a bare comma would part two names (CAPI: escaped twice)."""
    return quote(name.replace(",", "%2C"), safe="")


@dataclass
class Reach:
    """Where changes are made. `values` are those of variables to set, by name; they go nowhere else."""

    client: Client
    login: Session | AccessError  # the error: CircleCI alone can be changed
    circleci: CircleAccess
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    sleep: Callable[[float], None] = time.sleep
    progress: Callable[[str], None] = lambda _line: None
    workshop: Workshop | None = field(default=None, repr=False)

    @property
    def session(self) -> Session:
        """Raises AccessError where there is no login to Cloud Foundry."""
        if isinstance(self.login, AccessError):
            raise self.login
        return self.login

    def who(self) -> str | None:
        """Who is logged in to Cloud Foundry."""
        if isinstance(self.login, AccessError):
            return None
        name = self.login.claim("user_name") or self.login.claim("client_id")
        return str(name) if name else None

    # --- Cloud Foundry ----------------------------------------------------------------------------

    def read(self, path: str, kind: type[Answer]) -> Answer:
        """The answer to a GET of the v3 API, asked anew. Raises FetchError."""
        return self.client.fresh(self.session.endpoints.api + path, kind, token=self.session)

    def read_yaml(self, path: str, kind: type[Answer]) -> Answer:
        """As `read`, for the one kind of answer that is YAML: an app's manifest."""
        import yaml

        url = self.session.endpoints.api + path
        answer = self.client.anew(url, token=self.session, accept="application/x-yaml")
        try:
            return msgspec.convert(yaml.safe_load(answer.bytes()), kind)
        except (yaml.YAMLError, msgspec.ValidationError) as error:
            raise FetchError(f"unexpected answer to {path}: it is no manifest") from error

    def found(self, path: str, kind: type[Answer]) -> Answer | None:
        """As `read`, with None for what is not there, or not visible."""
        try:
            return self.read(path, kind)
        except FetchError as error:
            if error.status == 404:
                return None
            raise

    def listed(self, path: str, kind: type[Answer]) -> list[Answer]:
        """All resources of all pages of a list."""
        url: str = self.session.endpoints.api + path
        resources: list[Answer] = []
        for _ in range(100):
            page = self.client.fresh(url, Listing, token=self.session)
            resources += [msgspec.json.decode(raw, type=kind) for raw in page.resources]
            following = page.pagination.next.href if page.pagination.next else ""
            if not following:
                break
            following = urljoin(url, following)
            if origin_of(following) != origin_of(url):
                raise FetchError("the platform continues a list at another host: not followed")
            url = following
        return resources

    def send(self, method: str, path: str, body: object = None) -> Response:
        """One change at the v3 API, and the end of the job that it starts. Raises FetchError or NotDone."""
        answer = self._send(method, self.session.endpoints.api + path, body)
        job = answer.headers.get("location", "")
        if answer.status == 202 and "/v3/jobs/" in job:
            self._follow_job(urljoin(self.session.endpoints.api, job))
        return answer

    def policies(self, query: str, kind: type[Answer]) -> Answer:
        """Network policies. Those that the user may not see are left out without a word."""
        return self.client.fresh(
            f"{self.session.endpoints.policies}/policies?{query}", kind, token=self.session
        )

    def send_policies(self, path: str, body: object) -> None:
        self._send("POST", f"{self.session.endpoints.policies}/policies{path}", body)

    def _send(self, method: str, url: str, body: object) -> Response:
        """Sent once. A 401 says that nothing was done: then once more, with a fresh token."""
        used = self.session.headers()
        try:
            return self.client.send(method, url, token=self.session, body=body)
        except FetchError as error:
            if error.status != 401 or not self.session.renew(used):
                raise
        return self.client.send(method, url, token=self.session, body=body)

    def _follow_job(self, url: str) -> None:
        if origin_of(url) != origin_of(self.session.endpoints.api):
            raise FetchError("the platform names a job at another host: not followed")
        waited = 0.0
        while waited < JOB_SECONDS:
            job = self.client.fresh(url, _Job, token=self.session)
            if job.state == "COMPLETE":
                return
            if job.state == "FAILED":
                raise NotDone(
                    "; ".join(problem.detail for problem in job.errors) or "the platform's job failed"
                )
            waited += self.pause(1.0)
        raise NotDone(f"the platform's job did not end within {JOB_SECONDS / 60:.0f} minutes")

    # --- CircleCI ---------------------------------------------------------------------------------

    def ci(self, path: str, kind: type[Answer]) -> Answer:
        """The answer to a GET of CircleCI's API v2, asked anew."""
        return self.client.fresh(self._ci_url(path), kind, token=self._ci_token())

    def ci_listed(self, path: str, kind: type[Answer]) -> list[Answer]:
        """All items of all pages of a list of CircleCI's."""
        items: list[Answer] = []
        page = ""
        for _ in range(100):
            found = self.ci(path + page, _Items)
            items += [msgspec.json.decode(raw, type=kind) for raw in found.items]
            if not found.next_page_token:
                break
            page = f"{'&' if '?' in path else '?'}page-token={quote(found.next_page_token, safe='')}"
        return items

    def send_ci(self, path: str, body: object = None, method: str = "POST") -> Response:
        return self.client.send(method, self._ci_url(path), token=self._ci_token(), body=body)

    def _ci_url(self, path: str) -> str:
        return f"{self.circleci.host}/api/v2{path}"

    def _ci_token(self) -> HeaderToken:
        if not self.circleci.token:
            raise AccessError(self.circleci.missing, "CircleCI changes nothing without a token.")
        return HeaderToken(self.circleci.host, "Circle-Token", self.circleci.token)

    # --- time -------------------------------------------------------------------------------------

    def pause(self, seconds: float) -> float:
        """Lets time pass, and says how much."""
        self.sleep(seconds)
        return seconds
