"""The backend's own words: gunicorn with Django, and Celery: good boots, bad boots, failing requests."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from recorder.checks import TEST_ENVIRON
from recorder.stage import APP_PYTHON, REFERENCE, Stage

SCANNER = "tdp-clamav-nginx-dev.apps.internal:9000"
START = "bash gunicorn_start.sh"


def record(stage: Stage) -> None:
    programs = stage.python(APP_PYTHON, "-r", str(REFERENCE / "project/backend/requirements.txt"))
    environ = stage.environ(TEST_ENVIRON, programs)
    gunicorn = stage.run("gunicorn --version", stage.root, environ)[0].split()[-1].rstrip(")")
    celery = stage.run("celery --version", stage.root, environ)[0].split()[0]
    _boots(stage, environ, gunicorn)
    _requests(stage, environ, gunicorn)
    _celery(stage, environ, celery)


def _boots(stage: Stage, environ: Mapping[str, str], version: str) -> None:
    services = json.loads(environ["VCAP_SERVICES"])
    services.pop("aws-rds")
    unset = {name: value for name, value in environ.items() if name != "JWT_KEY"}
    for name, commit, given, shows in (
        ("gunicorn-missing-variable", None, unset, "JWT_KEY is not in the environment"),
        (
            "gunicorn-missing-binding", None, {**environ, "VCAP_SERVICES": json.dumps(services)},
            "no aws-rds service is bound",
        ),
        ("gunicorn-missing-module", "request-ids", environ, "imports a package that is not installed"),
    ):  # fmt: skip
        stage.lay_app(commit)
        output, code = stage.run(START, stage.app, {**given, "PORT": str(free_port())})
        stage.keep(name, output, tool="gunicorn", version=version, command=START, exit_code=code, shows=shows)


def _requests(stage: Stage, environ: Mapping[str, str], version: str) -> None:
    stage.lay_app()
    with _backend(stage, environ) as (server, url):
        get(url + "/healthz/")
        boot = server.text()
    rest = server.text()[len(boot) :]
    keep = _keeper(stage, version)
    keep("gunicorn-boot", boot, None, "a healthy boot, up to the first request")
    keep(
        "gunicorn-stop",
        rest,
        server.code,
        "what SIGTERM brings, as the platform sends it to stop an instance",
    )

    unresolved = f"http://{SCANNER}/scan"
    with _scanner(502) as proxy, _scanner(200) as healthy, _silent() as silent:
        for name, address, shows in (
            (
                "gunicorn-scan-refused",
                f"127.0.0.1:{free_port()}",
                "nothing listens where the scanner should be",
            ),
            ("gunicorn-scan-unresolved", "", "the scanner's host name does not resolve"),
            ("gunicorn-scan-timeout", silent, "what is sent to the scanner vanishes"),
            ("gunicorn-scan-bad-gateway", proxy, "the proxy before the scanner answers 502"),
            ("gunicorn-scan-clean", healthy, "the scanner finds nothing"),
        ):
            scan_url = f"http://{address}/scan" if address else unresolved
            with _backend(stage, {**environ, "AV_SCAN_URL": scan_url}) as (server, url):
                before = len(server.text())
                _post(url + "/v1/reports/", with_file=True)
                text = server.text()[before:]
            keep(name, text, None, f"one upload: {shows}", _as_the_scanner(address))
    with _backend(stage, environ) as (server, url):
        before = len(server.text())
        _post(url + "/v1/reports/", with_file=False)
        keep(
            "gunicorn-request-error",
            server.text()[before:],
            None,
            "a request without its file raises in the view",
        )


def _celery(stage: Stage, environ: Mapping[str, str], version: str) -> None:
    stage.lay_app()
    unset = {name: value for name, value in environ.items() if name != "JWT_KEY"}
    command = "bash celery_start.sh"
    output, failed = stage.run(command, stage.app, unset)
    stage.keep(
        "celery-missing-variable", output, tool="celery", version=version, command=command, exit_code=failed,
        shows="JWT_KEY is not in the environment; Celery hides the KeyError behind an AttributeError",
    )  # fmt: skip
    with _redis(stage) as port:
        address = f"redis://127.0.0.1:{port}"
        services = environ["VCAP_SERVICES"].replace("redis://localhost:6379", address)
        with Server(command, stage.app, {**environ, "VCAP_SERVICES": services}) as server:
            server.wait_for(" ready.")
            boot = server.text()
        stopped = server.text()[len(boot) :]
    names = {f"{address}//": "redis://master.tdp-redis-dev.cache.example:6379/0"}
    for name, text, code, shows in (
        ("celery-boot", boot, None, "a healthy boot, up to 'ready'"),
        ("celery-stop", stopped, server.code, "what SIGTERM brings"),
    ):
        stage.keep(
            name, text, tool="celery", version=version, command=command, exit_code=code, shows=shows,
            names=names,
        )  # fmt: skip


# --- a running backend ----------------------------------------------------------------------------


class Server:
    """A program that runs until the block ends; its output is read meanwhile."""

    def __init__(self, command: str, cwd: Path, environ: Mapping[str, str]) -> None:
        self.code: int | None = None
        self._parts: list[str] = []
        self._process = subprocess.Popen(
            command.split(), cwd=cwd, env=dict(environ), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _read(self) -> None:
        assert self._process.stdout
        self._parts.extend(self._process.stdout)
        self._process.stdout.close()

    def text(self) -> str:
        """What it printed until now."""
        time.sleep(0.5)  # the last lines are on their way through the pipe
        return "".join(self._parts)

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + 30
        while text not in "".join(self._parts):
            if time.monotonic() > until or self._process.poll() is not None:
                self.stop()
                raise SystemExit(f"No {text!r} in:\n{''.join(self._parts)}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self.code = self._process.wait(timeout=30)
        self._reader.join()


@contextmanager
def _backend(stage: Stage, environ: Mapping[str, str]) -> Iterator[tuple[Server, str]]:
    """A booted backend and its base URL."""
    port = free_port()
    with Server(START, stage.app, {**environ, "PORT": str(port)}) as server:
        server.wait_for("Booting worker")
        time.sleep(2)  # until the application is loaded
        yield server, f"http://127.0.0.1:{port}"


@contextmanager
def _redis(stage: Stage) -> Iterator[int]:
    """A Redis on loopback that keeps nothing; yields its port."""
    root, _ = stage.debian("redis-tools", "redis-server", "liblzf1", "libjemalloc2")
    port = free_port()
    library = str(root / "usr/lib/x86_64-linux-gnu")
    command = f"{root}/usr/bin/redis-server --bind 127.0.0.1 --port {port} --save"
    with Server(command, root, {"LD_LIBRARY_PATH": library, "PATH": "/usr/bin"}) as server:
        server.wait_for("Ready to accept connections")
        yield port


def _keeper(stage: Stage, version: str) -> Callable[..., None]:
    def keep(
        name: str, text: str, code: int | None, shows: str, names: Mapping[str, str] | None = None
    ) -> None:
        stage.keep(
            name,
            text,
            tool="gunicorn",
            version=version,
            command=START,
            exit_code=code,
            shows=shows,
            names=names,
        )

    return keep


# --- asking and answering -------------------------------------------------------------------------


def _as_the_scanner(address: str) -> dict[str, str]:
    """What stands in the output for the loopback address of the recording."""
    if not address:
        return {}
    host, port = SCANNER.split(":")
    return {
        address: SCANNER,
        f"host='127.0.0.1', port={address.partition(':')[2]}": f"host='{host}', port={port}",
        "Connection to 127.0.0.1 timed out": f"Connection to {host} timed out",
    }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def get(url: str) -> None:
    with urllib.request.urlopen(url, timeout=30):
        pass


def _post(url: str, *, with_file: bool) -> None:
    part = 'name="file"; filename="test_Section1.txt"' if with_file else 'name="note"'
    body = f"--b\r\nContent-Disposition: form-data; {part}\r\n\r\nHEADER20261A\r\n--b--\r\n".encode()
    request = urllib.request.Request(url, body, {"Content-Type": "multipart/form-data; boundary=b"})
    try:
        with urllib.request.urlopen(request, timeout=300):
            pass
    except urllib.error.HTTPError as error:
        error.close()


@contextmanager
def _silent() -> Iterator[str]:
    """An address on loopback whose queue is full, so that no connection is answered; yields it."""
    with socket.socket() as listener, ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def _scanner(status: int) -> Iterator[str]:
    """A server on loopback that answers every upload with this status; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
