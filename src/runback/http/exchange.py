"""One request and its answer: sent, repeated where that is safe, read within limits."""

from __future__ import annotations

import logging
import random
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode, urljoin

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, ReadTimeoutError

from runback.errors import FetchError
from runback.http import bodies, words
from runback.http.answers import Limits, Response, http_date, retry_after
from runback.http.hosts import Hosts
from runback.http.tokens import Token, origin_of

log = logging.getLogger("runback.http")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class _Again(Exception):
    """This attempt failed, and a GET may be repeated after `wait` seconds (None: the usual back-off)."""

    def __init__(self, error: FetchError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class Exchanges:
    """Sends requests. Knows nothing of answers that came before."""

    def __init__(
        self, environ: Mapping[str, str], limits: Limits, asked: Callable[[int, int], None] | None
    ) -> None:
        self.hosts = Hosts(environ, limits.concurrency)
        self.dates: dict[str, datetime] = {}
        self.requests = 0
        self._answers = 0
        self._limits = limits
        self._asked = asked
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def spool(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="runback-")
            return Path(self._folder.name)

    def close(self) -> None:
        self.hosts.close()
        if self._folder is not None:
            self._folder.cleanup()

    def get(self, url: str, token: Token | None, headers: dict[str, str], *, spooled: bool) -> Response:
        """A GET, repeated after failures that pass by. Raises FetchError."""
        renewed = False
        attempt = 0
        while True:
            attempt += 1
            sent = self._proof(url, token)
            try:
                return self._followed(url, token, {**headers, **sent}, spooled)
            except _Again as again:
                if attempt >= self._limits.attempts:
                    raise again.error from again
                # Jitter, so that the threads of a run do not come back all at once. Not for secrets.
                usual = self._limits.backoff * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311
                wait = usual if again.wait is None else again.wait
                if again.wait is not None:
                    self.hosts.gate(origin_of(url)).pause(wait)
                log.debug(
                    "GET %s%s again in %.1f s: %s",
                    *words.place(url, secret=_is_presigned(url, token)),
                    wait,
                    again.error,
                )
                time.sleep(wait)
            except FetchError as error:
                if error.status != 401 or token is None or renewed or not token.renew(sent):
                    raise
                renewed = True

    def send(
        self,
        method: str,
        url: str,
        token: Token | None,
        headers: dict[str, str],
        *,
        form: Mapping[str, str] | None,
        body: object,
    ) -> Response:
        """Anything else than a GET, once. Raises FetchError."""
        data = b""
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            data = urlencode(form).encode()
        elif body is not None:
            headers["Content-Type"] = "application/json"
            data = msgspec.json.encode(body)
        headers = {"Accept": "application/json", **headers, **self._proof(url, token)}
        try:
            answer = self._exchange(method, url, headers, data, spooled=False, secret=False)
        except _Again as again:
            raise again.error from again
        if answer.status in _REDIRECTS:
            raise FetchError(
                f"{words.place(url)[0]} redirects a {method}: not followed", status=answer.status
            )
        return answer

    def _proof(self, url: str, token: Token | None) -> dict[str, str]:
        if token is None:
            return {}
        if not token.allows(origin_of(url)):
            raise FetchError(f"the token was not issued for {words.place(url)[0]}: not sent there")
        return token.headers()

    def _followed(self, url: str, token: Token | None, headers: dict[str, str], spooled: bool) -> Response:
        """The answer at the end of redirects. With a token only within one origin."""
        start = url
        for _ in range(self._limits.redirects + 1):
            answer = self._exchange(
                "GET", url, headers, b"", spooled=spooled, secret=_is_presigned(url, token)
            )
            if answer.status not in _REDIRECTS:
                return answer
            url = urljoin(url, answer.headers.get("location", ""))
            here, there = words.place(start)[0], words.place(url)[0]
            if not origin_of(url) or (start.startswith("https:") and not url.startswith("https:")):
                raise FetchError(f"{here} redirects to an address that is not safe: not followed")
            if token is not None and origin_of(url) != origin_of(start):
                raise FetchError(f"{here} redirects to another host, {there}: not followed with the token")
        raise FetchError(f"{words.place(start)[0]} redirects in a circle")

    def _exchange(
        self, method: str, url: str, headers: dict[str, str], data: bytes, *, spooled: bool, secret: bool
    ) -> Response:
        origin = origin_of(url)
        if not origin:
            raise FetchError(f"{words.place(url)[0]!r} is not an address that can be asked")
        with self.hosts.gate(origin):
            self.count(sent=True)
            begin = time.monotonic()
            try:
                response = self._ask(method, url, headers, data, secret)
                try:
                    return self._read(response, url, begin, spooled, secret)
                finally:
                    response.release_conn()
            finally:
                self.count(sent=False)
                took = (time.monotonic() - begin) * 1000
                log.debug("%s %s%s took %.0f ms", method, *words.place(url, secret=secret), took)

    def _ask(
        self, method: str, url: str, headers: dict[str, str], data: bytes, secret: bool
    ) -> urllib3.BaseHTTPResponse:
        limits = self._limits
        timeout = urllib3.Timeout(connect=limits.connect, read=limits.read)
        headers = {"User-Agent": "runback", "Accept-Encoding": "gzip", **headers}
        try:
            return self.hosts.manager(url).urlopen(
                method,
                url,
                headers=headers,
                body=data or None,
                timeout=timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except LocationParseError as error:
            raise FetchError(f"{words.place(url)[0]!r} is not an address that can be asked") from error
        except (HTTPError, OSError) as error:
            raise self._broken(url, error, secret) from error

    def _broken(self, url: str, error: Exception, secret: bool) -> FetchError | _Again:
        slow = isinstance(error, ReadTimeoutError)
        seconds = self._limits.read if slow else self._limits.connect
        told = words.no_answer(url, error, seconds, secret=secret)
        # Whom waiting will not help: a slow answer has had its time; a certificate or a name stays wrong.
        lasting = slow or told.advice.startswith(("Set ", "Check "))
        return told if lasting else _Again(told)

    def _read(
        self, response: urllib3.BaseHTTPResponse, url: str, begin: float, spooled: bool, secret: bool
    ) -> Response:
        headers = {name.lower(): value for name, value in response.headers.items()}
        date = http_date(headers.get("date"))
        if date is not None:
            self.dates.setdefault(origin_of(url), date)
        good = 200 <= response.status < 300
        into = (lambda: self.spool) if spooled and good else None
        try:
            body, cut = bodies.read(response, begin, self._limits, words.place(url, secret=secret), into)
        except (HTTPError, OSError) as error:
            response.close()
            raise self._broken(url, error, secret) from error
        if good or response.status in _REDIRECTS:
            return Response(url=url, status=response.status, headers=headers, body=body, truncated=cut)
        wait = retry_after(headers.get("retry-after"), date)
        too_long = wait is not None and wait > self._limits.longest_wait
        shown = body if isinstance(body, bytes) else b""
        told = words.refused(url, response.status, shown, secret=secret, wait=wait if too_long else None)
        if response.status in words.RETRIED_STATUS and not too_long:
            raise _Again(told, wait)
        raise told

    def count(self, *, sent: bool) -> None:
        """One request more that was sent, or that has ended."""
        with self._lock:
            self.requests += sent
            self._answers += not sent
            now = self._answers, self.requests
        if self._asked is not None:
            self._asked(*now)


def _is_presigned(url: str, token: Token | None) -> bool:
    """Whether the URL itself may be the secret: asked without a token, but with a query."""
    return token is None and "?" in url
