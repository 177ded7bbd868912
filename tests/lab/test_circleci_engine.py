"""The lab's CircleCI: real scripts in jobs, and what the API says of them over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3

from runback.lab.circleci.api import routes
from runback.lab.circleci.checks import Checks
from runback.lab.circleci.engine import Engine
from runback.lab.circleci.jobs import JobRunner
from runback.lab.circleci.output import OutputStore
from runback.lab.circleci.scripts import LiveScripts
from runback.lab.circleci.shell import Shell
from runback.lab.circleci.shim import Answer, Call
from runback.lab.circleci.state import Pipeline, Project
from runback.lab.project import Commit, Draft, File, Repository
from runback.lab.server import Listener

CONFIG = """
version: 2.1
jobs:
  check:
    docker: [{image: "cimg/python:3.11"}, {image: "postgres:15"}]
    parallelism: 2
    steps:
      - checkout
      - run: {name: Lint, command: lint everything}
  deploy:
    docker: [{image: "cimg/base:2026.01"}]
    steps:
      - checkout
      - run: {name: Deploy, command: "bash scripts/deploy.sh", working_directory: ~/project}
      - run: {name: Only after a failure, command: "echo cleaning up", when: on_fail}
      - run: {name: Never after a failure, command: "echo reached"}
      - run: {name: Always, command: "echo done for $CIRCLE_BRANCH", when: always}
  after: {docker: [{image: "cimg/base:2026.01"}], steps: [{run: echo after}]}
workflows:
  build:
    jobs:
      - check: {filters: {branches: {ignore: approve}}}
      - hold: {type: approval, filters: {branches: {only: approve}}}
      - deploy: {context: cf, filters: {branches: {ignore: approve}}, requires: [check]}
      - deploy: {name: deploy-held, filters: {branches: {only: approve}}, requires: [hold]}
      - after: {requires: [deploy]}
"""
CHECKS = """
- step: ^lint
  recording: flake8-clean
  seconds: 3
  findings: [{commit: tidy, recording: flake8-hit, exit_code: 1}]
