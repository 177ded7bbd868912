"""Collection from the lab: what the whole of it asks, and what it must not keep."""

from __future__ import annotations

import json
import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from runback import lab
from runback.collect import collect
from runback.config import access, load
from runback.http import Client
from runback.lab.server.requestlog import Served, depth
from runback.model import App, Evidence, Platform

SECRET = re.compile(r"(?i)key$|password|secret|token")


class Run(NamedTuple):
    evidence: Evidence
    served: tuple[Served, ...]
    secrets: set[str]
    violations: list[str]
    login: tuple[bytes, bytes]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with lab.start("policy-missing") as running:
        target = load(running.checkout, running.environ).target(
            app=running.app, environment=running.environment
        )
        login = Path(running.environ["CF_HOME"]) / ".cf" / "config.json"
        before = login.read_bytes()
        with Client(running.environ) as client:
            evidence = collect(
                target,
                access(running.environ),
                checkout=running.checkout,
                progress=lambda _: None,
                now=running.now,
                key=b"k",
                client=client,
            )
        served = running.requests()
        violations = running.violations
        yield Run(evidence, served, _secrets(evidence, login), violations, (before, login.read_bytes()))


def _secrets(evidence: Evidence, login: Path) -> set[str]:
    """What the lab's platform and its people would not want to see, asked for without Runback."""
    session = json.loads(login.read_bytes())
    found = {session["AccessToken"].removeprefix("bearer "), session["RefreshToken"]}
    for app in apps(evidence):
        request = urllib.request.Request(  # noqa: S310 - the lab's own address
            f"{session['Target']}/v3/apps/{app.guid}/env", headers={"Authorization": session["AccessToken"]}
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            found |= set(_leaves("", json.load(answer)))
    return {one for one in found if len(one) >= 8}


def _leaves(name: str, node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _leaves(key, inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _leaves(name, inner)
    elif isinstance(node, str) and SECRET.search(name):
        yield node


def apps(evidence: Evidence) -> tuple[App, ...]:
    assert isinstance(evidence.platform, Platform)
    assert isinstance(evidence.platform.apps, tuple)
    return evidence.platform.apps


def test_the_way_to_the_scanner_is_found_across_spaces(run: Run) -> None:
    found = {app.name: (app.role, app.space) for app in apps(run.evidence)}
    assert found["tdp-backend-raft"] == ("target", "tanf-dev")
    assert found["tdp-clamav-nginx-dev"] == ("neighbour", "tanf-dev")
    assert found["clamav-rest"] == ("neighbour", "tanf-prod")
    assert isinstance(run.evidence.platform, Platform)
    assert isinstance(run.evidence.platform.policies, tuple)
    guids = {app.name: app.guid for app in apps(run.evidence)}
    ways = {(one.source, one.destination) for one in run.evidence.platform.policies}
    assert (guids["tdp-backend-raft"], guids["tdp-clamav-nginx-dev"]) in ways
    assert (guids["tdp-clamav-nginx-dev"], guids["clamav-rest"]) not in ways


def test_nothing_is_asked_twice_and_nothing_is_changed(run: Run) -> None:
    asked = Counter((one.listener, one.method, one.path, one.query) for one in run.served)
    assert {key: count for key, count in asked.items() if count > 1} == {}
    assert {(one.method, one.path) for one in run.served if one.method != "GET"} <= {("POST", "/oauth/token")}
    assert run.evidence.requests == len(run.served)
    assert run.violations == []
    assert run.login[0] == run.login[1]


def test_environments_are_read_once_for_each_app_of_the_evidence_only(run: Run) -> None:
    read = [one.path for one in run.served if one.path.endswith("/env")]
    assert sorted(read) == sorted(f"/v3/apps/{app.guid}/env" for app in apps(run.evidence))


def test_no_secret_value_is_anywhere_in_the_evidence(run: Run) -> None:
    whole = msgspec.json.encode(run.evidence, enc_hook=lambda text: text.open().read().decode())
    assert len(run.secrets) > 10
    assert [one for one in sorted(run.secrets) if one.encode() in whole] == []
    assert [one for one in sorted(run.secrets) if json.dumps(one)[1:-1].encode() in whole] == []
    for readable in (b"8080", b"tdp-backend-raft", b"tanf-prod-clamav-rest.apps.internal"):
        assert readable in whole


def test_now_is_the_platform_s_own_date(run: Run) -> None:
    assert run.evidence.collected_at == datetime(2026, 3, 3, 15, tzinfo=UTC)


def test_the_evidence_is_complete(run: Run) -> None:
    whole = msgspec.json.encode(run.evidence, enc_hook=lambda text: "")
    for app in apps(run.evidence):
        gaps = [name for name in app.__struct_fields__ if type(getattr(app, name)).__name__ == "Gap"]
        assert gaps == [], app.name
    assert b"unexpected answer" not in whole
    assert run.evidence.unlearned == ()
    logs = {log.id: log for log in run.evidence.logs}
    for log in logs.values():
        assert len(log.times) in (0, sum(1 for _ in log.text.lines()))


def test_the_depth_with_latency() -> None:
    with lab.start("policy-missing", latency=0.05) as running:
        target = load(running.checkout, running.environ).target(
            app=running.app, environment=running.environment
        )
        with Client(running.environ) as client:
            collect(
                target,
                access(running.environ),
                checkout=running.checkout,
                progress=lambda _: None,
                now=running.now,
                key=b"k",
                client=client,
            )
        platform = [one for one in running.requests() if one.listener in ("api", "uaa", "log-cache")]
        assert depth(platform) <= 8
