"""The target's public routes as a user's browser sees them: the page, its scripts and styles, one API call.

Only hosts of the target's own public routes are asked, without any token, and nothing but GET is sent. The
API call is one that the router has seen browsers make, without its query; what could change something is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal
from urllib.parse import urljoin, urlsplit

from msgspec.structs import replace

from runback.collect.html import parts_of
from runback.collect.interface import RawLog
from runback.collect.overview import host_of
from runback.errors import FetchError
from runback.http import Client, Visit, gather, later
from runback.model import Certificate, Fetched, Route

ROUTES = 4  # pages of one run
_ASSETS = 10  # of one page
_REDIRECTS = 5
_PAGE, _SCRIPT, _ANSWER = 512 << 10, 1 << 20, 2 << 10  # bytes that are read of each
_MOVED = frozenset({301, 302, 303, 307, 308})
_SEEN = re.compile(r'"GET (?P<path>/[^ ?"]*)\S* HTTP/[\d.]+" (?P<status>\d{3}) ')
_FILE = re.compile(r"\.\w{1,8}$")
# Reading them may change something, or end somebody's session; or the path itself may be a secret.
_UNSAFE = re.compile(
    r"(?i)log-?(?:in|out)|sign-?(?:in|out|off)|auth/|oauth|callback|token|reset|confirm|verify|activate|delete"
    r"|remove|cancel|unsubscribe|invite|admin|(?=[\w-]*\d)[\w-]{20,}|@|%"
)

Kind = Literal["page", "script", "style", "call"]


@dataclass(frozen=True, slots=True)
class Open:
    """A public route of an app of the target, and the API call that people make through it."""

    app: str
    url: str  # 'https://host/path'
    call: str = ""  # a path


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the public routes brought."""

    fetched: tuple[Fetched, ...]
    certificates: tuple[Certificate, ...]


def addresses(app: str, routes: Iterable[Route], logs: Sequence[RawLog]) -> list[Open]:
    """The public pages of an app, each with the call that people make through it."""
    public = [route for route in routes if not route.internal and "*" not in route.url]
    web = [route for route in public if ":" not in route.url.partition("/")[0]]  # with a port it is TCP
    call = _call_of(log for log in logs if log.app == app and log.kind == "router")
    return [Open(app, f"https://{route.url.rstrip('/')}/", call) for route in web]


def _call_of(logs: Iterable[RawLog]) -> str:
    """The API path that browsers ask for most, those that fail first; '' where none is known."""
    seen: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for log in logs:
        data = log.data if isinstance(log.data, bytes) else b""
        for match in _SEEN.finditer(data.decode("utf-8", "replace")):
            path = match["path"]
            if path == "/" or _FILE.search(path) or _UNSAFE.search(path):
                continue
            seen[path] += 1
            failed[path] += match["status"] >= "500"
    best = sorted(seen, key=lambda path: (-failed[path], -seen[path], path))
    return best[0] if best else ""


def look(client: Client, opened: Sequence[Open], hosts: Iterable[str]) -> Seen:
    """What a browser gets there. `hosts` are all that may be asked."""
    browser = _Browser(client, frozenset(host.lower() for host in hosts))
    found = gather(*(partial(browser.open, one) for one in opened[:ROUTES]))
    return Seen(tuple(one for each in found for one in each), tuple(browser.certificates.values()))


