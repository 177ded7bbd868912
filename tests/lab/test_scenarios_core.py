"""The core scenarios, looked at as any client would: CircleCI's API, cf, git. No diagnosis is involved."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from runback import lab
from runback.lab import cf
from runback.lab.running import RunningLab


class Client:
    """What a person has at hand: a browser for CircleCI, and cf."""

    def __init__(self, running: RunningLab) -> None:
        self.running = running
        self._pool = urllib3.PoolManager(retries=False)

    def close(self) -> None:
        self._pool.clear()

    def get(self, path: str) -> Any:
        headers = {"Circle-Token": self.running.environ["CIRCLE_TOKEN"]}
        answer = self._pool.request("GET", self.running.environ["CIRCLE_HOST"] + path, headers=headers)
        assert answer.status == 200, answer.data
        return answer.json()

    def cf(self, line: str) -> str:
        out, err = io.StringIO(), io.StringIO()
        code = cf.main(line.split(), self.running.environ, self.running.checkout, out, err)
        assert code == 0, err.getvalue()
        return out.getvalue()

    def jobs(self, branch: str) -> dict[str, dict[str, Any]]:
        """The jobs of the newest pipeline of a branch."""
        pipeline = self.get(f"/api/v2/project/gh/runback-lab/portal/pipeline?branch={branch}")["items"][0]
        (workflow,) = self.get(f"/api/v2/pipeline/{pipeline['id']}/workflow")["items"]
        return {job["name"]: job for job in self.get(f"/api/v2/workflow/{workflow['id']}/job")["items"]}

    def step(self, job: dict[str, Any], name: str) -> tuple[str, str]:
        """The status and the output of a step."""
        build = self.get(f"/api/v1.1/project/gh/runback-lab/portal/{job['job_number']}")
        (action,) = next(step["actions"] for step in build["steps"] if step["name"] == name)
        messages = self._pool.request("GET", action["output_url"]).json()
        return action["status"], "".join(message["message"] for message in messages)


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client of the lab with the scenario of the test's mark."""
    with lab.start(request.param) as running:
        made = Client(running)
        yield made
        made.close()


def scenario(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("client", [name], indirect=True)


@scenario("healthy")
def test_healthy(client: Client) -> None:
    jobs = client.jobs("raft")
    assert {job["status"] for job in jobs.values()} == {"success"}
    status, output = client.step(jobs["deploy-dev"], "Deploy backend")
    assert (status, "FAILED" in output, "unset" in output) == ("success", False, False)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=client.running.checkout, capture_output=True, text=True, check=True
    ).stdout.strip()
    for app in ("tdp-backend-raft", "tdp-celery-raft", "tdp-frontend-raft"):
        shown = client.cf(f"app {app}")
        assert "instances:      1/1" in shown or "instances:       1/1" in shown
        assert head in client.cf(f"curl /v3/apps?names={app}")
    assert "FAILED" not in client.cf("logs tdp-backend-raft --recent")


@scenario("git-secrets-hit")
def test_git_secrets_hit(client: Client) -> None:
    jobs = client.jobs("raft")
    assert {name for name, job in jobs.items() if job["status"] == "failed"} == {"secrets-check"}
    assert jobs["deploy-dev"]["status"] == "blocked"
    status, output = client.step(jobs["secrets-check"], "Check for secrets with git-secrets")
    assert status == "failed"
    assert "scripts/export-datafiles.sh:4:" in output
    line = (client.running.checkout / "scripts/export-datafiles.sh").read_text().splitlines()[3]
    assert line in output


@scenario("backend-test-failed")
def test_backend_test_failed(client: Client) -> None:
    jobs = client.jobs("raft")
    assert {name for name, job in jobs.items() if job["status"] == "failed"} == {"test-backend"}
    status, output = client.step(jobs["test-backend"], "Run the unit tests")
    assert (status, "FAILED tests/test_quarters.py::" in output) == ("failed", True)
    number = jobs["test-backend"]["job_number"]
    tests = client.get(f"/api/v2/project/gh/runback-lab/portal/{number}/tests")["items"]
    assert {test["file"] for test in tests} == {"tests/test_quarters.py", "tests/test_views.py"}


