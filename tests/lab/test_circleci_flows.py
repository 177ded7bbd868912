"""The lab's CircleCI: how workflows run, stop, go on and are cut short, seen through the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from lab.test_circleci_engine import AT, Time, states
from runback.lab.circleci.api import routes
from runback.lab.circleci.checks import Checks
from runback.lab.circleci.engine import Engine, Meanwhile
from runback.lab.circleci.jobs import JobRunner
from runback.lab.circleci.output import OutputStore
from runback.lab.circleci.scripts import LiveScripts
from runback.lab.circleci.shell import Shell
from runback.lab.circleci.state import Pipeline, Project
from runback.lab.project import Commit, Draft, File, Repository
from runback.lab.server import Listener

IMAGE = "docker: [{image: 'cimg/base:2026.01'}]"
CHECKS = """
- {step: ^unsure, seconds: 5, recording: pytest-passed, findings: [
    {commit: unsure, recording: pytest-flaky, exit_code: 1, passing: pytest-flaky-passed}]}
- {step: ^endless, seconds: 7200, recording: pytest-passed}
- {step: ^slow, seconds: 60, recording: pytest-passed}
"""


class Ci:
    def __init__(self, folder: Path) -> None:
        (folder / "world/commits/unsure").mkdir(parents=True)
        (folder / "world/commits/unsure/order").write_text("any\n")
        (folder / "world/checks.yml").write_text(CHECKS)
        self.time = Time()
        self.project = Project(
            "gh/lab/portal", "lab", "portal", "https://github.com/lab/portal", "main", "right"
        )
        self.project.contexts = {"cf": {"CF_SPACE": "dev"}}
        self.repository = Repository(folder / "checkout", self.project.repository, "main")
        self.shell = Shell(folder / "shim", {}, self.time.now)
        scripts = LiveScripts(self.shell, self.time, folder, lambda: self.api.url)
        runner = JobRunner(self.project, Checks(folder / "world"), scripts)
        self.engine = Engine(self.project, self.repository, runner, self.time)
        self.output = OutputStore(self.project, self.time.now)
        self.api = Listener("circleci", routes(self.project, self.engine, self.output), now=self.time.now)
        self.artifacts = Listener("artifacts", self.output.routes(), now=self.time.now)

    def commit(self, config: str, branch: str = "topic", **files: str) -> Commit:
        changes: dict[str, File | None] = {".circleci/config.yml": File(config.encode())}
        changes |= {name: File(text.encode()) for name, text in files.items()}
        (made,) = self.repository.commit([Draft(branch, "Change", "Ada <ada@lab.example>", AT, changes)])
        return made

    def push(self, config: str, branch: str = "topic", **files: str) -> Pipeline:
        pipeline = self.engine.push(self.commit(config, branch, **files))
        assert pipeline is not None
        return pipeline

    def ask(self, path: str, method: str = "GET", body: object = None, status: int = 200) -> Any:
        url = path if path.startswith("http") else f"{self.api.url}/api/v2/{path}"
        headers = {} if path.startswith("http") else {"Circle-Token": "right"}
        with urllib3.PoolManager(retries=False) as pool:
            answer = pool.request(method, url, headers=headers, json=body)
        assert answer.status == status, answer.data
        return answer.data if path.startswith("http") else answer.json()


@pytest.fixture
def ci(tmp_path: Path) -> Iterator[Ci]:
    made = Ci(tmp_path)
    with made.api, made.artifacts:
        made.output.base_url = made.artifacts.url
        yield made
    made.shell.close()


def config(jobs: str, flow: str) -> str:
    return f"version: 2.1\njobs:\n{jobs}\nworkflows: {{main: {{jobs: [{flow}]}}}}\n"


def job(name: str, *commands: str) -> str:
    steps = ", ".join(
        f"{{run: {{name: S{number}, command: '{one}'}}}}" for number, one in enumerate(commands)
    )
    return f"  {name}: {{{IMAGE}, steps: [{steps}]}}\n"


def test_jobs_run_after_a_failure_where_they_ask_for_it(ci: Ci) -> None:
    jobs = (
        job("deploy", "exit 3") + job("mourn", "echo sorry") + job("cheer", "echo good") + job("tidy", "true")
    )
    flow = "deploy, {mourn: {requires: [{deploy: [failed, canceled]}]}}, {cheer: {requires: [deploy]}}, "
    flow += "{tidy: {requires: [{deploy: terminal}]}}"
    failed = ci.push(config(jobs, flow))
    assert states(failed) == {"deploy": "failed", "mourn": "success", "cheer": "blocked", "tidy": "success"}
    assert failed.workflows[0].status == "failed"
    passed = ci.push(config(jobs.replace("exit 3", "true"), flow))
    assert states(passed) == {"deploy": "success", "mourn": "not_run", "cheer": "success", "tidy": "success"}
    assert passed.workflows[0].status == "success"


def test_a_newer_push_cancels_what_still_runs_on_its_branch(ci: Ci) -> None:
    source = config(
        job("test", "slow tests") + job("deploy", "echo deploy"), "test, {deploy: {requires: [test]}}"
    )
    seen = Meanwhile(20, canceled=False)
    ci.project.obstacles.auto_cancel = True
    first = ci.engine.push(ci.commit(source), meanwhile=seen)
    assert first is not None
    assert (first.workflows[0].status, states(first)) == ("running", {"test": "running", "deploy": "blocked"})
    (body,) = ci.ask(f"pipeline/{first.id}/workflow")["items"]
    assert (body["status"], body["stopped_at"]) == ("running", None)
    ci.push(source)
    assert (first.workflows[0].status, states(first)) == (
        "canceled",
        {"test": "canceled", "deploy": "canceled"},
    )
    # Never on the default branch.
    kept = ci.engine.push(ci.commit(source, "main"), meanwhile=seen)
    ci.push(source, "main")
    assert kept is not None
    assert kept.workflows[0].status == "running"


def test_a_job_ends_where_the_plan_says(ci: Ci) -> None:
    ci.project.obstacles.add({"job_limit": "1h"})
    pipeline = ci.push(config(job("test", "endless tests", "echo never"), "test"))
    (made,) = pipeline.workflows[0].jobs
    assert (made.status, [one.name for one in made.actions][-1]) == ("timedout", "S0")
    assert (made.actions[-1].status, made.actions[-1].exit_code) == ("timedout", None)
    assert made.actions[-1].output[-1].text == "\ncontext deadline exceeded\n"
    assert made.started is not None
    assert made.stopped is not None
    assert (made.stopped - made.started).total_seconds() == 3600


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"unregistered": True}, "unauthorized", "block-unregistered-user"),
        ({"classes": ["medium"]}, "failed", "Resource class docker for medium is not available"),
    ],
)
def test_what_ends_a_job_without_a_step_is_in_its_messages(
    ci: Ci, given: dict[str, Any], status: str, says: str
) -> None:
    ci.project.obstacles.add(given)
    (made,) = ci.push(config(job("test", "true"), "test")).workflows[0].jobs
    body = ci.ask(f"project/gh/lab/portal/job/{made.number}")
    assert (body["status"], made.actions) == (status, [])
    assert says in body["messages"][0]["message"]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("checkout", "Permission denied (publickey)."),
        ("restore_cache", "Error untarring cache: Error extracting tarball"),
        ("attach_workspace", "Error applying workspace layer for job"),
        ("persist_to_workspace", "Error uploading workspace archive: AccessDenied"),
    ],
)
def test_the_steps_that_circleci_brings_can_fail(ci: Ci, kind: str, says: str) -> None:
    ci.project.obstacles.add({"broken": [kind]})
    jobs = f"  test: {{{IMAGE}, steps: [{kind}: {{}}, {{run: echo never}}]}}\n"
    (made,) = ci.push(config(jobs, "test")).workflows[0].jobs
    assert (made.status, made.actions[-1].status) == ("failed", "failed")
    assert says in made.actions[-1].output[0].text


def test_a_job_may_wait_for_a_machine_and_be_canceled(ci: Ci) -> None:
    ci.project.obstacles.add({"queue": ["test"]})
    pipeline = ci.push(config(job("test", "true"), "test"))
    (made,) = pipeline.workflows[0].jobs
    assert (made.status, made.number, pipeline.workflows[0].status) == ("queued", 1, "running")
    ci.ask("project/gh/lab/portal/job/1/cancel", "POST")
    assert (made.status, pipeline.workflows[0].status) == ("canceled", "canceled")


SETUP = """
version: 2.1
setup: true
jobs:
  setup:
    docker: [{image: 'cimg/base:2026.01'}]
    steps:
      - checkout
      - run: |
          printf '{"continuation-key": "%s", "configuration": "%s", "parameters": {"who": "you"}}' \\
            "$CIRCLE_CONTINUATION_KEY" "$(sed 's/$/\\\\n/' next.yml | tr -d '\\n')" > given.json
          curl --silent --fail --data @given.json -H 'Content-Type: application/json' \\
            "$LAB_CIRCLECI_URL/api/v2/pipeline/continue"
