"""What the backend says of a database, a bucket or a broker that is in trouble: real clients, real servers.

Only the bucket is a stand-in: it answers every upload as Amazon S3 does when a policy forbids it.
"""

from __future__ import annotations

import json
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from recorder.backend import START, Server, _backend, _post, _redis, _scanner, free_port
from recorder.checks import TEST_ENVIRON
from recorder.stage import APP_PYTHON, REFERENCE, Stage

COMMIT = "reports-kept"
DATABASE = "cg-aws-broker-0.db.lab.example"
BROKER = "0.redis.lab.example"
BIN = Path("/usr/lib/postgresql/15/bin")
# S3's error response: Amazon S3 API reference, 'Error responses'
_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)


def record(stage: Stage) -> None:
    requirements = REFERENCE / f"commits/{COMMIT}/backend/requirements.txt"
    programs = stage.python(APP_PYTHON, "-r", str(requirements))
    stage.lay_app(COMMIT)
    bare = stage.environ(TEST_ENVIRON, programs)
    version = stage.run("gunicorn --version", stage.root, bare)[0].split()[-1].rstrip(")")
    with _postgres(stage) as port, _scanner(200) as scanner, _bucket() as bucket:
        _requests(stage, programs, version, port, scanner, bucket)
    _broker(stage, programs)


def _environ(stage: Stage, programs: Path, **credentials: object) -> dict[str, str]:
    given: dict[str, Any] = json.loads(TEST_ENVIRON["VCAP_SERVICES"])
    given["aws-rds"][0]["credentials"] |= {"host": "127.0.0.1", "username": "u0", "db_name": "cgawsbroker0"}
    given["aws-rds"][0]["credentials"] |= credentials
    keys = {"bucket": "cg-0", "region": "us-gov-west-1", "access_key_id": "FAKE", "secret_access_key": "fake"}
    given["s3"][0]["credentials"] |= keys
    return stage.environ({**TEST_ENVIRON, "VCAP_SERVICES": json.dumps(given)}, programs)


def _requests(stage: Stage, programs: Path, version: str, port: int, scanner: str, bucket: str) -> None:
    def sql(text: str, database: str = "cgawsbroker0") -> None:
        stage.call(["psql", "-qh", "127.0.0.1", "-p", str(port), "-U", "postgres", "-c", text, database])

    def keep(name: str, shows: str, at: int = port, *, upload: bool = False, **credentials: object) -> None:
        if not upload and "database" in name:
            keep(f"{name}-upload", shows.replace("request", "upload"), at, upload=True, **credentials)
        environ = _environ(stage, programs, port=at, **{"password": "right", **credentials})
        environ |= {"AV_SCAN_URL": f"http://{scanner}/scan", "AWS_ENDPOINT_URL_S3": bucket}
        with _backend(stage, environ) as (server, url):
            before = len(server.text())
            _ask(url, upload=upload)
            text = server.text()[before:]
        text = (
            "["
            + text[: text.index("Internal Server Error")].rpartition("[")[2]
            + text[text.index("Internal") :]
        )
        names = {f'server at "127.0.0.1", port {at}': f'server at "{DATABASE}", port 5432'}
        stage.keep(
            name,
            text,
            tool="gunicorn",
            version=version,
            command=START,
            exit_code=None,
            shows=shows,
            names=names,
        )

    sql("create role u0 login password 'right'", "postgres")
    sql("create database cgawsbroker0 owner u0", "postgres")
    keep("gunicorn-database-refused", "one request: nothing listens where PostgreSQL should be", free_port())
    keep("gunicorn-database-login", "one request: PostgreSQL 15 knows another password", password="wrong")  # noqa: S106 - of a database that lives a minute
    keep("gunicorn-database-table", "one request: the migration that makes the table did not run")
    migrated = _environ(stage, programs, port=port, password="right")  # noqa: S106
    stage.run("python manage.py migrate reports 0001", stage.app, migrated)
    keep("gunicorn-database-column", "one request: the migration that adds the column did not run")
    stage.run("python manage.py migrate reports", stage.app, migrated)
    with _held(stage, port, sql):
        keep("gunicorn-database-connections", "one request: PostgreSQL 15 has no connection left")
    keep("gunicorn-bucket-denied", "one upload: S3 forbids it (a stand-in answers)", upload=True)
    with _full(stage, sql):
        keep("gunicorn-database-full", "one upload: the disk of PostgreSQL 15 is full", upload=True)


