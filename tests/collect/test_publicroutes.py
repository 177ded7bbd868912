"""A browser's view of public routes, against a router on loopback that knows the hosts by their names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from loopback import Answer, Loopback, Seen, serve
from runback.collect.html import parts_of
from runback.collect.interface import RawLog
from runback.collect.publicroutes import Open, addresses, look
from runback.http import Client
from runback.http.visits import LAB_ROUTER
from runback.model import Fetched, Route

HOST = "portal.example.gov"
PAGE = Open("frontend", f"https://{HOST}/", "/v1/reports/")
INDEX = b"""<!doctype html><html><head>
<script type="module" src="app.js?v=7"></script><script src="//cdn.example.org/x.js"></script>
<link rel="stylesheet" href="/main.css"><link rel="icon" href="/icon.png"></head><body></body></html>"""

Site = dict[str, tuple[int, bytes, dict[str, str]]]
HTML = {"Content-Type": "text/html; charset=utf-8"}
GOOD: Site = {
    "/": (200, INDEX, HTML),
    "/app.js": (200, b"x", {"Content-Type": "text/javascript"}),
    "/main.css": (200, b"", {"Content-Type": "text/css"}),
    "/v1/reports/": (401, b"{}", {"Content-Type": "application/json"}),
}


@contextmanager
def router(site: Site) -> Iterator[Loopback]:
    def answer(to: Answer, seen: Seen) -> None:
        status, body, headers = site.get(seen.path.partition("?")[0], (404, b"", HTML))
        to.reply(body, status, **headers)

    with serve(answer) as server:
        yield server


def browse(site: Site, *pages: Open, hosts: tuple[str, ...] = (HOST,)) -> tuple[list[Fetched], list[Seen]]:
    with router(site) as server, Client({LAB_ROUTER: server.url}) as client:
        found = look(client, pages or (PAGE,), hosts)
        assert client.requests == len(server.seen)
    return list(found.fetched), server.seen


def by_url(fetched: list[Fetched]) -> dict[str, Fetched]:
    return {one.url: one for one in fetched}


def test_the_page_its_scripts_and_styles_and_one_call() -> None:
    fetched, seen = browse(GOOD)
    assert [(one.kind, one.url, one.status, one.type) for one in fetched] == [
        ("page", f"https://{HOST}/", 200, "text/html"),
        ("script", f"https://{HOST}/app.js", 200, "text/javascript"),
        ("script", "https://cdn.example.org/x.js", None, ""),
        ("style", f"https://{HOST}/main.css", 200, "text/css"),
        ("call", f"https://{HOST}/v1/reports/", 401, "application/json"),
    ]
    assert sorted(one.path for one in seen) == ["/", "/app.js?v=7", "/main.css", "/v1/reports/"]


def test_only_own_hosts_are_asked_and_no_token_goes_anywhere() -> None:
    fetched, seen = browse(GOOD)
    assert {one.headers["host"] for one in seen} == {HOST}
    assert not any("authorization" in one.headers or "cookie" in one.headers for one in seen)
    assert {one.method for one in seen} == {"GET"}
    assert by_url(fetched)["https://cdn.example.org/x.js"].asked is False


def test_a_redirect_within_the_own_hosts_is_followed_and_one_to_others_is_not() -> None:
    site = {**GOOD, "/": (302, b"", {"Location": "/home"}), "/home": (200, INDEX, HTML)}
    page = browse(site)[0][0]
    assert (page.status, page.redirects, page.ended) == (200, (f"https://{HOST}/home",), "")
    away = {"/": (302, b"", {"Location": "https://login.example.org/?state=secret"})}
    fetched, seen = browse(away, Open("frontend", f"https://{HOST}/"))
    assert (fetched[0].ended, fetched[0].redirects) == ("elsewhere", ("https://login.example.org/",))
    assert len(seen) == 1


@pytest.mark.parametrize(
    "location",
    [
        "//evil.example/",
        "https://portal.example.gov@evil.example/",
        "https://portal.example.gov:8443/",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_look_like_the_own_host_are_others(location: str) -> None:
    fetched, seen = browse({"/": (302, b"", {"Location": location})}, Open("a", f"https://{HOST}/"))
    assert fetched[0].ended == "elsewhere"
    assert len(seen) == 1


def test_a_circle_ends() -> None:
    fetched, seen = browse({"/": (301, b"", {"Location": "/"})}, Open("a", f"https://{HOST}/"))
    assert fetched[0].ended == "circle"
    assert len(seen) == 1
    growing = {"/" + "a" * n: (302, b"", {"Location": "/" + "a" * (n + 1)}) for n in range(30)}
    fetched, seen = browse(growing, Open("a", f"https://{HOST}/"))
    assert fetched[0].ended == "circle"
    assert len(seen) == 6


def test_a_page_of_megabytes_is_read_in_part_and_its_scripts_are_few() -> None:
    scripts = b"".join(b'<script src="/s%d.js"></script>' % number for number in range(500))
    fetched, seen = browse({"/": (200, scripts + b"x" * (8 << 20), HTML)}, Open("a", f"https://{HOST}/"))
    assert len(fetched) == 11
    assert len(seen) == 11


def test_an_api_at_another_own_host_that_a_script_names_is_told_who_asks() -> None:
    api, other = "api.example.gov", "admin.example.gov"
    json = (
        200,
        b"{}",
        {"Content-Type": "application/json", "Access-Control-Allow-Origin": f"https://{HOST}"},
    )
    script = (200, b"fetch('https://api.example.gov/v1/x')", {"Content-Type": "text/javascript"})
    page = (200, b'<script src="/app.js"></script>', HTML)

    def answer(to: Answer, seen: Seen) -> None:
        own = {"/": page, "/app.js": script}
        status, body, headers = json if seen.headers["host"] == api else own[seen.path]
        to.reply(body, status, **headers)

    with serve(answer) as server, Client({LAB_ROUTER: server.url}) as client:
        found = look(client, [Open("frontend", f"https://{HOST}/")], (HOST, api, other)).fetched
    call = by_url(list(found))[f"https://{api}/"]
    assert (call.origin, call.allow_origin) == (f"https://{HOST}", f"https://{HOST}")
    assert {one.headers["host"] for one in server.seen} == {HOST, api}
    assert [one.headers["origin"] for one in server.seen if "origin" in one.headers] == [f"https://{HOST}"]


def test_nobody_answers() -> None:
    with Client({LAB_ROUTER: "http://127.0.0.1:1"}) as client:
        (page,) = look(client, [Open("a", f"https://{HOST}/")], [HOST]).fetched
    assert page.status is None
    assert "cannot be reached" in page.error


def test_an_override_that_is_not_this_machine_is_none() -> None:
    with Client({LAB_ROUTER: "http://192.0.2.1:80"}) as client:
        assert client._visits._router == ""


def access(*lines: tuple[str, str, int]) -> RawLog:
    text = "".join(
        f'{HOST} - [x] "{method} {path} HTTP/1.1" {status} 0 1\n' for method, path, status in lines
    )
    return RawLog(id="r", kind="router", name="frontend RTR/0", data=text.encode(), app="frontend")


def called(*lines: tuple[str, str, int]) -> str:
    routes = [Route(guid="r", url=HOST, internal=False)]
    return addresses("frontend", routes, [access(*lines)])[0].call


def test_the_call_is_one_that_browsers_make_and_that_changes_nothing() -> None:
    assert called(("GET", "/", 200), ("GET", "/app.js", 200), ("POST", "/v1/reports/", 201)) == ""
    assert called(("GET", "/v1/a", 200), ("GET", "/v1/a", 200), ("GET", "/v1/b", 502)) == "/v1/b"
    assert called(("GET", "/v1/a?code=secret", 200)) == "/v1/a"
    unsafe = (
        "/v1/logout",
        "/oauth/callback",
        "/v1/reset/x",
        "/v1/files/9f8e7d6c5b4a39281706f5e4",
        "/v1/u/a@b.c",
    )
    assert called(*(("GET", path, 200) for path in unsafe)) == ""


def test_routes_without_a_page_are_left_out() -> None:
    urls = ("*.example.gov", "tcp.example.gov:61001", "portal.example.gov/admin")
    routes = [Route(guid=url, url=url, internal=False) for url in urls]
    routes.append(Route(guid="i", url="a.apps.internal", internal=True))
    assert [one.url for one in addresses("frontend", routes, [])] == ["https://portal.example.gov/admin/"]


def test_what_a_page_needs() -> None:
    text = """<base href="/app/"><script nonce="n1" src="a.js"></script><script>go()</script>
    <script nomodule src="old.js"></script><script type="application/json">{}</script>
    <link rel="preload stylesheet" href="b.css"><script src="javascript:x"></script><script src="http://[x"></script>"""
    parts = parts_of(text, f"https://{HOST}/x")
    assert [(one.kind, one.url, one.nonce) for one in parts.needed] == [
        ("script", f"https://{HOST}/app/a.js", "n1"),
        ("style", f"https://{HOST}/app/b.css", ""),
    ]
    assert parts.inline


def test_broken_html_gives_what_it_can() -> None:
    for text in ("<script src=", "<" * 100_000, "<![CDATA[" * 1000):
        assert parts_of(text, f"https://{HOST}/").needed == []
    (script,) = parts_of("\0\xff<script src='/a.js'>", f"https://{HOST}/").needed
    assert script.url == f"https://{HOST}/a.js"
