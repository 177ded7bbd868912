"""Docker and docker-compose as Debian has them, with a daemon of their own: no registry, no network.

Needs to be root. The base image is a busybox, imported as portal/base:1.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recorder.stage import Stage

RUNS: tuple[tuple[str, str, dict[str, str], str, str], ...] = (
    ("docker-build-failed", "image-of-backend", {"DOCKER_BUILDKIT": "1"},
     "docker build --progress=plain --network=host .", "a RUN that ends with status 1, BuildKit"),
    ("docker-build-legacy", "image-of-backend", {"DOCKER_BUILDKIT": "0"}, "docker build .",
     "the same with the builder before BuildKit"),
    ("docker-copy-missing", "image-of-backend", {"DOCKER_BUILDKIT": "1"},
     "docker build --progress=plain -f Dockerfile.release .", "a COPY of a file that is not there"),
    ("compose-unhealthy", "services-for-tests", {}, "docker-compose up --no-color",
     "a service whose health check fails"),
    ("compose-file-invalid", "services-for-tests", {}, "docker-compose -f docker-compose.release.yml up",
     "a key that does not exist"),
)  # fmt: skip
COMPOSE = tuple(
    f"python3-{name}"
    for name in (
        "docker", "dockerpty", "docopt", "distro", "dotenv", "jsonschema", "texttable", "websocket", "yaml",
        "requests", "urllib3", "chardet", "charset-normalizer", "idna", "certifi", "six", "attr",
        "pyrsistent", "packaging", "cached-property", "distutils",
    )
)  # fmt: skip


def record(stage: Stage) -> None:
    docker, version = stage.debian("docker.io", "containerd", "runc", "busybox-static", "libdevmapper1.02.1")
    compose, compose_version = stage.debian("docker-compose", *COMPOSE)
    libraries = f"{compose}/usr/lib/python3/dist-packages:{compose}/usr/lib/python3.11"
    programs = (docker / "usr/sbin", docker / "usr/bin", compose / "usr/bin")
    # The program's first line names Debian's own Python.
    with _daemon(docker, stage) as address:
        environ = stage.environ({"DOCKER_HOST": address, "PYTHONPATH": libraries}, *programs)
        for name, commit, more, command, shows in RUNS:
            stage.lay_checkout(commit)
            output, code = stage.run(command, stage.checkout, {**environ, **more})
            tool, number = (
                ("docker", version) if "docker " in command else ("docker-compose", compose_version)
            )
            stage.keep(name, output, tool=tool, version=number, command=command, exit_code=code, shows=shows)


@contextmanager
def _daemon(docker: Path, stage: Stage) -> Iterator[str]:
    """A daemon that knows one image; yields its address."""
    place = stage.root / "daemon"
    place.mkdir()
    address = f"unix://{place}/docker.sock"
    command = [
        str(docker / "usr/sbin/dockerd"), "--data-root", str(place / "data"),
        "--exec-root", str(place / "run"), "--pidfile", str(place / "pid"), "-H", address,
        "--iptables=false", "--bridge=none", "--storage-driver=vfs",
    ]  # fmt: skip
    environ = stage.environ(None, docker / "usr/sbin", docker / "usr/bin")
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        try:
            _wait(docker, address)
            _import(docker, address, stage)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(docker: Path, address: str) -> None:
    for _ in range(60):
        asked = subprocess.run(
            [docker / "usr/bin/docker", "-H", address, "info"], capture_output=True, check=False
        )
        if asked.returncode == 0:
            return
        time.sleep(1)
    raise SystemExit("The Docker daemon did not start; it needs root.")


def _import(docker: Path, address: str, stage: Stage) -> None:
    root = stage.root / "image"
    (root / "bin").mkdir(parents=True)
    (root / "bin/busybox").write_bytes((docker / "bin/busybox").read_bytes())
    (root / "bin/busybox").chmod(0o755)
    (root / "bin/sh").symlink_to("busybox")
    archive = stage.root / "image.tar"
    stage.call(["tar", "-C", str(root), "-cf", str(archive), "."])
    stage.call([str(docker / "usr/bin/docker"), "-H", address, "import", str(archive), "portal/base:1"])
