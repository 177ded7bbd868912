"""The client of one run: asks every URL at most once, repeats what may be repeated, and counts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urljoin

import msgspec

from runback.errors import FetchError
from runback.http.answers import Limits, Response
from runback.http.exchange import Exchanges
from runback.http.tasks import Later
from runback.http.tokens import Token, origin_of
from runback.http.visits import Visit, Visits
from runback.http.words import not_as_expected, place

__all__ = ["Client", "Limits", "Response"]

Answer = TypeVar("Answer")
Asked = Callable[[int, int], None]  # answers so far, requests so far

JSON = "application/json"
_PAGES = 1_000  # more than this is a server that pages in circles


@dataclass(frozen=True, slots=True)
class _Key:
    url: str
    token: Token | None
    headers: tuple[tuple[str, str], ...]
    spooled: bool


class Client:
    """GETs are remembered for the run; POST and the like are sent once and never repeated by themselves.

    A token is sent only to origins that it allows: not along a redirect, not to another host's next page.
    Not more than `limits.concurrency` requests go to one origin at once; any number of threads may ask.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        limits: Limits | None = None,
        asked: Asked | None = None,
    ) -> None:
        self._exchanges = Exchanges(environ, limits or Limits(), asked)
        self._visits = Visits(self._exchanges, environ)
        self._lock = threading.Lock()
        self._memory: dict[_Key, Later[Response]] = {}
        # urllib3 writes query strings at DEBUG, and a presigned URL's query is a secret.
        logging.getLogger("urllib3").setLevel(logging.INFO)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections and removes spooled bodies."""
        self._exchanges.close()

    @property
    def requests(self) -> int:
        """Requests sent so far, repeats included."""
        return self._exchanges.requests

    @property
    def spool(self) -> Path:
        """A folder for large texts, readable by this user only; removed by `close`."""
        return self._exchanges.spool

    def date(self, url: str) -> datetime | None:
        """The first `Date` that the origin of `url` sent in this run."""
        return self._exchanges.dates.get(origin_of(url))

    def unverify(self, url: str) -> None:
        """From now on the origin's certificate is not checked."""
        self._exchanges.hosts.unverify(origin_of(url))

    def get(
        self, url: str, *, token: Token | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The answer to a GET, asked for once in a run however often this is called.

        Raises FetchError where there is no answer with a status of 200 to 299, and AccessError where the
        token itself cannot be had.
        """
        return self._once(_Key(url, token, _sorted({"Accept": JSON, **(headers or {})}), spooled=False))

    def download(
        self, url: str, *, token: Token | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """As `get`, for logs of any size: a body that is large comes as a file in `spool`.

        `Response.truncated` is True where it was cut at `limits.download` bytes.
        """
        return self._once(_Key(url, token, _sorted({"Accept": "*/*", **(headers or {})}), spooled=True))

    def json(self, url: str, kind: type[Answer], *, token: Token | None = None) -> Answer:
        """The answer as `kind`; unknown fields are ignored.

        Raises FetchError as `get` does, and where the body is no JSON or not of this type.
        """
        return decode(self.get(url, token=token), kind)

    def fresh(self, url: str, kind: type[Answer], *, token: Token | None = None) -> Answer:
        """As `json`, but asked anew each time: for what changes while one looks on."""
        return decode(self.anew(url, token=token), kind)

    def anew(self, url: str, *, token: Token | None = None, accept: str = JSON) -> Response:
        """As `get`, but asked anew each time."""
        return self._exchanges.get(url, token, {"Accept": accept}, spooled=False)

    def visit(self, url: str, headers: Mapping[str, str], *, most: int) -> Visit:
        """What a browser gets there, whatever its status, and no further: asked anew, without any token.

        Of the body at most `most` bytes. Raises FetchError where there is no answer.
        """
        return self._visits.visit(url, headers, most)

    def pages(
        self,
        url: str,
        kind: type[Answer],
        following: Callable[[Answer], str | None],
        *,
        token: Token | None = None,
    ) -> tuple[Answer, ...]:
        """All pages from `url` on; `following` gives the address of a page's next one.

        Raises FetchError for an address at another origin: nothing is sent there.
        """
        found: list[Answer] = []
        seen = {url}
        while True:
            page = self.json(url, kind, token=token)
            found.append(page)
            next_url = following(page)
            if not next_url:
                return tuple(found)
            next_url = urljoin(url, next_url)
            host, path = place(url)
            if origin_of(next_url) != origin_of(url):
                raise FetchError(
                    f"{host} continues {path} at another host, {place(next_url)[0]}: not followed"
                )
            if next_url in seen or len(found) >= _PAGES:
                raise FetchError(f"{host} sends the pages of {path} in a circle")
            seen.add(next_url)
            url = next_url

    def send(
        self,
        method: str,
        url: str,
        *,
        token: Token | None = None,
        form: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Sends `form` or the JSON of `body` exactly once; a failure is never repeated, whatever it is.

        After a FetchError without `status` it is not known whether the request was carried out.
        """
        return self._exchanges.send(method, url, token, dict(headers or {}), form=form, body=body)

    def _once(self, key: _Key) -> Response:
        with self._lock:
            promise = self._memory.get(key)
            mine = promise is None
            if promise is None:
                promise = self._memory[key] = Later()
        if mine:
            promise.run(
                lambda: self._exchanges.get(key.url, key.token, dict(key.headers), spooled=key.spooled)
            )
        return promise.result()


def decode(response: Response, kind: type[Answer]) -> Answer:
    """The body as `kind`. Raises FetchError('unexpected answer …') where it is not."""
    body = response.bytes()
    try:
        return _decoder(kind).decode(body)
    except msgspec.DecodeError as error:
        raise not_as_expected(response.url, body, error, response.status) from error


_decoders: dict[object, msgspec.json.Decoder[Any]] = {}
_making = threading.Lock()


def _decoder(kind: type[Answer]) -> msgspec.json.Decoder[Answer]:
    """Made by one thread at a time: two that meet a type for the first time at once crash the interpreter
    (msgspec 0.22 while it reads the type's annotations). Once it is made, all may use it.
    """
    with _making:
        if kind not in _decoders:
            _decoders[kind] = msgspec.json.Decoder(kind)
        return _decoders[kind]


def _sorted(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(headers.items()))
