"""CircleCI's own ways to stop, looked at through its API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from runback import lab
from runback.lab.running import RunningLab

PROJECT = "/api/v2/project/gh/runback-lab/portal"


class Browser:
    """What a person sees of the newest pipeline of a branch."""

    def __init__(self, running: RunningLab) -> None:
        self.running = running
        self._pool = urllib3.PoolManager(retries=False)

    def close(self) -> None:
        self._pool.clear()

    def get(self, path: str, expected: int = 200) -> Any:
        headers = {"Circle-Token": self.running.environ["CIRCLE_TOKEN"]}
        answer = self._pool.request("GET", self.running.environ["CIRCLE_HOST"] + path, headers=headers)
        assert answer.status == expected, answer.data
        return answer.json()

    def post(self, path: str, body: object, expected: int = 200) -> Any:
        headers = {"Circle-Token": self.running.environ["CIRCLE_TOKEN"]}
        url = self.running.environ["CIRCLE_HOST"] + path
        answer = self._pool.request("POST", url, headers=headers, json=body)
        assert answer.status == expected, answer.data
        return answer.json()

    def bytes(self, path: str, more: dict[str, str]) -> tuple[int, Any, bytes]:
        headers = {"Circle-Token": self.running.environ["CIRCLE_TOKEN"], **more}
        answer = self._pool.request("GET", self.running.environ["CIRCLE_HOST"] + path, headers=headers)
        return answer.status, answer.headers, answer.data

    def pipeline(self, branch: str = "raft") -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"{PROJECT}/pipeline?branch={branch}")["items"][0]
        return found

    def workflows(self, branch: str = "raft") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/api/v2/pipeline/{self.pipeline(branch)['id']}/workflow")[
            "items"
        ]
        return found

    def jobs(self, branch: str = "raft") -> dict[str, dict[str, Any]]:
        workflow = self.workflows(branch)[0]["id"]
        return {job["name"]: job for job in self.get(f"/api/v2/workflow/{workflow}/job")["items"]}

    def actions(self, job: dict[str, Any], step: str) -> list[dict[str, Any]]:
        build = self.get(f"/api/v1.1/project/gh/runback-lab/portal/{job['job_number']}")
        found: list[dict[str, Any]] = next(one["actions"] for one in build["steps"] if step in one["name"])
        return found

    def output(self, action: dict[str, Any]) -> str:
        messages = self._pool.request("GET", action["output_url"]).json()
        return "".join(message["message"] for message in messages)


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    with lab.start(request.param) as running:
        made = Browser(running)
        yield made
        made.close()


def scenario(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("browser", [name], indirect=True)


@scenario("ci-waits-for-approval")
def test_a_release_waits_for_a_person(browser: Browser) -> None:
    assert browser.workflows("master")[0]["status"] == "on_hold"
    held = browser.jobs("master")["approve-prod"]
    assert (held["type"], held["status"], bool(held["approval_request_id"])) == ("approval", "on_hold", True)


@scenario("ci-config-broken")
def test_a_broken_configuration(browser: Browser) -> None:
    pipeline = browser.pipeline()
    assert (pipeline["state"], pipeline["errors"][0]["type"]) == ("errored", "config")
    assert "Cannot find a definition for job named secrets-chek" in pipeline["errors"][0]["message"]
    assert browser.workflows() == []


@scenario("ci-all-filtered")
def test_every_workflow_filtered_out(browser: Browser) -> None:
    assert (browser.pipeline()["state"], browser.workflows()) == ("created", [])


@scenario("ci-setup-not-continued")
def test_a_setup_that_nobody_continues(browser: Browser) -> None:
    assert browser.pipeline()["state"] == "setup"
    (workflow,) = browser.workflows()
    assert (workflow["tag"], workflow["status"]) == ("setup", "success")


@scenario("ci-context-unauthorized")
def test_a_context_for_others(browser: Browser) -> None:
    assert browser.workflows()[0]["status"] == "unauthorized"
    statuses = {name: job["status"] for name, job in browser.jobs().items()}
    assert statuses["test-e2e"] == "success"
    assert statuses["deploy-infrastructure-dev"] == "unauthorized"
    assert statuses["deploy-dev"] == "blocked"


@scenario("ci-out-of-credits")
def test_no_credits(browser: Browser) -> None:
    assert browser.pipeline()["errors"] == [
        {"type": "plan", "message": "Your organization is out of credits."}
    ]


@scenario("ci-silent-too-long")
def test_a_step_that_says_nothing(browser: Browser) -> None:
    job = browser.jobs()["deploy-infrastructure-dev"]
    assert job["status"] == "timedout"
    (action,) = browser.actions(job, "Create what is missing")
    assert (action["status"], action["timedout"], action["failed"]) == ("timedout", True, None)
    assert action["exit_code"] is None
    assert "Too long with no output (exceeded 10m0s)" in browser.output(action)
    assert 600_000 <= action["run_time_millis"] < 610_000


@scenario("ci-no-machine")
def test_no_machine(browser: Browser) -> None:
    job = browser.jobs()["deploy-dev"]
    assert job["status"] == "infrastructure_fail"
    (action,) = browser.actions(job, "Spin up environment")
    assert "unexpected error preparing a VM" in browser.output(action)
    # The outage is over: the same job, run again, gets its machine.
    browser.running.rerun("raft", from_failed=True)
    again = browser.get(f"/api/v2/pipeline/{browser.pipeline()['id']}/workflow")["items"][-1]
    jobs = browser.get(f"/api/v2/workflow/{again['id']}/job")["items"]
    assert {one["status"] for one in jobs} == {"success"}


@scenario("ci-killed-for-memory")
def test_a_command_killed_for_memory(browser: Browser) -> None:
    (action,) = browser.actions(browser.jobs()["test-backend"], "Run the unit tests")
    assert action["exit_code"] == 137
    assert "Killed" in browser.output(action)


@scenario("ci-parallel-run-failed")
def test_one_of_two_parallel_runs(browser: Browser) -> None:
    job = browser.jobs()["test-backend"]
    actions = browser.actions(job, "Run the unit tests")
    assert [action["status"] for action in actions] == ["success", "failed"]
    shown = browser.get(f"{PROJECT}/job/{job['job_number']}")
    assert [run["status"] for run in shown["parallel_runs"]] == ["success", "failed"]


@scenario("ci-canceled")
def test_a_workflow_canceled_on_its_way(browser: Browser) -> None:
    (workflow,) = browser.workflows()
    assert workflow["status"] == "canceled"
    statuses = [job["status"] for job in browser.jobs().values()]
    assert "canceled" in statuses
    assert "failed" not in statuses
    assert browser.jobs()["deploy-dev"]["status"] == "blocked"


@scenario("ci-skipped")
def test_a_commit_that_says_to_skip(browser: Browser) -> None:
    assert "[skip ci]" not in browser.pipeline()["vcs"]["commit"]["subject"]


@scenario("ci-rerun-green")
def test_a_rerun_from_what_failed(browser: Browser) -> None:
    first, again = browser.workflows()
    assert {first["status"], again["status"]} == {"failed", "success"}


@scenario("terraform-state-locked")
def test_a_locked_state(browser: Browser) -> None:
    (action,) = browser.actions(browser.jobs()["deploy-infrastructure-dev"], "Apply Terraform")
    assert "Error acquiring the state lock" in browser.output(action)


@scenario("ci-rate-limited")
def test_a_rate_limit_is_over_after_its_time(browser: Browser) -> None:
    workflow = browser.get(f"/api/v2/pipeline/{browser.pipeline()['id']}/workflow")["items"][0]["id"]
    browser.get(f"/api/v2/workflow/{workflow}/job", expected=429)
    assert browser.get(f"/api/v2/workflow/{workflow}/job")["items"]


@scenario("ci-killed-for-memory")
def test_the_newest_api_proves_that_memory_ran_out(browser: Browser) -> None:
    run = browser.get(f"/api/v3/runs/{browser.pipeline()['id']}")
    assert (run["branch"], run["errors"]) == ("raft", [])
    (flow,) = browser.get(f"/api/v3/workflows?filter[run_id]={run['id']}")["items"]
    assert (flow["phase"], flow["outcome"]) == ("ended", "failed")
    jobs = browser.get(f"/api/v3/jobs?filter[workflow_id]={flow['id']}")["items"]
    job = next(one for one in jobs if one["name"] == "test-backend")
    (execution,) = browser.get(f"/api/v3/jobs/{job['id']}")["parallel_executions"]
    step = next(one for one in execution["steps"] if one["exit_code"] == 137)
    assert (step["name"], step["phase"], step["outcome"]) == ("Run the unit tests", "ended", "failed")
    usage = browser.get(f"/api/v3/jobs/{job['id']}/resource-usage")
    assert max(one["memory_bytes"] for one in usage["samples"]) == usage["memory_limit_bytes"]
    where = f"/api/v3/jobs/{job['id']}/stdout?filter[execution]=0&filter[step_num]={step['num']}"
    status, headers, data = browser.bytes(where, {})
    assert (status, headers["X-Terminal"], b"Killed" in data) == (200, "true", True)
    status, headers, part = browser.bytes(where, {"Range": "bytes=5-9"})
    assert (status, part) == (206, data[5:10])
    assert headers["Content-Range"] == f"bytes 5-9/{len(data)}"
    assert browser.bytes(where, {"Range": f"bytes={len(data)}-"})[0] == 416


@scenario("ci-image-missing")
def test_the_newest_api_is_searched(browser: Browser) -> None:
    asked = {"filter": 'pipeline.git.branch == "raft"', "page": {"limit": 3}}
    first = browser.post("/api/v3/runs/search", asked)
    assert [one["branch"] for one in first["items"]] == ["raft"] * 3
    asked["page"] = {"limit": 3, "cursor": first["next_cursor"]}
    second = browser.post("/api/v3/runs/search", asked)
    assert {one["id"] for one in first["items"]}.isdisjoint(one["id"] for one in second["items"])
    browser.post("/api/v3/runs/search", {"page": {"limit": 21}}, expected=400)
