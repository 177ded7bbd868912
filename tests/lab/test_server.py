"""The lab's server over the wire: separate listeners, keep-alive, speed, faults, the request log."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from runback.errors import LabError
from runback.lab.server import Fault, Faults, Listener, Refused, Request, RequestLog, Response, depth, route

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def echo(request: Request) -> Response:
    return Response.json(
        {
            "at": request.listener,
            "params": dict(request.params),
            "query": {name: list(values) for name, values in request.query.items()},
            "body": request.body.decode(),
        }
    )


def refuse(request: Request) -> Response:
    raise Refused(Response.text("no", 403))


ROUTES = (
    route("GET", "/things/{name}", echo),
    route("GET", "/things/special", lambda request: Response.text("special")),
    route("POST", "/things", echo),
    route("GET", "/refused", refuse),
    route("GET", "/files/{path*}", echo),
)


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def log() -> RequestLog:
    return RequestLog()


@pytest.fixture
def listener(faults: Faults, log: RequestLog) -> Iterator[Listener]:
    with Listener("one", ROUTES, now=lambda: NOON, faults=faults, log=log) as running:
        yield running


@pytest.fixture
def connection(listener: Listener) -> Iterator[http.client.HTTPConnection]:
    client = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=5)
    yield client
    client.close()


def get(connection: http.client.HTTPConnection, path: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response, response.read()


def test_a_pattern_gives_the_decoded_values_and_a_literal_segment_wins(
    connection: http.client.HTTPConnection,
) -> None:
    assert b'"params":{"name":"a b"}' in get(connection, "/things/a%20b")[1]
    assert get(connection, "/things/special")[1] == b"special"
    assert b'"params":{"path":"a/b.txt"}' in get(connection, "/files/a/b.txt")[1]


def test_unknown_paths_and_refusals_are_answers(connection: http.client.HTTPConnection) -> None:
    assert get(connection, "/nowhere")[0].status == 404
    assert get(connection, "/refused")[0].status == 403


def test_the_date_is_the_lab_clocks(connection: http.client.HTTPConnection) -> None:
    response, _ = get(connection, "/things/x")
    assert response.headers.get_all("Date") == ["Tue, 03 Mar 2026 12:00:00 GMT"]


def test_a_chunked_body_is_read_whole(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/things", iter([b"one ", b"two"]), encode_chunked=True)
    assert b'"body":"one two"' in connection.getresponse().read()
    assert get(connection, "/things/special")[1] == b"special"


def test_keep_alive_uses_one_connection_for_a_hundred_gets(
    connection: http.client.HTTPConnection, log: RequestLog
) -> None:
    get(connection, "/things/x")
    opened = connection.sock
    for number in range(100):
        assert get(connection, f"/things/{number}")[0].status == 200
    assert connection.sock is opened
    assert len(log.all()) == 101


def test_a_response_leaves_in_one_write(listener: Listener) -> None:
    """A body written after its headers would wait for the client's delayed acknowledgement (40 ms each)."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=5) as raw:
        raw.sendall(b"GET /things/special HTTP/1.1\r\nHost: lab\r\n\r\n")
        first = raw.recv(65536)
    assert first.endswith(b"\r\n\r\nspecial")


def test_two_listeners_are_separate(listener: Listener, log: RequestLog) -> None:
    with Listener("two", ROUTES[:1], now=lambda: NOON, log=log) as other:
        assert other.port != listener.port
        client = http.client.HTTPConnection("127.0.0.1", other.port, timeout=5)
        assert b'"at":"two"' in get(client, "/things/x")[1]
        assert get(client, "/refused")[0].status == 404
        client.close()
    assert [(served.listener, served.status) for served in log.all()] == [("two", 200), ("two", 404)]


def test_closing_ends_idle_connections(log: RequestLog) -> None:
    running = Listener("short", ROUTES, now=lambda: NOON)
    client = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    get(client, "/things/x")
    running.close()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        get(client, "/things/x")
    client.close()


def test_a_port_in_use_says_so(listener: Listener) -> None:
    with pytest.raises(LabError, match=str(listener.port)):
        Listener("late", (), now=lambda: NOON, port=listener.port)


def test_latency_is_added_and_seen_in_the_log(log: RequestLog) -> None:
    with Listener("slow", ROUTES, now=lambda: NOON, log=log, latency=0.05) as slow:
        client = http.client.HTTPConnection("127.0.0.1", slow.port, timeout=5)
        get(client, "/things/x")
        get(client, "/things/y")
        client.close()
    assert all(served.seconds >= 0.05 for served in log.all())
    assert depth(log.all()) == 2


def test_parallel_requests_are_one_deep(listener: Listener, log: RequestLog) -> None:
    listener.latency = 0.1

    def ask() -> None:
        client = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=5)
        get(client, "/things/x")
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert depth(log.all()) == 1


@pytest.mark.parametrize("status", [429, 520])
def test_a_fault_answers_in_the_handlers_stead_and_wears_out(
    connection: http.client.HTTPConnection, faults: Faults, status: int
) -> None:
    html = Response.text("<html>", status, "text/html")
    faults.add(Fault(path="/things/*", times=1, response=html))
    first, body = get(connection, "/things/x")
    assert (first.status, body, first.headers["Content-Type"]) == (status, b"<html>", "text/html")
    assert get(connection, "/things/x")[0].status == 200


def test_a_truncated_body_ends_early(connection: http.client.HTTPConnection, faults: Faults) -> None:
    faults.add(Fault(truncate=5))
    with pytest.raises(http.client.IncompleteRead):
        get(connection, "/things/x")


def test_a_dropped_connection_brings_nothing(
    connection: http.client.HTTPConnection, faults: Faults, log: RequestLog
) -> None:
    faults.add(Fault(path="/things/x", drop=True))
    with pytest.raises(http.client.RemoteDisconnected):
        get(connection, "/things/x")
    assert log.all()[-1].status == 0
    assert get(connection, "/things/y")[0].status == 200


def test_a_slow_body_arrives_in_parts(connection: http.client.HTTPConnection, faults: Faults) -> None:
    faults.add(Fault(dribble=0.01))
    began = time.perf_counter()
    assert get(connection, "/things/special")[1] == b"special"
    assert time.perf_counter() - began >= 0.05
