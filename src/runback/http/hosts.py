"""The hosts of a run: their connections, certificates, proxies, and how much each is asked at once."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from runback.errors import AccessError
from runback.http.tokens import origin_of


class Gate:
    """How many requests one origin gets at once, and until when it wants none."""

    def __init__(self, concurrency: int) -> None:
        self._places = threading.BoundedSemaphore(concurrency)
        self._resume_at = 0.0

    def __enter__(self) -> None:
        while True:
            self._places.acquire()
            wait = self._resume_at - time.monotonic()
            if wait <= 0:
                return
            self._places.release()
            time.sleep(wait)

    def __exit__(self, *_: object) -> None:
        self._places.release()

    def pause(self, seconds: float) -> None:
        """Holds back every request to this origin: a rate limit counts for all of them."""
        self._resume_at = max(self._resume_at, time.monotonic() + seconds)


class Hosts:
    """Connections of one run, one pool for each origin, made when first asked for."""

    def __init__(self, environ: Mapping[str, str], concurrency: int) -> None:
        self._environ = environ
        self._concurrency = concurrency
        self._lock = threading.Lock()
        self._gates: dict[str, Gate] = {}
        self._managers: dict[tuple[str, str | None, bool], urllib3.PoolManager] = {}
        self._unverified: set[str] = set()

    def unverify(self, origin: str) -> None:
        """Asks this origin without a check of its certificate (the person's login says so)."""
        self._unverified.add(origin)

    def gate(self, origin: str) -> Gate:
        with self._lock:
            return self._gates.setdefault(origin, Gate(self._concurrency))

    def manager(self, url: str) -> urllib3.PoolManager:
        """The pools through which `url` is reached. Raises AccessError for a broken certificate file."""
        proxy = proxy_for(url, self._environ)
        verified = origin_of(url) not in self._unverified
        key = (urlsplit(url).scheme, proxy, verified)
        with self._lock:
            manager = self._managers.get(key)
            if manager is None:
                manager = self._managers[key] = self._connect(url, proxy, verified)
            return manager

    def _connect(self, url: str, proxy: str | None, verified: bool) -> urllib3.PoolManager:
        # Reading the system's certificates takes some 20 ms: not for plain http, which the lab speaks.
        tls = url.startswith("https:") or (proxy or "").startswith("https:")
        context = trust(self._environ, verified) if tls else None
        if proxy is None:
            return urllib3.PoolManager(num_pools=64, maxsize=self._concurrency, ssl_context=context)
        return urllib3.ProxyManager(
            proxy, num_pools=64, maxsize=self._concurrency, ssl_context=context, proxy_ssl_context=context
        )

    def close(self) -> None:
        for manager in self._managers.values():
            manager.clear()


def trust(environ: Mapping[str, str], verified: bool = True) -> ssl.SSLContext:
    """Whom to trust: SSL_CERT_FILE and SSL_CERT_DIR or else the system, and REQUESTS_CA_BUNDLE as well.

    Raises AccessError where one of them names no readable certificates.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    places = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environ.get(name)]
    if "SSL_CERT_FILE" not in places:
        context.load_default_certs()
    for name in (*places, "REQUESTS_CA_BUNDLE"):
        place = environ.get(name)
        if place:
            _load(context, name, Path(place))
    return context


def _load(context: ssl.SSLContext, name: str, place: Path) -> None:
    try:
        if place.is_dir():
            context.load_verify_locations(capath=str(place))
        else:
            context.load_verify_locations(cafile=str(place))
    except OSError as error:  # ssl.SSLError is one
        if name == "SSL_CERT_DIR":
            return  # as OpenSSL does: a folder that is not there holds nothing
        raise AccessError(
            f"{name} names {place}, which holds no certificates that can be read ({error.strerror or error})",
            f"Set {name} to a file of certificates in PEM form, or unset it.",
        ) from error


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy that the environment names for this URL, or None. This machine is never asked through one."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if not host or is_loopback(host):
        return None
    scheme = parts.scheme
    # HTTP_PROXY in capitals can be set by a request header in CGI programs; this is none.
    proxy = next((environ[n] for n in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY") if environ.get(n)), None)
    proxy = proxy or environ.get("all_proxy") or environ.get("ALL_PROXY")
    if not proxy or _excepted(host, environ.get("no_proxy") or environ.get("NO_PROXY") or ""):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _excepted(host: str, exceptions: str) -> bool:
    for word in exceptions.lower().replace(",", " ").split():
        name = word.removeprefix("*").split(":")[0].lstrip(".")
        if word == "*" or (name and (host == name or host.endswith("." + name))):
            return True
    return False
