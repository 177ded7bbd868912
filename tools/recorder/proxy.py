"""The nginx of the frontend, whose way to the backend is gone."""

from __future__ import annotations

import shutil
import urllib.error
from pathlib import Path

from recorder.backend import Server, free_port, get
from recorder.stage import REFERENCE, Stage

# Debian builds nginx with folders of its own for these; the buildpack's nginx has them under its prefix.
TEMPORARY = "".join(
    f"{kind}_temp_path tmp-{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)
BACKEND = "tdp-backend-raft.apps.internal"


def record(stage: Stage) -> None:
    """One request for each way to fail; the buildpack's braces are filled in as the buildpack would."""
    package, version = stage.debian("nginx")
    frontend = stage.root / "home/vcap/app"
    shutil.rmtree(frontend, ignore_errors=True)
    shutil.copytree(REFERENCE / "project/frontend", frontend)
    (frontend / "mime.types").write_text("types { text/html html; }")
    (frontend / "logs").mkdir(exist_ok=True)
    nameserver = next(
        line.split()[1]
        for line in Path("/etc/resolv.conf").read_text(encoding="utf-8").splitlines()
        if line.startswith("nameserver")
    )
    template = (frontend / "nginx.conf").read_text(encoding="utf-8").replace("{{nameservers}}", nameserver)
    # nginx resolves `localhost` itself only through a server, so the refused probe names an address.
    for name, host, backend_port, shows in (
        ("nginx-upstream-refused", "127.0.0.1", free_port(), "nothing listens where the backend should be"),
        ("nginx-upstream-unresolved", BACKEND, 8080, "the backend's host name does not resolve"),
    ):
        port = free_port()
        config = (
            template.replace("{{port}}", f"127.0.0.1:{port}")
            .replace('{{env "BACKEND_HOST"}}.apps.internal', host)
            .replace("http {", "http { " + TEMPORARY)
            .replace("$backend:8080", f"$backend:{backend_port}")
        )
        (frontend / "nginx.conf").write_text(config, encoding="utf-8")
        command = f"{package}/usr/sbin/nginx -p {frontend}/ -c {frontend}/nginx.conf -e stderr"
        with Server(command, frontend, {"PATH": "/usr/bin"}) as server:
            text = _ask(server, f"http://127.0.0.1:{port}/v1/reports/2026/Q1/")
        # nginx names the address that it looked up, not the host.
        names = {
            f"127.0.0.1:{backend_port}": "10.255.96.14:8080",
            f"127.0.0.1:{port}": "tdp-frontend-raft.app.cloud.gov",
        }
        stage.keep(
            name, text, tool="nginx", version=version, command="nginx -p . -c nginx.conf", exit_code=None,
            shows=f"one request (502): {shows}", names=names,
        )  # fmt: skip


def _ask(server: Server, url: str) -> str:
    server.text()  # by now it listens
    try:
        get(url)
    except urllib.error.HTTPError as error:
        error.close()
    except urllib.error.URLError as error:
        raise SystemExit(f"nginx did not start: {error}\n{server.text()}") from error
    return server.text()