def _ask(url: str, *, upload: bool) -> None:
    if upload:
        _post(url + "/v1/reports/", with_file=True)
        return
    try:
        with urllib.request.urlopen(url + "/v1/reports/2026/Q1/", timeout=30):
            pass
    except urllib.error.HTTPError as error:
        error.close()


@contextmanager
def _postgres(stage: Stage) -> Iterator[int]:
    """A PostgreSQL 15 of the machine (its package's user runs it) with room for two people's connections."""
    folder, port = Path(stage.call(["mktemp", "-d"]).strip()), free_port()
    stage.call(["chown", "postgres", str(folder)])
    as_postgres = ["runuser", "-u", "postgres", "--"]
    stage.call([*as_postgres, f"{BIN}/initdb", "-A", "trust", "-D", f"{folder}/data"])
    rules = "host all u0 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"
    (folder / "data/pg_hba.conf").write_text(rules)
    options = ["-c", "max_connections=5", "-c", "superuser_reserved_connections=3", "-c", "max_wal_senders=0"]
    places = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-D", f"{folder}/data"]
    command = [*as_postgres, f"{BIN}/postgres", *places, *options]
    server = Server(" ".join(command), folder, {"PATH": "/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8"})
    with server:
        server.wait_for("ready to accept connections")
        yield port
    stage.call(["rm", "-r", str(folder)])


@contextmanager
def _held(stage: Stage, port: int, sql: Callable[..., None]) -> Iterator[None]:
    """All connections that are not reserved are somebody's."""
    address = f"host=127.0.0.1 port={port} user=u0 password=right dbname=cgawsbroker0"
    held = [
        subprocess.Popen(
            ["psql", "-q", address, "-c", "select pg_sleep(20)"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    stage.call(["sleep", "1"])
    yield
    sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'u0'", "postgres")
    for one in held:
        one.wait()


@contextmanager
def _full(stage: Stage, sql: Callable[..., None]) -> Iterator[None]:
    """The table lies on a disk of a megabyte that something else fills."""
    folder = Path(stage.call(["mktemp", "-d"]).strip())
    stage.call(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)])
    stage.call(["chown", "postgres", str(folder)])
    try:
        sql(f"create tablespace small location '{folder}'")
        sql("truncate reports_report")
        sql("alter table reports_report set tablespace small")
        stage.run(f"dd if=/dev/zero of={folder}/filler bs=4k", folder, {"PATH": "/usr/bin:/bin"})
        yield
    finally:
        sql("drop table reports_report")
        sql("drop tablespace small")
        stage.call(["umount", str(folder)])


@contextmanager
def _bucket() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(403)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(_DENIED)))
            self.end_headers()
            self.wfile.write(_DENIED)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _broker(stage: Stage, programs: Path) -> None:
    command = "bash celery_start.sh"
    environ = _environ(stage, programs)
    celery = stage.run("celery --version", stage.root, environ)[0].split()[0]
    with _redis(stage) as port:
        for name, login, at, shows in (
            ("celery-broker-refused", "", free_port(), "nothing listens where Redis should be"),
            ("celery-broker-login", ":wrong@", port, "Redis knows another password"),
        ):
            if login:
                tool = stage.root / "debian/redis-tools"
                library = {"LD_LIBRARY_PATH": str(tool / "usr/lib/x86_64-linux-gnu")}
                cli = f"{tool}/usr/bin/redis-cli"
                stage.call([cli, "-p", str(port), "config", "set", "requirepass", "right"], None, library)
            given = environ["VCAP_SERVICES"].replace(
                "redis://localhost:6379", f"redis://{login}127.0.0.1:{at}"
            )
            with Server(command, stage.app, {**environ, "VCAP_SERVICES": given}) as server:
                server.wait_for("Trying again in")
                text = server.text()
            text = text[text.index("[tasks]") :].split("\n\n", 1)[1].split("\n\n")[0] + "\n"
            names = {f"127.0.0.1:{at}": f"{BROKER}:6379"}
            stage.keep(
                name, text, tool="celery", version=celery, command=command, exit_code=None, names=names,
                shows=f"the first try of a boot: {shows}",
            )  # fmt: skip
