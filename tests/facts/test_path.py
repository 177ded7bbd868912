from __future__ import annotations

import json

import pytest

from runback import app
from runback.app import Request
from runback.cli import main
from runback.model import Gap, PathSeen, Reach


def way(scenario: str, source: str, destination: str, port: int | None = None) -> PathSeen:
    with app.place(scenario, {}) as (place, _):
        found = app.path(Request(app=source), Reach(destination=destination, port=port), place).ways
    assert not isinstance(found, Gap), found
    (one,) = found
    return one


def broken(seen: PathSeen) -> list[str]:
    return [hop.name for hop in seen.hops if hop.ok is False]


def test_a_way_that_works_has_no_broken_hop_and_names_its_variable() -> None:
    seen = way("healthy", "tdp-backend-raft", "tdp-clamav-nginx-dev", 9000)
    assert broken(seen) == []
    assert (seen.asked_by, seen.destination) == ("AV_SCAN_URL", "tdp-clamav-nginx-dev")
    assert not seen.failing


def test_a_host_name_leads_to_the_app_behind_its_route() -> None:
    seen = way("healthy", "tdp-backend-raft", "tanf-prod-clamav-rest.apps.internal", 9000)
    assert seen.destination == "clamav-rest"


def test_a_way_that_nobody_allowed_breaks_at_the_policy() -> None:
    seen = way("healthy", "tdp-backend-raft", "clamav-rest", 9000)
    assert broken(seen) == ["policy"]
    assert seen.hops[-1].says == "none allows tcp port 9000"
    assert seen.asked_by == ""


def test_a_stopped_destination_is_no_matter_of_policies() -> None:
    seen = way("scanner-stopped", "tdp-backend-raft", "clamav-rest", 9000)
    assert broken(seen)[:2] == ["app", "instances"]


def test_a_crashing_destination_does_not_resolve() -> None:
    seen = way("variable-emptied", "tdp-frontend-raft", "tdp-backend-raft", 8080)
    assert broken(seen) == ["instances"]
    assert seen.failing


@pytest.mark.parametrize(
    ("destination", "code"), [("tdp-backend-raft:8080", 1), ("clamav-rest:9000", 1), ("nosuch", 3)]
)
def test_the_exit_code_tells_whether_the_way_is_whole(
    destination: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["path", "tdp-frontend-raft", destination, "--lab", "variable-emptied", "--json"]
    assert main(arguments) == code
    said = capsys.readouterr()
    if code == 1:
        assert json.loads(said.out)["ways"][0]["hops"]
    else:
        assert "cf routes" in said.err


def test_an_app_without_instances_says_that_nobody_asked_for_one() -> None:
    seen = way("scaled-to-zero", "tdp-frontend-raft", "tdp-backend-raft", 8080)
    (hop,) = [hop for hop in seen.hops if hop.ok is False]
    assert hop.says == "tdp-backend-raft is scaled to none: its name does not resolve"


def test_a_route_that_leads_to_another_app_breaks_there_and_names_the_one_that_is_meant() -> None:
    seen = way("scanner-route-elsewhere", "tdp-clamav-nginx-dev", "tanf-prod-clamav-rest.apps.internal", 9000)
    assert broken(seen) == ["route", "policy"]
    assert seen.hops[1].says.endswith(", and clamav-rest is meant")