class _Browser:
    def __init__(self, client: Client, hosts: frozenset[str]) -> None:
        self._client = client
        self._hosts = hosts
        self.certificates: dict[str, Certificate] = {}

    def open(self, page: Open) -> tuple[Fetched, ...]:
        """The page and its call at once, then what the page needs, then the API that its scripts name."""
        call = later(self._call, page)
        fetched, needed, text = self._page(page)
        assets = gather(*(partial(self._visit, one, _SCRIPT) for one in needed))
        text += b"".join(visit.body for _, visit in assets if visit is not None)
        elsewhere = self._call_elsewhere(page, text) if needed else ()
        return (fetched, *(asset for asset, _ in assets), *call.result(), *elsewhere)

    def _call(self, page: Open) -> tuple[Fetched, ...]:
        """The call through the page's own host."""
        if not page.call:
            return ()
        call = Fetched(app=page.app, page=page.url, url=urljoin(page.url, page.call), kind="call")
        return (self._visit(call, _ANSWER)[0],)

    def _call_elsewhere(self, page: Open, text: bytes) -> tuple[Fetched, ...]:
        """A call to another own host that page or scripts name: it may not be the page's to ask."""
        mine, origin = host_of(page.url.partition("://")[2]), page.url.rstrip("/")
        named = [host for host in sorted(self._hosts) if host != mine and host.encode() in text]
        calls = [
            Fetched(app=page.app, page=page.url, url=f"https://{host}/", kind="call", origin=origin)
            for host in named[:1]
        ]
        return tuple(self._visit(one, _ANSWER)[0] for one in calls)

    def _page(self, page: Open) -> tuple[Fetched, list[Fetched], bytes]:
        """What came, what it needs, and its text."""
        asked = Fetched(app=page.app, page=page.url, url=page.url, kind="page")
        fetched, visit = self._visit(asked, _PAGE)
        if visit is None or fetched.type != "text/html" or visit.status >= 400:
            return fetched, [], b""
        parts = parts_of(
            visit.body.decode("utf-8", "replace"), fetched.redirects[-1] if fetched.redirects else page.url
        )
        policy = visit.headers.get("content-security-policy", "")
        needed = [
            Fetched(
                app=page.app,
                page=page.url,
                url=one.url,
                kind=one.kind,
                nonce=bool(one.nonce) and f"'nonce-{one.nonce}'" in policy,
            )
            for one in parts.needed[:_ASSETS]
        ]
        return replace(fetched, policy=policy, inline=parts.inline), needed, visit.body

    def _visit(self, asked: Fetched, most: int) -> tuple[Fetched, Visit | None]:
        """Follows redirects as long as they stay within the target's own hosts."""
        url, redirects, seen = asked.url, list[str](), {asked.url}
        without_query = replace(asked, url=_plain(asked.url))
        while True:
            if not self._may_ask(url):
                at_home = replace(without_query, redirects=tuple(redirects))
                return (
                    replace(at_home, ended="elsewhere") if redirects else replace(at_home, asked=False)
                ), None
            try:
                visit = self._client.visit(url, self._headers(asked), most=most)
            except FetchError as error:
                return replace(without_query, error=str(error), redirects=tuple(redirects)), None
            self._keep_certificate(url, visit)
            following = urljoin(url, visit.headers.get("location", "")) if visit.status in _MOVED else ""
            if not following:
                return _with_answer(without_query, visit, redirects), visit
            redirects.append(_plain(following))
            if following in seen or len(redirects) > _REDIRECTS:
                return replace(_with_answer(without_query, visit, redirects), ended="circle"), None
            seen.add(following)
            url = following

    def _may_ask(self, url: str) -> bool:
        parts = urlsplit(url)
        try:
            usual = parts.port in (None, 80, 443)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and usual and (parts.hostname or "") in self._hosts

    @staticmethod
    def _headers(asked: Fetched) -> dict[str, str]:
        accepts = {"page": "text/html,application/xhtml+xml", "style": "text/css,*/*;q=0.1"}
        headers = {"Accept": accepts.get(asked.kind, "application/json" if asked.kind == "call" else "*/*")}
        return {**headers, "Origin": asked.origin} if asked.origin else headers

    def _keep_certificate(self, url: str, visit: Visit) -> None:
        host = urlsplit(url).hostname or ""
        if visit.certificate is not None:
            shown = Certificate(host=host, names=visit.certificate.names, expires=visit.certificate.expires)
            self.certificates.setdefault(host, shown)


def _with_answer(asked: Fetched, visit: Visit, redirects: Sequence[str]) -> Fetched:
    headers = visit.headers
    return replace(
        asked,
        status=visit.status,
        type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        redirects=tuple(redirects),
        allow_origin=headers.get("access-control-allow-origin", "") if asked.origin else "",
        router_error=headers.get("x-cf-routererror", ""),
    )


def _plain(url: str) -> str:
    """Without query and fragment: they may hold a secret."""
    return url.partition("#")[0].partition("?")[0]