@scenario("rolling-push-failed")
def test_rolling_push_failed(client: Client) -> None:
    jobs = client.jobs("raft")
    assert jobs["deploy-dev"]["status"] == "failed"
    status, output = client.step(jobs["deploy-dev"], "Deploy backend")
    assert (status, "memory quota_exceeded" in output, "Deployed" in output) == ("failed", True, False)
    shown = client.cf("app tdp-backend-raft")
    assert "instances:      1/1" in shown
    assert "routes:            tdp-backend-raft.apps.internal" in shown
    assert "2026-03-03" not in client.cf("revisions tdp-backend-raft")


@scenario("green-but-not-deployed")
def test_green_but_not_deployed(client: Client) -> None:
    jobs = client.jobs("main")
    assert {job["status"] for job in jobs.values()} == {"success"}
    _, strategy = client.step(jobs["deploy-staging"], "Choose the deployment strategy")
    assert "App 'tdp-backend-main' not found." in strategy
    status, output = client.step(jobs["deploy-staging"], "Deploy backend")
    assert (status, output.count("FAILED")) == ("success", 1)
    assert "pyton_buildpack" in output
    assert "running" in client.cf("app tdp-backend-staging")


@scenario("staging-failed")
def test_staging_failed(client: Client) -> None:
    jobs = client.jobs("raft")
    assert jobs["deploy-dev"]["status"] == "failed"
    _, output = client.step(jobs["deploy-dev"], "Deploy backend")
    assert "3.8.x" in output
    assert "running" in client.cf("app tdp-backend-raft")


@scenario("variable-emptied")
def test_variable_emptied(client: Client) -> None:
    jobs = client.jobs("raft")
    assert {job["status"] for job in jobs.values()} == {"success"}
    _, output = client.step(jobs["deploy-dev"], "Deploy backend")
    assert "WARNING: Empty value for JWT_KEY. It will now be unset." in output
    assert "Start unsuccessful" in output
    assert "JWT_KEY" not in client.cf("env tdp-backend-raft")
    assert "JWT_KEY" in client.cf("env tdp-backend-qasp")
    assert "KeyError: 'JWT_KEY'" in client.cf("logs tdp-backend-raft --recent")
    assert "crashed" in client.cf("app tdp-backend-raft")
    assert '"GET /v1/reports/2026/Q1/ HTTP/1.1" 502' in client.cf("logs tdp-frontend-raft --recent")


@scenario("new-revision-crashes")
def test_new_revision_crashes(client: Client) -> None:
    assert {job["status"] for job in client.jobs("main").values()} == {"success"}
    assert "crashed" in client.cf("app tdp-backend-staging")
    logs = client.cf("logs tdp-backend-staging --recent")
    assert "ModuleNotFoundError: No module named 'structlog'" in logs
    assert "portal/request_ids.py" in logs
    revisions = client.cf("revisions tdp-backend-staging")
    assert "2026-02-27" in revisions


@scenario("service-not-bound")
def test_service_not_bound(client: Client) -> None:
    assert "tdp-backend-raft" not in _line(client.cf("services"), "tdp-db-dev")
    assert "crashed" in client.cf("app tdp-backend-raft")
    assert "aws-rds" in client.cf("logs tdp-backend-raft --recent")


@scenario("out-of-memory")
def test_out_of_memory(client: Client) -> None:
    assert "crashed" in client.cf("app tdp-backend-raft")
    assert "Exited with status 137 (out of memory)" in client.cf("events tdp-backend-raft")


@scenario("policy-missing")
def test_policy_missing(client: Client) -> None:
    assert "clamav-rest" not in client.cf("network-policies --source tdp-clamav-nginx-dev")
    assert "connect() failed (111: Connection refused)" in client.cf("logs tdp-clamav-nginx-dev --recent")
    assert "Virus scan failed" in client.cf("logs tdp-backend-raft --recent")
    client.cf("target -s tanf-prod")
    assert "started" in _line(client.cf("apps"), "clamav-rest")


