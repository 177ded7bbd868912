"""A small HTTP server of the tests: what each path answers is a function of the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Loopback:
    url: str
    seen: list[Seen] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [one.path for one in self.seen]


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, body: object = b"", status: int = 200, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


Handler = Callable[[Answer, Seen], None]


@contextmanager
def serve(handler: Handler) -> Iterator[Loopback]:
    """Answers every request with `handler(answer, seen)` until the block ends."""

    class Bound(Answer):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            one = Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            loopback.seen.append(one)
            handler(self, one)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Connections that the test itself broke are no news."""

    with Quiet(("127.0.0.1", 0), Bound) as server:
        loopback = Loopback(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield loopback
        finally:
            server.shutdown()
            thread.join()