"""
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


class Time:
    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Ci:
    project: Project
    repository: Repository
    engine: Engine
    time: Time
    calls: list[Call]
    output: OutputStore
    api: Listener
    artifacts: Listener

    def push(self, script: str, branch: str = "main", subject: str = "Change", **files: str) -> Pipeline:
        commit = self.commit(script, branch, subject, **files)
        pipeline = self.engine.push(commit)
        assert pipeline is not None
        return pipeline

    def commit(self, script: str, branch: str = "main", subject: str = "Change", **files: str) -> Commit:
        changes: dict[str, File | None] = {
            ".circleci/config.yml": File(CONFIG.encode()),
            "scripts/deploy.sh": File(script.encode()),
            **{name: File(text.encode()) for name, text in files.items()},
        }
        (commit,) = self.repository.commit([Draft(branch, subject, "Ada <ada@lab.example>", AT, changes)])
        return commit

    def ask(self, path: str, token: str = "right", method: str = "GET") -> urllib3.BaseHTTPResponse:  # noqa: S107
        url = path if path.startswith("http") else f"{self.api.url}{path}"
        with urllib3.PoolManager(retries=False) as pool:
            return pool.request(method, url, headers={"Circle-Token": token} if token else {})

    def get(self, path: str, token: str = "right") -> Any:  # noqa: S107
        answer = self.ask(path, token)
        assert answer.status == 200
        return answer.json()

    def text(self, pipeline: Pipeline, job: str, step: str) -> str:
        (found,) = [one for one in pipeline.workflows[-1].jobs if one.name == job]
        action = [one for one in found.actions if one.name == step][-1]
        return "".join(message.text for message in action.output)


@pytest.fixture
def ci(tmp_path: Path) -> Iterator[Ci]:
    world = tmp_path / "world"
    (world / "commits" / "tidy").mkdir(parents=True)
    (world / "commits" / "tidy" / "views").write_text("import logging\n")
    (world / "checks.yml").write_text(CHECKS)
    time = Time()
    calls: list[Call] = []

    def cf(call: Call) -> Answer:
        calls.append(call)
        time.advance(7)
        return Answer(1, "FAILED\n") if "fail" in call.arguments else Answer(0, f"OK {call.arguments[0]}\n")

    project = Project("gh/lab/portal", "lab", "portal", "https://github.com/lab/portal", "main", "right")
    project.variables = {"CF_PASSWORD": "hunter2hunter2", "EMPTY": ""}
    project.contexts = {"cf": {"CF_SPACE": "dev"}}
    repository = Repository(tmp_path / "checkout", project.repository, "main")
    shell = Shell(tmp_path / "shim", {"cf": cf}, time.now)
    runner = JobRunner(project, Checks(world), LiveScripts(shell, time, tmp_path))
    engine = Engine(project, repository, runner, time)
    output = OutputStore(project, time.now)
    with (
        Listener("circleci", routes(project, engine, output), now=time.now) as api,
        Listener("artifacts", output.routes(), now=time.now) as artifacts,
    ):
        output.base_url = artifacts.url
        yield Ci(project, repository, engine, time, calls, output, api, artifacts)
    shell.close()


def states(pipeline: Pipeline) -> dict[str, str]:
    return {job.name: job.status for job in pipeline.workflows[-1].jobs}


def test_a_script_without_set_e_is_green_though_cf_failed(ci: Ci) -> None:
    pipeline = ci.push('cf push app\ncf restage fail\necho "last command"')
    assert states(pipeline) == {"check": "success", "deploy": "success", "after": "success"}
    assert ci.text(pipeline, "deploy", "Deploy") == "OK push\r\nFAILED\r\nlast command\r\n"
    assert [call.arguments for call in ci.calls] == [["push", "app"], ["restage", "fail"]]
    assert ci.calls[0].environment["CF_SPACE"] == "dev"


def test_a_script_that_exits_makes_the_job_red_and_blocks_what_requires_it(ci: Ci) -> None:
    pipeline = ci.push("cf push fail || exit 3\necho not reached")
    assert states(pipeline) == {"check": "success", "deploy": "failed", "after": "blocked"}
    assert pipeline.workflows[0].status == "failed"
    assert ci.text(pipeline, "deploy", "Deploy") == "FAILED\r\n\nExited with code exit status 3\n"
    deploy = pipeline.workflows[0].jobs[1]
    assert [action.name for action in deploy.actions][-3:] == ["Deploy", "Only after a failure", "Always"]
    assert ci.text(pipeline, "deploy", "Always") == "done for main\r\n"


def test_output_carries_the_time_at_which_it_was_printed(ci: Ci) -> None:
    pipeline = ci.push("echo one\ncf push app\necho two\nsleep 0\ncf app x\necho three")
    (deploy,) = [job for job in pipeline.workflows[0].jobs if job.name == "deploy"]
    (action,) = [action for action in deploy.actions if action.name == "Deploy"]
    assert [message.text for message in action.output] == [
        "one\r\n",
        "OK push\r\ntwo\r\n",
        "OK app\r\nthree\r\n",
    ]
    first, second, third = (message.at for message in action.output)
    assert (second - first, third - second) == (timedelta(seconds=7), timedelta(seconds=7))
    assert action.ended is not None
    assert action.started == first < third < action.ended


def test_settings_are_masked(ci: Ci) -> None:
    pipeline = ci.push('echo "password $CF_PASSWORD in $CF_SPACE, empty is [$EMPTY]"')
    assert ci.text(pipeline, "deploy", "Deploy") == "password **** in dev, empty is []\r\n"
    preparing = ci.text(pipeline, "deploy", "Preparing environment variables")
    assert "CF_PASSWORD=**REDACTED**" in preparing
    assert "hunter2" not in preparing


def test_a_check_prints_what_was_recorded_over_such_code(ci: Ci) -> None:
    assert states(ci.push("true", views="import os\n"))["check"] == "success"
    pipeline = ci.push("true", views="import logging\n")
    assert states(pipeline) == {"check": "failed", "deploy": "blocked", "after": "blocked"}
    assert "F401 'logging' imported but unused" in ci.text(pipeline, "check", "Lint")


def test_service_containers_are_canceled_in_green_jobs_and_runs_are_parallel(ci: Ci) -> None:
    job = ci.push("true").workflows[0].jobs[0]
    build = ci.get(f"/api/v1.1/project/gh/lab/portal/{job.number}")
    steps = {
        step["name"]: [(one["index"], one["step"], one["status"]) for one in step["actions"]]
        for step in build["steps"]
    }
    assert build["status"] == "success"
    assert steps["Container postgres:15"] == [(0, 1, "canceled"), (1, 1, "canceled")]
    assert steps["Preparing environment variables"] == [(0, 99, "success"), (1, 99, "success")]
    assert steps["Checkout code"] == [(0, 101, "success"), (1, 101, "success")]
    assert steps["Lint"] == [(0, 102, "success"), (1, 102, "success")]


def test_an_approval_holds_the_workflow_until_somebody_approves(ci: Ci) -> None:
    pipeline = ci.push("cf push app", branch="approve")
    assert (pipeline.workflows[0].status, states(pipeline)["deploy-held"]) == ("on_hold", "blocked")
    jobs = ci.get(f"/api/v2/workflow/{pipeline.workflows[0].id}/job")["items"]
    (hold,) = [job for job in jobs if job["type"] == "approval"]
    where = f"/api/v2/workflow/{pipeline.workflows[0].id}/approve/{hold['approval_request_id']}"
    assert ci.ask(where, method="POST").status == 202
    assert (pipeline.workflows[0].status, states(pipeline)["deploy-held"]) == ("success", "success")


def test_a_rerun_from_failed_keeps_what_succeeded(ci: Ci) -> None:
    pipeline = ci.push("test -e ../../mended || { touch ../../mended; exit 1; }")
    (first,) = pipeline.workflows
    again = ci.engine.rerun(pipeline, first, from_failed=True, jobs=())
    assert again.status == "success"
    numbers = {job.name: (job.number, again.jobs[at].number) for at, job in enumerate(first.jobs)}
    assert numbers["check"][0] == numbers["check"][1]
    assert numbers["deploy"][0] != numbers["deploy"][1]


def test_skip_ci_makes_no_pipeline_and_a_broken_configuration_an_errored_one(ci: Ci) -> None:
    assert ci.engine.push(ci.commit("true", subject="Docs only [skip ci]")) is None
    commit = ci.commit("true", **{".circleci/config.yml": "workflows: {w: {jobs: [nowhere]}}"})
    pipeline = ci.engine.push(commit)
    assert pipeline is not None
    shown = ci.get(f"/api/v2/pipeline/{pipeline.id}")
    assert shown["state"] == "errored"
    assert shown["errors"][0]["type"] == "config"
    assert "Cannot find a definition for job named nowhere" in shown["errors"][0]["message"]


def test_pipelines_come_in_pages_newest_first_and_by_branch(ci: Ci) -> None:
    for number in range(23):
        ci.project.pipelines.append(
            Pipeline(
                id=f"id-{number}",
                number=number,
                branch="main" if number % 2 else "other",
                sha="0" * 40,
                subject="",
                created=AT,
            )
        )
    first = ci.get("/api/v2/project/gh/lab/portal/pipeline")
    assert [one["number"] for one in first["items"]] == list(range(22, 2, -1))
    second = ci.get(f"/api/v2/project/gh/lab/portal/pipeline?page-token={first['next_page_token']}")
    assert [one["number"] for one in second["items"]] == [2, 1, 0]
    assert second["next_page_token"] is None
    of_branch = ci.get("/api/v2/project/github/lab/portal/pipeline?branch=main")["items"]
    assert {one["vcs"]["branch"] for one in of_branch} == {"main"}


@pytest.mark.parametrize(
    "path", ["/api/v2/project/gh/lab/portal/pipeline", "/api/v1.1/project/gh/lab/portal/1"]
)
def test_a_wrong_token_gets_404(ci: Ci, path: str) -> None:
    answer = ci.ask(path, token="wrong")
    assert (answer.status, answer.json()) == (404, {"message": "Project not found"})


def test_step_output_is_fetched_without_the_token(ci: Ci) -> None:
    job = ci.push("echo hello").workflows[0].jobs[1]
    build = ci.get(f"/api/v1.1/project/gh/lab/portal/{job.number}")
    (action,) = next(step for step in build["steps"] if step["name"] == "Deploy")["actions"]
    assert action["output_url"].startswith(ci.artifacts.url)
    (message,) = ci.get(action["output_url"], token="")
    assert (message["message"], message["type"]) == ("hello\r\n", "out")
    assert ci.output.violations == []
    assert ci.ask(action["output_url"]).status == 400
    assert len(ci.output.violations) == 1
    ci.time.advance(3601)
    assert ci.ask(action["output_url"], token="").status == 403
