"""What a visit tells of the host's certificate, with a server of TLS on loopback."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from runback.errors import FetchError
from runback.http import Client


class _Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses the certificate ends the connection: that is what is looked at here."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 9 -keyout key.pem -out cert.pem -subj /CN=localhost"
        " -addext subjectAltName=DNS:localhost,DNS:portal.example.gov"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


@contextmanager
def served(folder: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server = _Server(("127.0.0.1", 0), _Page)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_names_and_end_of_a_good_certificate(certificate: Path) -> None:
    environ = {"SSL_CERT_FILE": str(certificate / "cert.pem")}
    with served(certificate) as url, Client(environ) as client:
        visit = client.visit(url, {}, most=100)
    assert (visit.status, visit.body) == (200, b"ok")
    assert visit.certificate is not None
    assert visit.certificate.names == ("localhost", "portal.example.gov")
    assert visit.certificate.expires is not None
    left = visit.certificate.expires - datetime.now(UTC)
    assert timedelta(days=8) < left < timedelta(days=10)


def test_a_certificate_that_nobody_trusts_is_refused(certificate: Path) -> None:
    with served(certificate) as url, Client({}) as client, pytest.raises(FetchError, match="is not trusted"):
        client.visit(url, {}, most=100)
