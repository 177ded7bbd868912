"""A lab that runs is broken and healed through its control API, and by nobody who lacks its token."""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from runback import lab
from runback.errors import UsageError
from runback.lab import cf, faults
from runback.lab.control import TOKEN_VARIABLE, URL_VARIABLE
from runback.lab.places import WORLDS, places
from runback.lab.remote import Remote
from runback.lab.running import RunningLab


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[RunningLab, dict[str, str]]]:
    with lab.start("healthy", real_time=True, speed=50) as made:
        yield made, made.open_control()


def said(made: RunningLab, line: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    cf.main(line.split(), made.environ, made.checkout, out, err)
    return out.getvalue() + err.getvalue()


def test_a_fault_is_put_in_and_taken_out(running: tuple[RunningLab, dict[str, str]]) -> None:
    made, environ = running
    remote = Remote(environ)
    assert "policy-missing" in {one["name"] for one in remote.faults()}
    policy = "clamav-rest"
    assert policy in said(made, "network-policies --source tdp-clamav-nginx-dev")
    done = remote.break_("policy-missing")
    assert done == {"fault": "policy-missing", "environment": "raft", "app": "tdp-backend-raft"}
    assert policy not in said(made, "network-policies --source tdp-clamav-nginx-dev")
    assert remote.heal() == ["policy-missing"]
    assert policy in said(made, "network-policies --source tdp-clamav-nginx-dev")
    assert remote.heal() == []


def test_a_fault_of_another_environment(running: tuple[RunningLab, dict[str, str]]) -> None:
    made, environ = running
    remote = Remote(environ)
    assert remote.break_("backend-stopped", "staging")["app"] == "tdp-frontend-staging"
    assert "stopped" in said(made, "curl /v3/apps?names=tdp-backend-staging").lower()
    assert remote.heal("backend-stopped") == ["backend-stopped"]


@pytest.mark.parametrize(
    ("fault", "environment", "text"),
    [
        ("polcy-missing", "", "There is no fault 'polcy-missing'"),
        ("policy-missing", "moon", "no environment 'moon'"),
        ("test-failed", "qasp", "nothing deploys qasp"),
    ],
)
def test_what_cannot_be_broken_is_said(
    running: tuple[RunningLab, dict[str, str]], fault: str, environment: str, text: str
) -> None:
    with pytest.raises(UsageError, match=text):
        Remote(running[1]).break_(fault, environment)


def test_a_fault_of_the_wire(running: tuple[RunningLab, dict[str, str]]) -> None:
    made, environ = running
    wire = {"listener": "api", "path": "/v3/apps*", "status": 520, "body": "html", "times": 1}
    assert ask(environ, "POST", "/wire", wire)[0] == 200
    assert "Response Code: 520" in said(made, "apps")
    assert "Response Code" not in said(made, "apps")
    status, told = ask(environ, "POST", "/wire", {"listener": "api", "statuses": 500})
    assert (status, "unknown key 'statuses'" in told["error"]) == (400, True)
    assert ask(environ, "POST", "/wait", {"seconds": 60})[0] == 200
    assert ask(environ, "POST", "/wait", {"seconds": -1})[0] == 400


def test_only_who_has_the_token_and_asks_for_a_loopback_host(
    running: tuple[RunningLab, dict[str, str]],
) -> None:
    environ = running[1]
    assert ask(environ, "GET", "/state")[0] == 200
    assert ask({**environ, TOKEN_VARIABLE: "guessed"}, "GET", "/state")[0] == 401
    assert ask(environ, "GET", "/state", host="rebound.example")[0] == 403
    with pytest.raises(UsageError, match="not this lab's"):
        Remote({**environ, TOKEN_VARIABLE: "guessed"}).faults()
    with pytest.raises(UsageError, match="on this machine"):
        Remote({**environ, URL_VARIABLE: "http://192.0.2.1:80"})
    with pytest.raises(UsageError, match="No running lab"):
        Remote({})


def ask(
    environ: dict[str, str], method: str, path: str, body: object = None, host: str = ""
) -> tuple[int, dict[str, str]]:
    there = urlsplit(environ[URL_VARIABLE])
    connection = http.client.HTTPConnection(there.netloc, timeout=30)
    headers = {"Authorization": f"Bearer {environ[TOKEN_VARIABLE]}"} | ({"Host": host} if host else {})
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told


def test_the_labs_cf_stays_on_this_machine(running: tuple[RunningLab, dict[str, str]]) -> None:
    assert "never calls another machine" in said(running[0], "api https://api.example.org")


@pytest.mark.parametrize("environment", ["raft", "qasp", "staging", "prod"])
def test_every_fault_can_be_read_everywhere(environment: str) -> None:
    names = places(WORLDS / "reference", environment)
    found = faults.catalogue(names)
    assert len(found) > 30
    for fault in found:
        assert fault.changes
        assert fault.heal
        truth = faults.read_truth(fault.name, names)
        assert truth.causes
        assert not any("{" in str(cause.app) for cause in truth.causes), fault.name
