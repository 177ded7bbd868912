from __future__ import annotations

import gzip
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from loopback import Answer, Seen, serve
from runback.errors import AccessError, FetchError
from runback.http import Client, HeaderToken, Limits, gather, later, origin_of
from runback.http.hosts import proxy_for, trust

FAST = Limits(connect=0.5, read=0.5, total=1.0, attempts=3, backoff=0.01, longest_wait=0.5, memory=1000)


class App(msgspec.Struct):
    name: str
    instances: int = 1


class Page(msgspec.Struct):
    resources: list[App]
    next: str | None = None


@pytest.fixture
def client() -> Iterator[Client]:
    with Client({}, limits=FAST) as client:
        yield client


def failing(client: Client, url: str, token: HeaderToken | None = None) -> FetchError:
    with pytest.raises(FetchError) as caught:
        client.json(url, App, token=token)
    return caught.value


def test_an_answer_becomes_a_record_and_unknown_fields_are_ignored(client: Client) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        answer.reply({"name": "web", "instances": 2, "invented": {"later": True}}, Date="x")

    with serve(handler) as server:
        assert client.json(server.url + "/app", App) == App("web", 2)


def test_a_url_is_asked_once_however_many_threads_want_it(client: Client) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        time.sleep(0.05)
        answer.reply({"name": seen.path})

    with serve(handler) as server:
        url = server.url + "/app"
        found = gather(*[lambda: client.json(url, App).name] * 8)
        assert found == ("/app",) * 8
        assert server.paths() == ["/app"]
        assert client.requests == 1


def test_requests_to_one_host_are_limited() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def handler(answer: Answer, seen: Seen) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        answer.reply({"name": "x"})

    with serve(handler) as server, Client({}, limits=Limits(concurrency=3)) as client:
        waiting = [later(client.json, f"{server.url}/{n}", App) for n in range(12)]
        assert [one.result().name for one in waiting] == ["x"] * 12
        assert 1 < most <= 3


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            401,
            {"errors": [{"detail": "Invalid Auth Token"}]},
            "does not accept the token (Invalid Auth Token)",
        ),
        (403, {"errors": [{"title": "CF-NotAuthorized"}]}, "does not let this token read /app"),
        (404, {"message": "Project not found"}, "has no /app, or does not show it to this token"),
        (400, b"mapper: validate policies", "does not understand the request"),
    ],
)
def test_refusals_are_told_in_words_and_not_repeated(
    client: Client, status: int, body: object, words: str
) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        answer.reply(body, status)

    with serve(handler) as server:
        error = failing(client, server.url + "/app?secret=1")
        assert error.status == status
        assert words in str(error).replace("the file", "/app")
        assert "secret=1" not in str(error)
        assert len(server.seen) == 1


def test_a_web_page_in_place_of_an_answer_is_told_by_its_title(client: Client) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        answer.reply(b"<html><head><title>Web server is\n unknown</title>", 520 if seen.path == "/a" else 200)

    with serve(handler) as server:
        error = failing(client, server.url + "/a")
        assert error.status == 520
        assert "a web page: Web server is unknown" in str(error)
        assert len(server.seen) == FAST.attempts
        assert "unexpected answer" in str(failing(client, server.url + "/b"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"name": "we', "breaks off after 12 bytes"),
        (b'{"name": 7}', "Expected `str`, got `int` - at `$.name`"),
        (b"", "an empty body"),
        (b"[1, 2", "unexpected answer"),
        (b"nonsense", "not JSON"),
    ],
)
def test_bodies_that_are_not_what_was_promised(client: Client, body: bytes, words: str) -> None:
    with serve(lambda answer, seen: answer.reply(body)) as server:
        error = failing(client, server.url + "/app")
        assert "unexpected answer" in str(error)
        assert words in str(error)


def test_a_failure_that_passes_is_repeated(client: Client) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        if len(server.seen) < 3:
            answer.reply({"errors": []}, 503)
        else:
            answer.reply({"name": "web"})

    with serve(handler) as server:
        assert client.json(server.url, App).name == "web"
        assert client.requests == 3


def test_retry_after_is_kept_within_reason(client: Client) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        if seen.path == "/long":
            answer.reply({}, 429, Retry_After="90")
        elif len(server.seen) == 1:
            answer.reply({}, 429, Retry_After="0.2")
        else:
            answer.reply({"name": "web"})

    with serve(handler) as server:
        begin = time.monotonic()
        assert client.json(server.url + "/short", App).name == "web"
        assert 0.2 <= time.monotonic() - begin < 0.5
        error = failing(client, server.url + "/long")
        assert error.status == 429
        assert "try again in 90 s" in str(error)
        assert server.paths().count("/long") == 1


