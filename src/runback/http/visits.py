"""Requests as a browser makes them: any status is an answer, nothing is repeated, no redirect is followed.

No token is ever sent. In the lab the hosts of public routes do not exist; there the lab's own router is asked
for them, which only an address of this machine can be.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from runback.http import words
from runback.http.exchange import Exchanges
from runback.http.hosts import is_loopback
from runback.http.tokens import origin_of

LAB_ROUTER = "RUNBACK_LAB_ROUTER"  # 'http://127.0.0.1:PORT', set by the lab
_CONNECT, _READ, _TOTAL = 5.0, 10.0, 20.0  # seconds
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """The certificate that a host showed, and that was found good."""

    names: tuple[str, ...]
    expires: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a browser would have got. `headers` have lower-case names; `body` may be cut."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    certificate: Presented | None = None


class Visits:
    """Counts its requests among those of the run."""

    def __init__(self, exchanges: Exchanges, environ: Mapping[str, str]) -> None:
        self._exchanges = exchanges
        router = environ.get(LAB_ROUTER, "")
        self._router = router.rstrip("/") if is_loopback(urlsplit(router).hostname or "") else ""

    def visit(self, url: str, headers: Mapping[str, str], most: int) -> Visit:
        """The answer to one GET; of the body at most `most` bytes. Raises FetchError where there is none."""
        parts = urlsplit(url)
        sent = {"User-Agent": "Mozilla/5.0 (compatible; runback)", "Accept-Encoding": "gzip", **headers}
        asked = url
        if self._router:
            sent["Host"] = parts.netloc
            asked = f"{self._router}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
        with self._exchanges.hosts.gate(origin_of(asked)):
            self._exchanges.count(sent=True)
            try:
                return self._read(self._ask(asked, url, sent), url, most)
            finally:
                self._exchanges.count(sent=False)

    def _ask(self, asked: str, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        try:
            return self._asker(asked, url).urlopen(
                "GET",
                asked,
                headers=headers,
                timeout=urllib3.Timeout(connect=_CONNECT, read=_READ),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except (HTTPError, OSError) as error:
            raise words.no_answer(url, error, _CONNECT) from error

    def _asker(self, asked: str, url: str) -> urllib3.PoolManager | urllib3.HTTPConnectionPool:
        """What sends the request. A router of the lab that speaks TLS is asked by the host's own name."""
        manager = self._exchanges.hosts.manager(asked)
        if not self._router.startswith("https:"):
            return manager
        parts = urlsplit(asked)
        named = {"server_hostname": urlsplit(url).hostname}
        return manager.connection_from_host(parts.hostname, parts.port, "https", pool_kwargs=named)

    @staticmethod
    def _read(response: urllib3.BaseHTTPResponse, url: str, most: int) -> Visit:
        certificate = _presented(response)
        body, end = bytearray(), time.monotonic() + _TOTAL
        try:
            while len(body) < most and time.monotonic() < end and (piece := response.read1(_CHUNK)):
                body += piece
        except (HTTPError, OSError) as error:
            raise words.no_answer(url, error, _READ) from error
        finally:
            response.close()  # the rest of a cut body is of no use, nor is its connection
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Visit(
            status=response.status, headers=headers, body=bytes(body[:most]), certificate=certificate
        )


def _presented(response: urllib3.BaseHTTPResponse) -> Presented | None:
    connection = response.connection
    sock = getattr(connection, "sock", None)
    if not isinstance(sock, ssl.SSLSocket):
        return None
    shown: dict[str, Any] = dict(sock.getpeercert() or {})
    names = tuple(str(value) for kind, value in shown.get("subjectAltName", ()) if kind == "DNS")
    ends = shown.get("notAfter")
    expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
    return Presented(names=names, expires=expires)
