"""The plans: exact commands, typed actions, and a reason where none can be made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from runback.facts import SCHEMAS
from runback.model import (
    Address,
    Droplet,
    Evidence,
    Finding,
    Gap,
    Plan,
    Platform,
    Policy,
    Repository,
    Scalar,
    Service,
    SourceFile,
)
from runback.remedies import REMEDIES, plans
from runback.remedies.together import merged
from runback.rules import Runbook, load
from worlds import NOW, crashes, healthy, log, web, with_app, with_logs, with_platform

BACKEND = "tdp-backend-raft"


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load(SCHEMAS)


def planned(runbook: Runbook, page: str, evidence: Evidence, **values: Scalar) -> tuple[Plan, ...]:
    app = values.get("app")
    finding = Finding(
        page=page, title="", stage="run", severity="error", confidence="high",
        app=app if isinstance(app, str) else None, values=values,
    )  # fmt: skip
    return plans(finding, evidence, runbook)


def commands(plan: Plan) -> list[str]:
    return [step.command for step in plan.steps if step.command]


def test_every_remedy_that_a_page_names_exists(runbook: Runbook) -> None:
    assert {call.id for page in runbook.pages for call in page.remedies} <= REMEDIES.keys()


def test_a_policy_says_port_protocol_and_space(runbook: Runbook) -> None:
    values: dict[str, Scalar] = {
        "source": "tdp-clamav-nginx-dev", "destination": "clamav-rest", "protocol": "tcp", "port": 9000
    }  # fmt: skip
    (plan,) = planned(runbook, "policy-missing", healthy(), **values)
    assert commands(plan) == [
        "cf add-network-policy tdp-clamav-nginx-dev clamav-rest --protocol tcp --port 9000 -s tanf-prod"
    ]
    assert plan.safe
    assert plan.steps[0].parameters["destination"] == "guid-clamav-rest"


@pytest.mark.parametrize(
    ("name", "value"),
    [("destination", "evil; rm -rf /"), ("destination", "other-app"), ("port", None), ("protocol", "tcp;ls")],
)
def test_what_names_nothing_in_the_evidence_makes_no_command(
    runbook: Runbook, name: str, value: Scalar
) -> None:
    values: dict[str, Scalar] = {
        "source": "tdp-clamav-nginx-dev", "destination": "clamav-rest", "protocol": "tcp", "port": 9000
    }  # fmt: skip
    (plan,) = planned(runbook, "policy-missing", healthy(), **{**values, name: value})
    assert plan.blocked
    assert plan.steps == ()


def test_an_app_of_another_space_is_started_there(runbook: Runbook) -> None:
    world = with_app(healthy(), "clamav-rest", state="STOPPED")
    (plan,) = planned(runbook, "app-stopped", world, app="clamav-rest")
    assert commands(plan) == ["cf target -o tanf -s tanf-prod", "cf start clamav-rest"]
    (plan,) = planned(runbook, "app-stopped", healthy(), app="clamav-rest")
    assert plan.blocked == "clamav-rest is started already"


def test_a_lost_variable_is_mended_in_ci_and_its_value_is_never_written(runbook: Runbook) -> None:
    world = with_app(healthy(), BACKEND, processes=web(BACKEND, "CRASHED"))
    mend, back = planned(runbook, "variable-emptied-by-ci", world, app=BACKEND, name="JWT_KEY")
    assert "in the context tdp-dev" in mend.steps[0].sentence
    assert commands(mend) == [f'cf set-env {BACKEND} JWT_KEY "$JWT_KEY"', f"cf restart {BACKEND}"]
    assert commands(back)[0] == f"cf rollback {BACKEND} --version 1 -f"


def test_a_rollback_needs_a_revision_that_ran_well(runbook: Runbook) -> None:
    events = crashes(BACKEND, "APP/PROC/WEB: Exited with status 1", 1, -60, -50)
    _, plan = planned(
        runbook,
        "variable-emptied-by-ci",
        with_app(healthy(), BACKEND, events=events),
        app=BACKEND,
        name="JWT_KEY",
    )
    assert "no earlier revision" in plan.blocked


@pytest.mark.parametrize(
    ("buildpacks", "verb", "why"),
    [
        (("apt 0.3.14", "python 1.8.43"), "restart", "the buildpacks apt and python hand services to the"),
        (("java 4.70",), "restage", "the buildpack java may read services while it stages"),
        (("apt 0.3.14", "https://git.example/own"), "restage", "the buildpack https://git.example/own may"),
        ((), "restage", f"which buildpack {BACKEND} has is not known"),
    ],
)
def test_a_bound_service_is_seen_after_a_restart_or_a_restage(
    runbook: Runbook, buildpacks: tuple[str, ...], verb: str, why: str
) -> None:
    world = staged_with(*buildpacks)
    (plan,) = planned(runbook, "service-not-bound", world, app=BACKEND, service="tdp-db-dev")
    assert commands(plan) == [
        f"cf bind-service {BACKEND} tdp-db-dev",
        f"cf {verb} {BACKEND} --strategy rolling",
    ]
    assert f"and {verb} it: {why}" in plan.sentence


def staged_with(*buildpacks: str) -> Evidence:
    droplet = Droplet(guid="d", state="STAGED", created_at=NOW, buildpacks=buildpacks)
    return with_app(healthy(), BACKEND, droplet=droplet)


def test_an_agent_is_installed_by_a_restage(runbook: Runbook) -> None:
    world = staged_with("python 1.8.43")
    agent = Service(guid="s", name="watch", type="managed", space="tanf-dev", offering="dynatrace-saas")
    assert isinstance(world.platform, Platform)
    world = replace(world, platform=replace(world.platform, services=(agent,)))
    (plan,) = planned(runbook, "service-not-bound", world, app=BACKEND, service="watch")
    assert commands(plan)[1].startswith("cf restage")
    assert "installs the agent of dynatrace" in plan.sentence
    assert plan.steps[1].undo == f"cf rollback {BACKEND} --version 2 -f"


def test_one_restage_is_enough_for_two_plans_of_an_app(runbook: Runbook) -> None:
    (bind,) = planned(runbook, "service-not-bound", staged_with("java 4"), app=BACKEND, service="tdp-db-dev")
    known = staged_with("python 1")
    (other,) = planned(runbook, "service-not-bound", known, app=BACKEND, service="tdp-redis-dev")
    both = merged(other, bind)
    assert both is not None
    assert [line.split()[1] for line in commands(both)] == ["bind-service", "bind-service", "restage"]


def test_a_green_job_is_run_again_by_its_id_and_its_script_mended(runbook: Runbook) -> None:
    script, again = planned(
        runbook, "push-failed-green", healthy(), app=BACKEND, job="deploy-dev", step="Deploy", verb="restage"
    )
    assert "line 2 of scripts/deploy-backend.sh" in script.steps[0].sentence
    assert "line 14" in script.steps[0].sentence
    assert again.steps[0].parameters == {
        "workflow": "workflow-118",
        "from_failed": False,
        "job": "job-deploy-dev",
    }


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("memory quota_exceeded", "cf org tanf"),
        ("space's memory limit exceeded: staging requires 1024M memory", "cf space tanf-dev"),
    ],
)
def test_the_quota_that_is_full_is_the_one_that_is_shown(runbook: Runbook, reason: str, asked: str) -> None:
    plan = planned(runbook, "quota-exceeded", healthy(), app=BACKEND, reason=reason)[0]
    assert [one for one in commands(plan) if one.startswith(("cf org", "cf space"))] == [asked]
    assert asked.rpartition(" ")[2] in plan.sentence


def test_without_a_platform_the_reason_is_said(runbook: Runbook) -> None:
    (plan,) = planned(runbook, "app-stopped", replace(healthy(), platform=None), app=BACKEND)
    assert plan.blocked == "the apps of the platform could not be read"


PROXY, SCANNER = "tdp-clamav-nginx-dev", "clamav-rest"


def wrong_port() -> Evidence:
    """The proxy asks for 9000, and its one policy opens 8080."""
    ways = (Address(variable="CLAMAV_HOST", host="tanf-prod-clamav-rest", port=9000),)
    policy = Policy(
        source=f"guid-{PROXY}", destination=f"guid-{SCANNER}", protocol="tcp", start=8080, end=8080
    )
    return with_platform(with_app(healthy(), PROXY, addresses=ways), policies=(policy,))


def mended(runbook: Runbook, world: Evidence) -> Plan:
    values: dict[str, Scalar] = {
        "source": PROXY, "destination": SCANNER, "protocol": "tcp", "port": 9000
    }  # fmt: skip
    (plan,) = planned(runbook, "policy-wrong-port", world, **values)
    return plan


def test_a_policy_that_nothing_uses_goes_after_the_right_one_came(runbook: Runbook) -> None:
    plan = mended(runbook, wrong_port())
    words = f"{PROXY} {SCANNER} --protocol tcp"
    assert commands(plan) == [
        f"cf add-network-policy {words} --port 9000 -s tanf-prod",
        f"cf remove-network-policy {words} --port 8080 -s tanf-prod",
    ]
    assert plan.steps[1].undo == f"cf add-network-policy {words} --port 8080 -s tanf-prod"
    assert plan.notes == ()


def names_the_port(world: Evidence) -> Evidence:
    ways = (
        Address(variable="CLAMAV_HOST", host="tanf-prod-clamav-rest", port=9000),
        Address(variable="STATUS_URL", host="tanf-prod-clamav-rest.apps.internal", port=8080),
    )
    return with_app(world, PROXY, addresses=ways)


def asks_for_it(world: Evidence) -> Evidence:
    said = 'GET "http://tanf-prod-clamav-rest:8080/status" 200\n'
    return with_logs(world, log(f"app:{PROXY}", "app", PROXY, said, PROXY))


def listens_on_it(world: Evidence) -> Evidence:
    return with_logs(world, log(f"app:{SCANNER}", "app", SCANNER, "Listening on port 8080\n", SCANNER))


def adds_it(world: Evidence) -> Evidence:
    text = f"#!/bin/bash\ncf add-network-policy {PROXY} {SCANNER} -s tanf-prod\n"
    script = SourceFile(path="scripts/network.sh", text=text)
    assert isinstance(world.repository, Repository)
    return replace(world, repository=replace(world.repository, files=(script,)))


def hides_its_variables(world: Evidence) -> Evidence:
    return with_app(world, PROXY, variables=Gap(what="environment", reason="403"))


@pytest.mark.parametrize(
    ("sign", "why"),
    [
        (names_the_port, f"STATUS_URL of {PROXY} may name it"),
        (asks_for_it, f"line 1 of the log of {PROXY} asks for it"),
        (listens_on_it, f"{SCANNER} listens on it"),
        (adds_it, "scripts/network.sh:2 adds it"),
        (hides_its_variables, f"what {PROXY} connects to could not be read"),
    ],
)
def test_a_policy_that_may_be_in_use_stays(
    runbook: Runbook, sign: Callable[[Evidence], Evidence], why: str
) -> None:
    plan = mended(runbook, sign(wrong_port()))
    assert [line.split()[1] for line in commands(plan)] == ["add-network-policy"]
    assert plan.notes == (f"The policy for tcp port 8080 stays: {why}.",)
