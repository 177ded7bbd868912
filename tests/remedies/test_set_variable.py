"""Where the value of a variable comes from: a file of the repository, CircleCI, an earlier revision."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runback.app.remedying import values_of
from runback.facts import tables
from runback.model import (
    Address,
    Evidence,
    Finding,
    Gap,
    Plan,
    Platform,
    Repository,
    SourceFile,
    Variable,
)
from runback.remedies import REMEDIES
from runback.remedies.interface import Asked
from runback.score import run
from worlds import healthy, with_app

BACKEND, FRONTEND, PROXY = "tdp-backend-raft", "tdp-frontend-raft", "tdp-clamav-nginx-dev"
SCRIPT = """#!/bin/bash
export AV_SCAN_URL="http://{host}.apps.internal:{port}/scan"
cf set-env tdp-backend-raft AV_SCAN_URL "$AV_SCAN_URL"
cf set-env tdp-backend-raft JWT_KEY "$JWT_KEY"
cf set-env tdp-backend-raft PARTNER_URL "https://user:secret@{host}.apps.internal/"
"""


def written(evidence: Evidence, host: str = PROXY, port: int = 9000) -> Evidence:
    repository = evidence.repository
    assert isinstance(repository, Repository)
    file = SourceFile(path="scripts/deploy.sh", text=SCRIPT.format(host=host, port=port))
    return replace(evidence, repository=replace(repository, files=(file,)))


def asking(host: str, port: int = 9000) -> Evidence:
    """The backend looks for the scanner there."""
    return with_app(
        written(healthy()), BACKEND, addresses=(Address(variable="AV_SCAN_URL", host=host, port=port),)
    )


def plan(evidence: Evidence, app: str, name: str) -> Plan:
    finding = Finding(page="p", title="", stage="run", severity="error", confidence="high", app=app)
    asked = Asked("set-variable", {"app": app, "name": name}, finding, evidence, tables(evidence))
    return REMEDIES["set-variable"](asked)


def commands(made: Plan) -> list[str]:
    return [step.command for step in made.steps if step.command]


@pytest.mark.parametrize(("host", "port"), [("localhost", 9000), (f"{PROXY}.apps.internal", 9001)])
def test_an_address_that_a_script_holds_is_set_as_it_stands_there(host: str, port: int) -> None:
    made = plan(asking(host, port), BACKEND, "AV_SCAN_URL")
    value = f"http://{PROXY}.apps.internal:9000/scan"
    assert commands(made)[0] == f"cf set-env {BACKEND} AV_SCAN_URL {value}"
    assert "scripts/deploy.sh gives it (line 3)" in made.steps[0].sentence
    assert made.steps[0].parameters["value"] == value
    assert values_of(made.steps[0]) == ()
    assert not any("CircleCI" in step.sentence for step in made.steps)


def test_an_address_that_the_script_itself_has_wrong_is_mended_there() -> None:
    made = plan(asking(f"{PROXY}.apps.internal"), BACKEND, "AV_SCAN_URL")
    assert made.steps[0].sentence.startswith(
        "Put the right value of AV_SCAN_URL into scripts/deploy.sh, line 3"
    )
    assert commands(made)[0] == f'cf set-env {BACKEND} AV_SCAN_URL "$AV_SCAN_URL"'


def test_a_host_that_nobody_here_has_is_not_written() -> None:
    world = written(asking("localhost"), host="elsewhere")
    assert (
        commands(plan(world, BACKEND, "AV_SCAN_URL"))[0] == f'cf set-env {BACKEND} AV_SCAN_URL "$AV_SCAN_URL"'
    )


def test_a_value_with_a_password_stays_in_its_file() -> None:
    made = plan(asking("localhost"), BACKEND, "PARTNER_URL")
    assert "secret" not in "".join(f"{step.sentence}{step.command}" for step in made.steps)


def test_what_only_ci_holds_is_given_there() -> None:
    made = plan(asking("localhost"), BACKEND, "JWT_KEY")
    assert made.steps[0].sentence.startswith("Give JWT_KEY its value in CircleCI again")
    assert made.steps[1].sentence.startswith("Until then: give")
    assert values_of(made.steps[1]) == ("JWT_KEY",)


def changed(evidence: Evidence, *, droplet: str | None) -> Evidence:
    """Somebody gave the proxy another scanner by hand; `droplet`: that of the revision before."""
    world = evidence.platform
    assert isinstance(world, Platform)
    assert not isinstance(world.apps, Gap)
    app = next(one for one in world.apps if one.name == PROXY)
    assert not isinstance(app.revisions, Gap)

    def held(fingerprint: str) -> tuple[Variable, ...]:
        return (Variable(name="CLAMAV_HOST", fingerprint=fingerprint, shape="text"),)

    now = max(app.revisions, key=lambda one: one.version)
    revisions = tuple(
        one if one is now else replace(one, variables=held("before"), droplet=droplet or now.droplet)
        for one in app.revisions
    )
    return with_app(evidence, PROXY, revisions=revisions, variables=held("now"))


def test_what_no_script_holds_is_nothing_for_ci_and_an_earlier_revision_of_the_same_code_has_it() -> None:
    made = plan(changed(written(healthy()), droplet=None), PROXY, "CLAMAV_HOST")
    assert not any("CircleCI" in step.sentence for step in made.steps)
    assert commands(made)[-1] == f"cf rollback {PROXY} --version 1 -f"


def test_an_earlier_revision_of_other_code_is_no_way_to_a_value() -> None:
    made = plan(changed(written(healthy()), droplet="other"), PROXY, "CLAMAV_HOST")
    assert not any("rollback" in one for one in commands(made))


def test_without_a_script_that_was_read_ci_is_the_first_place_to_look() -> None:
    world = healthy()
    repository = world.repository
    assert isinstance(repository, Repository)
    unread = replace(world, repository=replace(repository, files=()))
    assert "CircleCI" in plan(unread, PROXY, "CLAMAV_HOST").steps[0].sentence


def test_an_address_of_a_script_reaches_the_app_without_anybody_typing_it() -> None:
    result = run(["backend-host-wrong"], fix=True)
    assert result.scenarios[0].fixed, result