workflows: {setup: {jobs: [setup]}}
"""
NEXT = """version: 2.1
parameters: {who: {type: string}}
jobs: {greet: {docker: [{image: i}], steps: [{run: echo hello << pipeline.parameters.who >>}]}}
workflows: {main: {jobs: [greet]}}
"""


def test_a_setup_workflow_continues_with_another_configuration(ci: Ci) -> None:
    pipeline = ci.push(SETUP, **{"next.yml": NEXT})
    assert [(one.name, one.tag, one.status) for one in pipeline.workflows] == [
        ("setup", "setup", "success"),
        ("main", None, "success"),
    ]
    assert "hello you" in pipeline.workflows[1].jobs[0].actions[-1].output[0].text
    body = ci.ask(f"pipeline/{pipeline.id}/config")
    assert (body["source"], body["setup-config"]) == (NEXT, SETUP)
    assert "echo hello you" in body["compiled"]
    again = {"continuation-key": ci.project.continuation_key(pipeline), "configuration": NEXT}
    ci.ask("pipeline/continue", "POST", again, 400)


def test_artifacts_are_what_the_job_left(ci: Ci) -> None:
    jobs = f"""  test:
    {IMAGE}
    steps:
      - run: mkdir -p out && echo kept > out/report.txt && exit 1
      - store_artifacts: {{path: out}}
