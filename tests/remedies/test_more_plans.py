"""Plans that bring something back to what a file, another environment or a person says."""

from __future__ import annotations

import shlex

import pytest
from msgspec.structs import replace

from runback.facts import tables
from runback.model import (
    App,
    Evidence,
    Finding,
    Gap,
    HealthCheck,
    Log,
    LogText,
    Plan,
    Platform,
    Scalar,
    Service,
    SourceFile,
    Where,
)
from runback.model import Repository as Checkout
from runback.remedies import REMEDIES
from runback.remedies.interface import Asked, Blocked
from worlds import healthy, with_app

BACKEND = "tdp-backend-raft"


def plan(remedy: str, evidence: Evidence, log: str | None = None, **parameters: str) -> Plan:
    where = (Where(kind="log", source="step", log=log),) if log else ()
    values: dict[str, Scalar] = dict(parameters)
    finding = Finding(
        page="p", title="", stage="run", severity="error", confidence="high", app=parameters.get("app"),
        values=values, where=where,
    )  # fmt: skip
    return REMEDIES[remedy](Asked(remedy, parameters, finding, evidence, tables(evidence)))


def app_of(evidence: Evidence, name: str) -> App:
    assert isinstance(evidence.platform, Platform)
    assert not isinstance(evidence.platform.apps, Gap)
    return next(app for app in evidence.platform.apps if app.name == name)


def with_check(evidence: Evidence, check: HealthCheck) -> Evidence:
    processes = app_of(evidence, BACKEND).processes
    assert not isinstance(processes, Gap)
    return with_app(evidence, BACKEND, processes=tuple(replace(one, health=check) for one in processes))


def with_file(evidence: Evidence, path: str, text: str) -> Evidence:
    repository = evidence.repository
    assert isinstance(repository, Checkout)
    files = (*repository.files, SourceFile(path=path, text=text))
    return replace(evidence, repository=replace(repository, files=files))


MANIFEST = f"""applications:
- name: {BACKEND}
  disk_quota: 3G
  health-check-type: http
  health-check-http-endpoint: /ok/
"""


def test_a_health_check_goes_back_to_what_the_manifest_says() -> None:
    world = with_check(
        with_file(healthy(), "backend/manifest.yml", MANIFEST), HealthCheck(type="http", endpoint="/nope")
    )
    made = plan("set-health-check", world, app=BACKEND)
    assert made.steps[0].command == f"cf set-health-check {BACKEND} http --endpoint /ok/"
    assert made.steps[0].undo == f"cf set-health-check {BACKEND} http --endpoint /nope"
    assert made.steps[0].parameters["check_endpoint"] == "/ok/"
    assert "rolling" in made.steps[1].command


def test_a_health_check_that_is_the_manifests_is_nobodys_to_guess() -> None:
    world = with_check(
        with_file(healthy(), "backend/manifest.yml", MANIFEST), HealthCheck(type="http", endpoint="/ok/")
    )
    with pytest.raises(Blocked, match="is not said"):
        plan("set-health-check", world, app=BACKEND)


def test_disk_is_what_the_manifest_asks_for() -> None:
    world = with_file(healthy(), "backend/manifest.yml", MANIFEST)
    made = plan("change-disk", world, app=BACKEND)
    assert made.steps[0].command == f"cf scale {BACKEND} -k 3072M -f"
    assert made.steps[0].parameters["disk_in_mb"] == 3072
    assert made.steps[0].interrupts


def test_a_route_is_moved_without_a_moment_at_which_it_leads_nowhere() -> None:
    made = plan(
        "move-route", healthy(), app=BACKEND, route="www.example.org/api", **{"from": "tdp-frontend-raft"}
    )
    verbs = [shlex.split(step.command)[1:3] for step in made.steps]
    assert verbs == [["map-route", BACKEND], ["unmap-route", "tdp-frontend-raft"]]
    assert made.steps[0].parameters["path"] == "/api"
    gone = plan("unmap-route", healthy(), app=BACKEND, route="www.example.org")
    assert gone.steps[0].command == f"cf unmap-route {BACKEND} example.org --hostname www"
    assert gone.steps[0].undo == f"cf map-route {BACKEND} example.org --hostname www"