def test_a_post_is_never_repeated(client: Client) -> None:
    with serve(lambda answer, seen: answer.reply({}, 503)) as server:
        for _ in range(2):
            with pytest.raises(FetchError) as caught:
                client.send("POST", server.url + "/rerun", body={"from_failed": True})
            assert caught.value.status == 503
        assert [one.method for one in server.seen] == ["POST", "POST"]  # one for each call
        assert server.seen[0].body == b'{"from_failed":true}'


def test_a_dropped_connection_is_tried_again_and_then_told(client: Client) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        answer.close_connection = True
        answer.connection.shutdown(socket.SHUT_RDWR)

    with serve(handler) as server:
        assert "dropped the connection" in str(failing(client, server.url + "/app"))
        assert len(server.seen) == FAST.attempts


def test_a_body_that_breaks_off(client: Client) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        answer.send_response(200)
        answer.send_header("Content-Length", "1000")
        answer.end_headers()
        answer.wfile.write(b'{"name":')
        answer.close_connection = True
        answer.connection.shutdown(socket.SHUT_RDWR)

    with serve(handler) as server:
        assert "broke off" in str(failing(client, server.url + "/app"))


@pytest.mark.parametrize(("pause", "words"), [(0.8, "did not answer"), (0.2, "did not finish")])
def test_a_slow_body_ends(client: Client, pause: float, words: str) -> None:
    over = threading.Event()

    def handler(answer: Answer, seen: Seen) -> None:
        answer.send_response(200)
        answer.send_header("Content-Length", "1000")
        answer.end_headers()
        for _ in range(30):
            answer.wfile.write(b" ")
            if over.wait(pause):
                break
        answer.close_connection = True

    with serve(handler) as server:
        begin = time.monotonic()
        assert words in str(failing(client, server.url + "/app"))
        assert time.monotonic() - begin < 2.5
        over.set()


