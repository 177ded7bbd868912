"""The plans: exact commands, typed actions, and a reason where none can be made."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runback.facts import SCHEMAS
from runback.model import Droplet, Evidence, Finding, Plan, Platform, Scalar, Service
from runback.remedies import REMEDIES, plans
from runback.remedies.together import merged
from runback.rules import Runbook, load
from worlds import NOW, crashes, healthy, web, with_app

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
        (("apt 0.3.14", "python 1.8.43"), "restart", "the buildpack apt and python hands services to the"),
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


def test_without_a_platform_the_reason_is_said(runbook: Runbook) -> None:
    (plan,) = planned(runbook, "app-stopped", replace(healthy(), platform=None), app=BACKEND)
    assert plan.blocked == "the apps of the platform could not be read"
