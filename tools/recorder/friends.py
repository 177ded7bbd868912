"""What the backend and its worker say of a mail server, a search index or a broker that is in trouble.

Clients and Redis are real; the mail server and the index are stand-ins that answer as Postfix does to a wrong
password (RFC 4954) and as Elasticsearch does when its disk is nearly full.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from recorder.backend import START, Server, _backend, _post, _redis, _scanner, free_port
from recorder.checks import TEST_ENVIRON
from recorder.stage import APP_PYTHON, REFERENCE, Stage

MAIL, INDEX, BROKER = "mail.lab.example", "es-0.search.lab.example", "0.redis.lab.example"
_BLOCK = (
    "index [reports] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, "
    "index has read-only-allow-delete block];"
)


def record(stage: Stage) -> None:
    requirements = REFERENCE / "commits/reports-found/backend/requirements.txt"
    programs = stage.python(APP_PYTHON, "-r", str(requirements))

    def environ(**services: dict[str, object]) -> dict[str, str]:
        given: dict[str, Any] = json.loads(TEST_ENVIRON["VCAP_SERVICES"])
        for kind, one in services.items():
            given[kind.replace("_", "-")] = [one]
        return stage.environ({**TEST_ENVIRON, "VCAP_SERVICES": json.dumps(given)}, programs)

    _mail(stage, environ)
    _index(stage, environ)
    _broker_lost(stage, environ())


def _upload(stage: Stage, name: str, environ: dict[str, str], shows: str, names: dict[str, str]) -> None:
    version = stage.run("gunicorn --version", stage.root, environ)[0].split()[-1].rstrip(")")
    with _scanner(200) as scanner:
        given = {**environ, "AV_SCAN_URL": f"http://{scanner}/scan"}
        with _backend(stage, given) as (server, url):
            before = len(server.text())
            _post(url + "/v1/reports/", with_file=True)
            text = server.text()[before:]
    start = text.index("Internal Server Error")
    text = "[" + text[:start].rpartition("[")[2] + text[start:]
    stage.keep(
        name, text, tool="gunicorn", version=version, command=START, exit_code=None,
        shows=f"one upload: {shows}", names=names,
    )  # fmt: skip


def _mail(stage: Stage, environ: Callable[..., dict[str, str]]) -> None:
    stage.lay_app("receipts-mailed")
    with _mail_server() as port:
        for name, at, shows in (
            ("gunicorn-mail-refused", free_port(), "nothing listens where the mail server should be"),
            ("gunicorn-mail-login", port, "the mail server knows another password (a stand-in answers)"),
        ):
            account = {"host": "127.0.0.1", "port": str(at), "username": "portal", "password": "fake"}
            given = environ(user_provided={"name": "tdp-mail-dev", "credentials": account})
            _upload(stage, name, given, shows, {f"127.0.0.1:{at}": f"{MAIL}:25"})


def _index(stage: Stage, environ: Callable[..., dict[str, str]]) -> None:
    stage.lay_app("reports-found")
    with _search() as port:
        for name, at, shows in (
            ("gunicorn-search-refused", free_port(), "nothing listens where Elasticsearch should be"),
            ("gunicorn-search-full", port, "the disk of Elasticsearch is nearly full (a stand-in answers)"),
        ):
            one = {"name": "tdp-es-dev", "credentials": {"uri": f"http://127.0.0.1:{at}"}}
            names = {f"http://127.0.0.1:{at}": f"https://{INDEX}:443", f"127.0.0.1:{at}": f"{INDEX}:443"}
            _upload(stage, name, environ(aws_elasticsearch=one), shows, names)


def _broker_lost(stage: Stage, environ: dict[str, str]) -> None:
    """The worker is ready, and then Redis goes."""
    stage.lay_app()
    command = "bash celery_start.sh"
    version = stage.run("celery --version", stage.root, environ)[0].split()[0]
    redis = _redis(stage)
    port = redis.__enter__()
    services = environ["VCAP_SERVICES"].replace("redis://localhost:6379", f"redis://127.0.0.1:{port}")
    with Server(command, stage.app, {**environ, "VCAP_SERVICES": services}) as server:
        server.wait_for(" ready.")
        before = len(server.text())
        redis.__exit__(None, None, None)
        server.wait_for("Trying again in")
        text = server.text()[before:]
    text = text[: text.index("Trying again in")] + "Trying again in 2.00 seconds... (1/100)\n"
    stage.keep(
        "celery-broker-lost", text, tool="celery", version=version, command=command, exit_code=None,
        shows="Redis ends while the worker is ready", names={f"127.0.0.1:{port}": f"{BROKER}:6379"},
    )  # fmt: skip


@contextmanager
def _mail_server() -> Iterator[int]:
    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mail.lab.example ESMTP Postfix\r\n")
            for line in self.rfile:
                word = line.split()[0].upper() if line.split() else b""
                if word == b"EHLO":
                    self.wfile.write(b"250-mail.lab.example\r\n250 AUTH PLAIN LOGIN\r\n")
                elif word == b"QUIT":
                    self.wfile.write(b"221 2.0.0 Bye\r\n")
                    return
                else:
                    self.wfile.write(b"535 5.7.8 Error: authentication failed: \r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@contextmanager
def _search() -> Iterator[int]:
    cause = {"type": "cluster_block_exception", "reason": _BLOCK}
    refused = json.dumps({"error": {"root_cause": [cause], **cause}, "status": 429}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(429)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(refused)))
            self.end_headers()
            self.wfile.write(refused)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