def test_nobody_listens(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failing(client, f"http://127.0.0.1:{port}/app")
    assert "cannot be reached (connection refused)" in str(error)
    assert error.status is None
    assert "cannot be resolved" in str(failing(client, "http://nowhere.invalid/app"))
    assert "not an address" in str(failing(client, "ftp://x/app"))


def test_a_token_goes_only_to_its_own_host(client: Client) -> None:
    with serve(lambda answer, seen: answer.reply({"name": "stolen"})) as other:

        def handler(answer: Answer, seen: Seen) -> None:
            if seen.path == "/page":
                answer.reply({"resources": [], "next": other.url + "/page?2"})
            elif seen.path == "/within":
                answer.reply(status=302, Location="/app")
            elif seen.path == "/away":
                answer.reply(status=302, Location=other.url)
            else:
                answer.reply({"name": seen.headers.get("circle-token", "none")})

        with serve(handler) as server:
            token = HeaderToken(server.url, "Circle-Token", "tok")
            assert client.json(server.url + "/app", App, token=token).name == "tok"
            assert client.json(server.url + "/within", App, token=token).name == "tok"
            assert "not issued for" in str(failing(client, other.url + "/app", token))
            assert "redirects to another host" in str(failing(client, server.url + "/away", token))
            with pytest.raises(FetchError, match="continues /page at another host"):
                client.pages(server.url + "/page", Page, lambda page: page.next, token=token)
            assert other.seen == []


def test_pages_are_followed_and_circles_noticed(client: Client) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        n = int(seen.path.rpartition("=")[2])
        following = {1: "/apps?page=2", 2: "/apps?page=3", 3: None, 7: "/apps?page=7"}[n]
        answer.reply({"resources": [{"name": str(n)}], "next": following})

    with serve(handler) as server:
        pages = client.pages(server.url + "/apps?page=1", Page, lambda page: page.next)
        assert [app.name for page in pages for app in page.resources] == ["1", "2", "3"]
        with pytest.raises(FetchError, match="in a circle"):
            client.pages(server.url + "/apps?page=7", Page, lambda page: page.next)


def test_a_401_is_asked_again_with_a_renewed_token(client: Client) -> None:
    class Renewing(HeaderToken):
        def renew(self, refused: Mapping[str, str]) -> bool:
            self._headers["Authorization"] = "bearer new"
            return refused["Authorization"] == "bearer old"

    def handler(answer: Answer, seen: Seen) -> None:
        good = seen.headers["authorization"] == "bearer new" and seen.path == "/app"
        answer.reply({"name": "web"}, 200 if good else 401)

    with serve(handler) as server:
        token = Renewing(server.url, "Authorization", "bearer old")
        assert client.json(server.url + "/app", App, token=token).name == "web"
        assert failing(client, server.url + "/never", token).status == 401
        assert server.paths() == ["/app", "/app", "/never"]


def test_large_downloads_go_to_a_file_which_ends_with_the_client() -> None:
    log = b"line\n" * 20_000

    def handler(answer: Answer, seen: Seen) -> None:
        answer.reply(gzip.compress(log), Content_Encoding="gzip")

    with serve(handler) as server:
        with Client({}, limits=FAST) as client:
            answer = client.download(server.url + "/output?signature=s")
            assert isinstance(answer.body, Path)
            assert answer.bytes() == log
            assert answer.body.stat().st_mode & 0o077 == 0
        assert not answer.body.exists()
        with Client({}, limits=Limits(download=1234, memory=1000)) as client:
            answer = client.download(server.url + "/output")
            assert (answer.truncated, len(answer.bytes())) == (True, 1234)
        with Client({}, limits=Limits(body=1000)) as client:
            assert "larger than 1,000 bytes" in str(failing(client, server.url + "/output"))


def test_debug_logs_and_reprs_show_no_token_and_no_signature(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(lambda answer, seen: answer.reply({"name": "x"})) as server:
        token = HeaderToken(server.url, "Circle-Token", "tok-1234")
        client.json(server.url + "/app?page=1", App, token=token)
        answer = client.download(server.url + "/path-5678?X-Amz-Signature=9abc")
    shown = caplog.text + repr(token) + repr(answer)
    assert "GET 127.0.0.1" in shown
    assert "/app took" in shown
    for secret in ("tok-1234", "path-5678", "9abc"):
        assert secret not in shown


def test_the_date_of_a_host_is_kept(client: Client) -> None:
    def handler(answer: Answer, seen: Seen) -> None:
        answer.send_response_only(200)
        answer.send_header("Date", "Tue, 03 Mar 2026 15:00:00 GMT")
        answer.send_header("Content-Length", "2")
        answer.end_headers()
        answer.wfile.write(b"{}")

    with serve(handler) as server:
        assert client.date(server.url) is None
        client.get(server.url)
        assert client.date(server.url) == datetime(2026, 3, 3, 15, tzinfo=UTC)


def test_progress_counts_answers_and_requests() -> None:
    told: list[tuple[int, int]] = []
    with (
        serve(lambda answer, seen: answer.reply({"name": "x"})) as server,
        Client({}, asked=lambda answers, requests: told.append((answers, requests))) as client,
    ):
        client.get(server.url + "/1")
        client.get(server.url + "/2")
    assert told == [(0, 1), (1, 1), (1, 2), (2, 2)]


def test_gather_waits_for_all_and_raises_the_first_failure() -> None:
    ended: list[str] = []

    def slow() -> None:
        time.sleep(0.05)
        ended.append("slow")

    def bad() -> None:
        raise FetchError("no")

    with pytest.raises(FetchError, match="no"):
        gather(bad, slow)
    assert ended == ["slow"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.example.org/v3", "https://api.example.org:443"),
        ("http://127.0.0.1:81/x", "http://127.0.0.1:81"),
        ("http://[::1]:81/x", "http://[::1]:81"),
        ("https://api.example.org@evil.example/", "https://evil.example:443"),
        ("file:///etc/passwd", ""),
        ("https://x:port/", ""),
    ],
)
def test_origins(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_proxies_of_the_environment() -> None:
    environ = {"HTTPS_PROXY": "proxy.example:3128", "NO_PROXY": "intern.example, .corp.example:443"}
    assert proxy_for("https://api.example.org/", environ) == "http://proxy.example:3128"
    assert proxy_for("https://a.intern.example/", environ) is None
    assert proxy_for("https://b.corp.example/", environ) is None
    assert proxy_for("https://127.0.0.1/", environ) is None
    assert proxy_for("http://api.example.org/", environ) is None


def test_a_request_goes_through_the_proxy_of_the_environment() -> None:
    with serve(lambda answer, seen: answer.reply({"name": "proxied"})) as proxy:
        with Client({"http_proxy": proxy.url}, limits=FAST) as client:
            assert client.json("http://api.invalid/app", App).name == "proxied"
        assert proxy.paths() == ["http://api.invalid/app"]


def test_certificates_of_both_variables_are_trusted(tmp_path: Path) -> None:
    system = ssl.create_default_context()
    certificates = [ssl.DER_cert_to_PEM_cert(der) for der in system.get_ca_certs(binary_form=True)][:2]
    if len(certificates) < 2:
        pytest.skip("this machine has no certificates to try with")
    files = [tmp_path / "a.pem", tmp_path / "b.pem"]
    for file, text in zip(files, certificates, strict=True):
        file.write_text(text)
    context = trust({"SSL_CERT_FILE": str(files[0]), "REQUESTS_CA_BUNDLE": str(files[1])})
    assert len(context.get_ca_certs()) == 2
    with pytest.raises(AccessError, match="REQUESTS_CA_BUNDLE names"):
        trust({"REQUESTS_CA_BUNDLE": str(tmp_path / "none.pem")})