"""
    (made,) = ci.push(config(jobs, "test")).workflows[0].jobs
    (item,) = ci.ask(f"project/gh/lab/portal/{made.number}/artifacts")["items"]
    assert item["path"] == "out/report.txt"
    assert ci.ask(item["url"]) == b"kept\n"


def test_a_long_output_is_cut_at_its_head_and_whole_in_the_newest_api(ci: Ci) -> None:
    (made,) = ci.push(config(job("test", "seq 800000"), "test")).workflows[0].jobs
    action = made.actions[-1]
    assert action.truncated
    with urllib3.PoolManager(retries=False) as pool:
        pieces = pool.request("GET", ci.output.url(made, action)).json()
        where = (
            f"{ci.api.url}/api/v3/jobs/{made.id}/stdout?filter[execution]=0&filter[step_num]={action.step}"
        )
        whole = pool.request("GET", where, headers={"Circle-Token": "right"}).data
    text = "".join(piece["message"] for piece in pieces)
    assert len(pieces) > 5
    assert len(text) <= 4_000_000
    assert text.endswith("800000\r\n")
    assert not text.startswith("1\r\n")
    assert whole.startswith(b"1\r\n2\r\n")
    assert whole.endswith(text.encode())


def test_insights_call_a_test_flaky_that_failed_and_passed_on_one_commit(ci: Ci) -> None:
    jobs = f"  test: {{{IMAGE}, steps: [{{run: unsure tests}}, {{store_test_results: {{path: reports}}}}]}}\n"
    pipeline = ci.push(config(jobs, "test"), order="any\n")
    assert ci.ask("insights/gh/lab/portal/flaky-tests") == {"flaky_tests": [], "total_flaky_tests": 0}
    ci.engine.rerun(pipeline, pipeline.workflows[0], True, ())
    assert [one.status for one in pipeline.workflows] == ["failed", "success"]
    (flake,) = ci.ask("insights/gh/lab/portal/flaky-tests")["flaky_tests"]
    assert (flake["test_name"], flake["times_flaked"], flake["job_name"]) == (
        "test_the_uploader_comes_first",
        1,
        "test",
    )
    results = ci.ask("project/gh/lab/portal/2/tests")["items"]
    assert {one["result"] for one in results} == {"success"}
    assert len(results) == 11


def test_a_restricted_context_says_for_whom_it_is(ci: Ci) -> None:
    ci.project.obstacles.add({"restrict": ["cf"]})
    (context,) = ci.ask("context?owner-slug=gh/lab")["items"]
    (variable,) = ci.ask(f"context/{context['id']}/environment-variable")["items"]
    assert (context["name"], variable["variable"]) == ("cf", "CF_SPACE")
    (restriction,) = ci.ask(f"context/{context['id']}/restrictions")["items"]
    assert restriction["restriction_value"] == 'pipeline.git.branch == "main"'
    ci.ask("context", status=400)
    ci.ask("context/none", status=404)
