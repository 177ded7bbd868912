"""One listener on loopback: HTTP/1.1 with keep-alive, a thread for each connection, one write a response."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from wsgiref.handlers import format_date_time

from runback.errors import LabError
from runback.lab.server.faults import Fault, Faults
from runback.lab.server.messages import Handler, Refused, Request, Response
from runback.lab.server.requestlog import RequestLog, Served
from runback.lab.server.routing import Route, Table

HOST = "127.0.0.1"
LARGEST_BODY = 256 * 1024 * 1024
_NO_LINE_BREAKS = {10: " ", 13: " "}


def _not_found(request: Request) -> Response:
    return Response.text("404 page not found\n", 404)


class Listener:
    """Serves a table of routes under a name; `url` is where. Close it, or use it in a `with`."""

    def __init__(
        self,
        name: str,
        routes: Iterable[Route],
        *,
        now: Callable[[], datetime],
        port: int = 0,
        fallback: Handler = _not_found,
        log: RequestLog | None = None,
        faults: Faults | None = None,
        latency: float = 0.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`latency` is added to each response, in seconds; raises LabError where the port is taken."""
        self.name = name
        self.table = Table(routes)
        self.fallback = fallback
        self.now = now
        self.log = log if log is not None else RequestLog()
        self.faults = faults if faults is not None else Faults()
        self.latency = latency
        self.tls = tls
        self._server = _bind(self, port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name=f"lab-{name}", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}"

    def add(self, routes: Iterable[Route]) -> None:
        """Serves more routes beside those that it has."""
        self.table = Table((*self.table.routes, *routes))

    def answer(self, request: Request) -> Response:
        """What the routes answer, without the wire."""
        found = self.table.find(request.method, request.path)
        try:
            if found is None:
                return self.fallback(request)
            route, params = found
            return route.handler(replace(request, params=params))
        except Refused as refused:
            return refused.response

    def begin_close(self) -> None:
        """Has the listener end by itself, so that several can end at once; `close` is still to be called."""
        threading.Thread(target=self._server.shutdown, name=f"lab-{self.name}-end", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _bind(listener: Listener, port: int) -> _Server:
    try:
        return _Server(listener, port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise LabError(
            f"Port {port} cannot be used for the lab's {listener.name}: {error.strerror}.",
            "Choose another with --port, or 0 for a free one.",
        ) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 128

    def __init__(self, listener: Listener, port: int) -> None:
        self.listener = listener
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((HOST, port), _Connection)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self.listener.tls is not None:
            # The handshake is made with the first read: it is the connection's own thread that waits for it.
            connection = self.listener.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Ends the keep-alive connections, so that their threads end and no socket outlives the listener."""
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError as error:
                    if error.errno not in (errno.ENOTCONN, errno.EBADF):
                        raise


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def serve(self) -> None:
        began = time.monotonic()
        listener = self.server.listener
        request = self._request(listener.name)
        if request is None:
            self._send(Response.text("request body too large\n", 413), None)
            self.close_connection = True
            return
        fault = listener.faults.of(request)
        response = fault.response if fault and fault.response else None
        if response is None and not (fault and fault.drop):
            response = listener.answer(request)
        if pause := listener.latency + (fault.latency if fault else 0.0):
            time.sleep(pause)
        status = response.status if response else 0
        # Logged before the write: whoever has read the answer finds it in the log.
        query = urlsplit(self.path).query
        listener.log.add(
            Served(listener.name, request.method, request.path, query, status, began, time.monotonic())
        )
        if response is None:
            self.close_connection = True
            return
        self._send(response, fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def _request(self, listener: str) -> Request | None:
        body = self._body()
        if body is None:
            return None
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = {name: tuple(values) for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        base = f"http://{headers.get('host', HOST)}"
        return Request(listener, self.command, url.path or "/", query, headers, body, base)

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            return None
        return self.rfile.read(length) if length else b""

    def _chunks(self) -> bytes | None:
        parts: list[bytes] = []
        total = 0
        while size := int(self.rfile.readline(64).split(b";")[0].strip() or b"0", 16):
            total += size
            if total > LARGEST_BODY:
                return None
            parts.append(self.rfile.read(size))
            self.rfile.readline(64)
        while self.rfile.readline(65536).strip():
            pass  # trailers say nothing that the lab needs
        return b"".join(parts)

    def _send(self, response: Response, fault: Fault | None) -> None:
        body = b"" if self.command == "HEAD" else response.body
        if fault is not None and fault.truncate is not None:
            body = body[: fault.truncate]
            self.close_connection = True
        head = self._head(response)
        if fault is not None and fault.dribble:
            self.wfile.write(head)
            self._dribble(body, fault.dribble)
        else:
            self.wfile.write(head + body)

    def _head(self, response: Response) -> bytes:
        lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
        lines.append(f"Date: {format_date_time(self.server.listener.now().timestamp())}")
        if response.status not in (204, 304):
            lines += [f"Content-Type: {response.content_type}", f"Content-Length: {len(response.body)}"]
        lines += [f"{name}: {value}".translate(_NO_LINE_BREAKS) for name, value in response.headers]
        if self.close_connection:
            lines.append("Connection: close")
        return "\r\n".join((*lines, "", "")).encode("latin-1", "replace")

    def _dribble(self, body: bytes, seconds: float) -> None:
        step = max(1, -(-len(body) // 10))
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            time.sleep(seconds)

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError, ssl.SSLError):
            self.close_connection = True  # the client went away; nothing of the lab's is lost

    def finish(self) -> None:
        try:
            super().finish()
        except (ConnectionError, ValueError):
            self.close_connection = True  # likewise: what was still to be flushed has no reader

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the request log is the lab's own."""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"  # such as the 520 of a content delivery network
