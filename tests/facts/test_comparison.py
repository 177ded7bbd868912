from __future__ import annotations

import json

import msgspec
import pytest

from runback import app, lab
from runback.app import Request
from runback.model import Compared, Comparison
from runback.reports import comparison as report


def compared(scenario: str, name: str = "tdp-backend-raft", *peers: str) -> Comparison:
    return app.compare_scenario(scenario, Request(app=name), peers)


def remarked(found: Comparison) -> dict[tuple[str, str], Compared]:
    return {(row.subject, row.name): row for row in found.rows if row.remark}


def test_a_healthy_app_is_as_its_peers() -> None:
    found = compared("healthy")
    assert remarked(found) == {}
    assert len(found.peers) == 5
    assert {row.subject for row in found.rows} == {
        "variable", "service", "route", "policy", "scale", "setting"
    }  # fmt: skip


def test_apps_that_no_job_deploys_are_expected_to_be_as_the_scripts_make_such_apps() -> None:
    with lab.start("healthy") as running:
        for name in ("tdp-backend-qasp", "tdp-celery-develop", "tdp-frontend-prod", "tdp-clamav-nginx-prod"):
            found = app.compare(Request(app=name), (), running.checkout, running.environ, now=running.now)
            assert remarked(found) == {}
            assert found.unknown == ()


def test_a_variable_that_all_peers_have_is_missing() -> None:
    found = remarked(compared("variable-emptied"))
    assert list(found) == [("variable", "JWT_KEY")]
    row = found["variable", "JWT_KEY"]
    assert (row.actual, row.remark) == ("missing", "5 of 5 peers have it; the last good revision had it")
    assert row.expected.startswith("scripts/deploy-backend.sh:")


def test_a_service_of_another_environment_has_the_same_star() -> None:
    found = remarked(compared("service-not-bound"))
    assert list(found) == [("service", "tdp-db-*")]


def test_a_missing_policy_is_seen_beside_the_peers() -> None:
    with lab.start("healthy") as running:
        ends = ["tdp-frontend-raft", "tdp-backend-raft", "--protocol", "tcp", "--port", "8080"]
        running.cf(["remove-network-policy", *ends])
        request = Request(app="tdp-frontend-raft")
        found = app.compare(request, (), running.checkout, running.environ, now=running.now)
    assert list(remarked(found)) == [("policy", "to tdp-backend-* tcp 8080")]


@pytest.mark.parametrize(
    ("scenario", "remark"),
    [
        (
            "service-plan-too-small",
            "it has the plan aws-rds micro-psql, the deployment says aws-rds medium-psql",
        ),
        ("database-being-changed", "its update is still going on"),
    ],
)
def test_a_bound_service_that_is_not_as_it_should_be(scenario: str, remark: str) -> None:
    row = remarked(compared(scenario))["service", "tdp-db-*"]
    assert (row.actual, row.remark, row.verdict) == ("bound", remark, "different")


def test_terraform_says_what_should_be_there_and_nobody_says_what_apps_expect_that_were_not_read() -> None:
    found = compared("policy-of-terraform", "tdp-clamav-nginx-dev")
    (row,) = remarked(found).values()
    assert (row.name, row.actual, row.expected) == (
        "to clamav-rest tcp 9000", "missing", "terraform/scanner.tf:17",
    )  # fmt: skip
    expected = {row.name: row.expected for row in found.rows if row.expected}
    assert expected["CLAMAV_HOST"] == "terraform/scanner.tf:11"
    assert expected["web memory"] == "terraform/scanner.tf:8"


def test_policies_that_an_auditor_does_not_see_are_unknown_and_not_missing() -> None:
    found = compared("auditor-looks")
    assert {row.subject for row in found.rows if row.remark} == {"service"}
    assert any("policies of space tanf-dev are invisible" in gap.reason for gap in found.unknown)


def test_named_peers_are_the_only_ones() -> None:
    assert compared("healthy", "tdp-backend-raft", "tdp-backend-qasp").peers == ("tdp-backend-qasp",)


def test_no_value_of_a_variable_is_in_any_form() -> None:
    with lab.start("healthy") as running:
        running.cf(["set-env", "tdp-backend-raft", "JWT_KEY", "planted-XYZZY-value-0815"])
        request = Request(app="tdp-backend-raft")
        found = app.compare(request, (), running.checkout, running.environ, now=running.now)
    said = json.dumps(msgspec.to_builtins(found)) + report.render(found, everything=True)
    assert "JWT_KEY" in said
    assert "XYZZY" not in said


def test_the_table_fits_and_says_how_much_is_as_it_should_be() -> None:
    text = report.render(compared("variable-emptied"), width=100)
    assert max(map(len, text.splitlines())) <= 100
    assert "1 thing deserves a look" in text
    assert "all set" in text
    assert "(scripts/deploy-backend.sh:42)" in text


@pytest.mark.parametrize("everything", [True, False])
def test_an_app_without_peers_is_said_to_be_so(everything: bool) -> None:
    found = Comparison(app="one", peers=(), rows=())
    assert "without a peer" in report.render(found, everything=everything)