LOCK = """│ Error: Error acquiring the state lock
│ Lock Info:
│   ID:        6d2f1c1e-2f2b-0b7e-4c3a-0d3a5f1f7d11
│   Path:      tf-states/dev.tfstate
│   Operation: OperationTypeApply
│   Who:       circleci@9f1c0e7c1d5b
│   Created:   2026-03-02 18:12:44.1 +0000 UTC
"""


def locked(text: str) -> Evidence:
    log = Log(id="step:1", kind="step", name="Apply Terraform", text=LogText(text.encode()))
    return replace(healthy(), logs=(log,))


def test_a_lock_is_released_by_hand_and_says_who_holds_it() -> None:
    made = plan("release-lock", locked(LOCK), log="step:1")
    assert "by circleci@9f1c0e7c1d5b since 2026-03-02 18:12:44.1 +0000 UTC for Apply" in made.sentence
    assert made.steps[1].command == "terraform force-unlock 6d2f1c1e-2f2b-0b7e-4c3a-0d3a5f1f7d11"
    assert not made.safe
    assert not any(step.action for step in made.steps)


def test_a_lock_whose_id_is_none_makes_no_command() -> None:
    with pytest.raises(Blocked, match="does not say the id"):
        plan("release-lock", locked(LOCK.replace("6d2f1c1e", "$(id); rm")), log="step:1")


def test_no_workflow_at_work_is_cancelled() -> None:
    with pytest.raises(Blocked, match="is at work"):
        plan("cancel-and-rerun", healthy())


def test_a_word_that_was_refused_is_shown_where_it_stands() -> None:
    text = "# pyton_buildpack was wrong\napplications:\n- name: x\n  buildpacks: [pyton_buildpack]\n"
    evidence = with_file(healthy(), "x/manifest.yml", text)
    found = plan("correct-file", evidence, word="pyton_buildpack")
    assert found.sentence == "Correct pyton_buildpack in x/manifest.yml, line 4."
    assert found.steps[0].sentence == "x/manifest.yml, line 4, says: buildpacks: [pyton_buildpack]"
    assert not any(step.command or step.action for step in found.steps)


@pytest.mark.parametrize("word", ["", "my-pyton_buildpack", "pyton_build", "py"])
def test_a_word_that_no_file_says_whole_is_looked_for_by_a_person(word: str) -> None:
    evidence = with_file(healthy(), "x/manifest.yml", "buildpacks: [pyton_buildpack]\n")
    assert plan("correct-file", evidence, word=word).sentence.endswith("in the file that names it.")


def renamed(*names: str) -> Evidence:
    found = tuple(Service(guid=f"guid-{name}", name=name, type="managed", space="tanf-dev") for name in names)
    world = healthy().platform
    assert isinstance(world, Platform)
    return replace(healthy(), platform=replace(world, services=found))


def test_a_service_gets_its_old_name_back_and_the_way_back_is_known() -> None:
    made = plan("rename-service", renamed("tdp-db-new"), app=BACKEND, service="tdp-db-new", name="tdp-db-dev")
    (step,) = made.steps  # the app runs: nothing needs a restart
    assert step.command == "cf rename-service tdp-db-new tdp-db-dev"
    assert step.undo == "cf rename-service tdp-db-dev tdp-db-new"
    assert step.parameters == {"guid": "guid-tdp-db-new", "name": "tdp-db-dev"}


def test_a_service_that_is_not_there_is_not_renamed() -> None:
    with pytest.raises(Blocked, match="has no service"):
        plan("rename-service", renamed(), app=BACKEND, service="tdp-db-new", name="tdp-db-dev")
