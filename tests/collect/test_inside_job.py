"""A CI job that has no API token tells what it can: its variables, its configuration, its test results."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from runback.collect.circleci.inside import of_this_job
from runback.model import Ci, Gap, Job, Target

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
JOB = {
    "CIRCLE_JOB": "test-backend",
    "CIRCLE_SHA1": "a" * 40,
    "CIRCLE_BRANCH": "main",
    "CIRCLE_BUILD_NUM": "225",
    "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/portal/225",
    "CIRCLE_PIPELINE_ID": "p-1",
    "CIRCLE_WORKFLOW_JOB_ID": "j-1",
}
CONFIG = """
jobs:
  test-backend:
    docker: [{image: "cimg/python:3.11"}]
    working_directory: ~/project
    steps:
      - run: pytest --junitxml=reports/junit.xml
      - store_test_results: {path: reports}
"""
RESULTS = """<testsuites><testsuite name="pytest">
<testcase classname="tests.test_mail" name="test_sent" time="0.1">
<failure message="assert 1 == 2">…</failure></testcase>
<testcase classname="tests.test_mail" name="test_read" time="0.2"/>
</testsuite></testsuites>"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".circleci").mkdir()
    (tmp_path / ".circleci" / "config.yml").write_text(CONFIG)
    (tmp_path / "reports").mkdir()
    return tmp_path


def job(checkout: Path, target: Target | None = None) -> Job:
    found = of_this_job(JOB, checkout, target or Target(project="gh/acme/portal"), "there is no token", NOW)
    assert found is not None
    assert isinstance(found.part, Ci)
    (pipeline,) = found.part.pipelines if isinstance(found.part.pipelines, tuple) else ()
    assert (pipeline.branch, pipeline.sha) == ("main", "a" * 40)
    assert isinstance(pipeline.workflows, tuple)
    (workflow,) = pipeline.workflows
    assert isinstance(workflow.jobs, tuple)
    return workflow.jobs[0]


def test_the_results_on_the_disk_say_which_test_failed(checkout: Path) -> None:
    (checkout / "reports" / "junit.xml").write_text(RESULTS)
    found = job(checkout)
    assert (found.name, found.status, found.number, found.image) == (
        "test-backend",
        "failed",
        225,
        "cimg/python:3.11",
    )
    assert isinstance(found.tests, tuple)
    assert [(one.name, one.result, one.message) for one in found.tests] == [
        ("test_sent", "failure", "assert 1 == 2"),
        ("test_read", "success", ""),
    ]
    assert isinstance(found.steps, Gap)
    assert found.steps.reason == "there is no token"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("<testsuite", id="cut"),
        pytest.param('<!DOCTYPE a [<!ENTITY b "c">]><testsuite/>', id="entities"),
        pytest.param("\0\1\2", id="binary"),
    ],
)
def test_results_that_are_none_say_nothing(checkout: Path, text: str) -> None:
    (checkout / "reports" / "junit.xml").write_text(text)
    found = job(checkout)
    assert (found.tests, found.status) == ((), "running")


def test_no_file_outside_of_the_checkout_is_read(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "junit.xml").write_text(RESULTS)
    (checkout / "reports" / "junit.xml").symlink_to(elsewhere / "junit.xml")
    config = CONFIG.replace("path: reports", f"path: {elsewhere}")
    (checkout / ".circleci" / "config.yml").write_text(
        config + "      - store_test_results: {path: reports}\n"
    )
    assert job(checkout).tests == ()


def test_outside_of_a_job_and_for_another_run_there_is_nothing(checkout: Path) -> None:
    assert of_this_job({}, checkout, Target(), "no token", NOW) is None
    assert of_this_job(JOB, checkout, Target(pipeline=7), "no token", NOW) is None
    assert of_this_job(JOB, checkout, Target(job=7), "no token", NOW) is None