@scenario("scanner-stopped")
def test_scanner_stopped(client: Client) -> None:
    assert "clamav-rest" in client.cf("network-policies --source tdp-clamav-nginx-dev")
    assert "Virus scan failed" in client.cf("logs tdp-backend-raft --recent")
    client.cf("target -s tanf-prod")
    assert "stopped" in _line(client.cf("apps"), "clamav-rest")


@scenario("policy-missing")
def test_what_people_undo_heals(client: Client) -> None:
    client.cf("add-network-policy tdp-clamav-nginx-dev clamav-rest -s tanf-prod --protocol tcp --port 9000")
    before = client.cf("logs tdp-backend-raft --recent").count("Virus scan failed")
    client.running.wait(900)
    after = client.cf("logs tdp-backend-raft --recent")
    assert after.count("Virus scan failed") <= before
    assert "found nothing" in after.splitlines()[-2] + after.splitlines()[-1] + after.splitlines()[-3]


@scenario("staging-failed")
def test_a_pipeline_after_a_mended_commit_deploys(client: Client) -> None:
    client.running.push(
        "raft", "Back to 3.11", files={"backend/runtime.txt": "python-3.11.x\n"}, parameters={}
    )
    assert {job["status"] for job in client.jobs("raft").values()} == {"success"}


def test_two_starts_are_the_same_world() -> None:
    def looked_at() -> list[Any]:
        with lab.start("variable-emptied") as running:
            client = Client(running)
            jobs = client.jobs("raft")
            pipelines = client.get("/api/v2/project/gh/runback-lab/portal/pipeline")
            found = [
                pipelines,
                jobs,
                client.step(jobs["deploy-dev"], "Deploy backend"),
                client.cf("logs tdp-backend-raft --recent"),
                client.cf("revisions tdp-backend-raft"),
                client.cf("events tdp-backend-raft"),
                running.now(),
            ]
            client.close()
            return found

    assert looked_at() == looked_at()


@scenario("healthy")
def test_the_past_has_pages_branches_and_every_outcome(client: Client) -> None:
    where = "/api/v2/project/gh/runback-lab/portal/pipeline"
    page = client.get(where)
    found = page["items"]
    while page["next_page_token"]:
        page = client.get(f"{where}?page-token={page['next_page_token']}")
        found += page["items"]
    assert len(found) > 40
    assert [one["number"] for one in found] == sorted((one["number"] for one in found), reverse=True)
    assert len({one["vcs"]["branch"] for one in found}) > 8
    states = {
        workflow["status"]
        for one in found
        for workflow in client.get(f"/api/v2/pipeline/{one['id']}/workflow")["items"]
    }
    assert {"success", "failed", "canceled"} <= states


@scenario("policy-missing")
def test_an_old_deployment_shows_its_steps_with_its_own_times(client: Client) -> None:
    jobs = client.jobs("raft")
    status, output = client.step(jobs["deploy-dev"], "Deploy backend")
    assert status == "success"
    assert "Deployed tdp-backend-raft and tdp-celery-raft" in output
    assert "2026-02-27T14:" in output
    assert "2026-03-03" not in output
    build = client.get(f"/api/v1.1/project/gh/runback-lab/portal/{jobs['deploy-dev']['job_number']}")
    ends = [action["end_time"] for step in build["steps"] for action in step["actions"]]
    assert ends == sorted(ends)
    assert build["start_time"] < ends[0] < ends[-1] <= build["stop_time"]


@scenario("policy-missing")
def test_an_old_failure_names_what_failed(client: Client) -> None:
    pipelines = client.get("/api/v2/project/gh/runback-lab/portal/pipeline?branch=fix/csv-quotes")["items"]
    (workflow,) = client.get(f"/api/v2/pipeline/{pipelines[1]['id']}/workflow")["items"]
    jobs = {job["name"]: job for job in client.get(f"/api/v2/workflow/{workflow['id']}/job")["items"]}
    assert (workflow["status"], jobs["test-backend"]["status"]) == ("failed", "failed")
    assert jobs["test-e2e"]["status"] == "blocked"
    status, output = client.step(jobs["test-backend"], "Run the unit tests")
    assert status == "failed"
    assert output.endswith("\nExited with code exit status 1\n")


def _line(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))
