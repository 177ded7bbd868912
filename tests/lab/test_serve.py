"""`runback lab serve` as people run it: what it prints, beside another, on a taken port, after its end."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

Serve = Callable[..., "Served"]


class Served:
    """A lab in a process of its own."""

    def __init__(self, arguments: tuple[str, ...], home: Path) -> None:
        given = {**os.environ, "HOME": str(home), "CF_HOME": str(home), "CIRCLE_TOKEN": "CCIPAT_real"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "runback", "lab", "serve", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=given,
        )  # fmt: skip
        assert self.process.stderr
        self.said = self.process.stderr.readline()
        self.exports: dict[str, str] = {}

    def ready(self) -> Served:
        assert "The lab runs" in self.said, self.said
        assert self.process.stdout
        for line in self.process.stdout:
            if not line.startswith("export "):
                break  # the cd and two lines of comment are for people
            name, _, value = line.removeprefix("export ").strip().partition("=")
            (self.exports[name],) = shlex.split(value)
        return self

    def target(self) -> str:
        settings = json.loads((Path(self.exports["CF_HOME"]) / ".cf" / "config.json").read_text())
        return str(settings["Target"])

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    made: list[Served] = []

    def begin(*arguments: str) -> Served:
        made.append(Served(arguments, tmp_path))
        return made[-1]

    yield begin
    for one in made:
        if one.process.poll() is None:
            one.end()
        for stream in (one.process.stdout, one.process.stderr):
            if stream and not stream.closed:
                stream.close()


def read(url: str) -> dict[str, object]:
    with urllib3.PoolManager(retries=False) as pool:
        found: dict[str, object] = pool.request("GET", url, timeout=60).json()
        return found


def test_two_labs_run_side_by_side_and_leave_the_persons_own_home_alone(serve: Serve, tmp_path: Path) -> None:
    one, two = serve().ready(), serve("--scenario", "scanner-stopped").ready()
    assert one.exports["CF_HOME"] != two.exports["CF_HOME"]
    assert one.target() != two.target()
    for each in (one, two):
        assert "links" in read(each.target() + "/")
        assert each.target().startswith("http://127.0.0.1:")
        assert each.exports["CIRCLE_TOKEN"] != "CCIPAT_real"
        assert str(tmp_path) not in "".join(each.exports.values())
    assert list(tmp_path.iterdir()) == []  # neither a login nor a state was written where the person lives


def test_it_says_how_else_to_get_in(serve: Serve) -> None:
    lab = serve().ready()
    assert lab.process.stdout
    said = [lab.process.stdout.readline().strip("# \n") for _ in range(9)]
    assert "cf auth rosa@lab.example fake-password-rosa" in said
    (visit,) = [line for line in said if line.startswith("curl ")]
    _, _, host, url = shlex.split(visit)
    with urllib3.PoolManager(retries=False) as pool:
        answer = pool.request("GET", url, headers={"Host": host.removeprefix("Host: ")}, timeout=60)
    assert answer.status == 200


def test_it_is_small_while_nobody_asks(serve: Serve) -> None:
    status = Path(f"/proc/{serve().ready().process.pid}/status")
    if not status.exists():
        pytest.skip("there is no /proc to ask")
    (resident,) = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")]
    assert int(resident.split()[1]) < 150 * 1024


def test_a_port_in_use_says_so(serve: Serve) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = serve("--port", str(port))
        _, rest = refused.process.communicate(timeout=60)
    assert f"Port {port} cannot be used for the lab's api: Address already in use." in refused.said
    assert "Choose another with --port" in rest
    assert refused.process.returncode == 4


def test_whoever_ends_it_finds_nothing_left(serve: Serve) -> None:
    lab = serve().ready()
    home, target = Path(lab.exports["CF_HOME"]), lab.target()
    assert home.is_dir()
    assert home.parent.stat().st_mode & 0o077 == 0
    lab.end()
    assert not home.parent.exists()
    with pytest.raises(urllib3.exceptions.HTTPError, match="refused"):
        read(target)


def test_its_cf_wants_a_home_of_its_own() -> None:
    given = {name: value for name, value in os.environ.items() if name != "CF_HOME"}
    ran = subprocess.run(
        [sys.executable, "-m", "runback", "lab", "cf", "apps"],
        capture_output=True, text=True, env=given, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "The lab's cf needs CF_HOME." in ran.stderr
