"""`runback path` on the lab: what it prints, and the probe that tries the connection."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from runback import app
from runback.app.probing import planned
from runback.cli import main
from runback.model import Gap, PathSeen, Reach
from worlds import backend

WHOLE = """\
tdp-clamav-nginx-dev → tanf-prod-clamav-rest.apps.internal (in CLAMAV_HOST)
  ✓ name       tanf-prod-clamav-rest.apps.internal is a route
  ✓ route      leads to clamav-rest in tanf-portal/tanf-prod
  ✓ app        clamav-rest is started
  ✓ instances  1 running
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["path", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


SHOWN = {
    "path-healthy": (0, ["tdp-frontend-raft", "tdp-backend-raft:8080", "--lab", "healthy"]),
    "path-policy-missing": (1, ["tdp-clamav-nginx-dev", "clamav-rest:9000", "--lab", "policy-missing"]),
    "path-scanner-route-elsewhere": (
        1,
        ["tdp-clamav-nginx-dev", "tanf-prod-clamav-rest", "--lab", "scanner-route-elsewhere"],
    ),
    "path-scaled-to-zero": (1, ["tdp-frontend-raft", "tdp-backend-raft:8080", "--lab", "scaled-to-zero"]),
    "path-outside": (3, ["tdp-backend-raft", "hooks.lab.example", "--lab", "healthy"]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_output_is_as_it_was_last_looked_at(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`make snapshots` writes the kept output again; then look at the difference before you commit it."""
    expected, arguments = SHOWN[name]
    code, out, _ = run(capsys, *arguments)
    kept = Path(__file__).parent / "snapshots" / f"{name}.txt"
    if os.environ.get("RUNBACK_SNAPSHOTS") == "write":
        kept.write_text(out, encoding="utf-8")
    assert (code, out) == (expected, kept.read_text(encoding="utf-8"))


def test_the_way_of_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "tdp-clamav-nginx-dev", "clamav-rest:9000", "--lab", "policy-missing")
    assert code == 1
    assert out.startswith(WHOLE)
    assert "  ✗ policy     none allows tcp port 9000\n" in out
    assert "network policies of tdp-clamav-nginx-dev: to clamav-rest: none; tcp 9000 is needed\n" in out


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("policy-missing", "✗ probe      the connection is refused"),
        ("scanner-stopped", "✗ probe      its name does not resolve in the container"),
        ("healthy", "✓ probe      connected to 10."),
    ],
)
def test_a_probe_tries_it_from_within(scenario: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("tdp-clamav-nginx-dev", "clamav-rest:9000", "--lab", scenario, "--probe", "--yes")
    _, out, err = run(capsys, *arguments)
    assert says in out
    assert "curl -sS -v -m 10 telnet://tanf-prod-clamav-rest.apps.internal:9000 </dev/null" in err


def test_a_probe_reads_the_certificate(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("tdp-backend-raft", "hooks.lab.example", "--lab", "healthy", "--probe", "--yes", "--json")
    _, out, _ = run(capsys, *arguments)
    hops = {hop["name"]: hop for hop in json.loads(out)["ways"][0]["hops"]}
    assert hops["probe"]["ok"] is True
    assert hops["tls"]["says"].endswith("valid until Apr 10 00:00:00 2026 GMT")


def test_nobody_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("tdp-clamav-nginx-dev", "clamav-rest:9000", "--lab", "healthy", "--probe")
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert "nobody is there to agree" in err


def test_a_probe_is_one_task_and_is_written_down_first() -> None:
    from runback import lab
    from runback.state import State

    with lab.start("healthy") as running:
        place = app.Place.in_lab(running)
        reach = Reach(destination="clamav-rest", port=9000)
        found = app.path(app.Request(app="tdp-clamav-nginx-dev"), reach, place)
        assert not any(one.method != "GET" for one in running.requests() if one.listener == "api")
        found = app.probe(found, app.plan_probes(found, place), place)
        posts = [one.path for one in running.requests() if one.method == "POST" and one.listener == "api"]
        (written,) = State.of(place.environ).audited()
    assert len(posts) == 1
    assert posts[0].endswith("/tasks")
    assert (written["what"], written["app"]) == ("probe", "tdp-clamav-nginx-dev")


def test_an_unknown_app_names_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "tdp-clamav-nginx-dv", "clamav-rest:9000", "--lab", "healthy")
    assert code == 2
    assert "near names: tdp-clamav-nginx-dev" in err


@pytest.mark.parametrize("host", ["a b", "x;reboot", "$(id)", "-oProxyCommand=x", "a'b", "..", ""])
def test_what_is_no_host_goes_into_no_shell(host: str, tmp_path: Path) -> None:
    way = PathSeen(source="a", destination="b", hostname=host, hops=())
    place = app.Place(tmp_path, {"HOME": str(tmp_path)})
    assert isinstance(planned(way, backend(), 80, place), Gap)
    assert not isinstance(planned(replace(way, hostname="a.b"), backend(), 80, place), Gap)
