"""CircleCI as it really answers: each trap of the facts that others fell into has a test here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collect.circleci_server import SLUG, TOKEN, V1, V2, World, serving
from runback.collect.circleci import collect_circleci, with_deployers
from runback.collect.circleci.output import text_of
from runback.collect.interface import Collected, RawLog
from runback.config import CircleAccess
from runback.errors import UsageError
from runback.http import Client, Limits
from runback.model import App, Ci, Droplet, Gap, Job, MemoryUse, Pipeline, Platform, Target

FAST = Limits(connect=2, read=2, total=10, attempts=3, backoff=0.01)
RECORDED = Path(__file__).parents[3] / "shared" / "specs" / "circleci-fixtures"


@pytest.fixture
def world() -> Iterator[World]:
    with serving(World()) as running:
        yield running


def collect(world: World, *, token: str = TOKEN, **target: Any) -> Collected[Ci]:
    target = {"branch": "main", "project": SLUG} | target
    with Client({}, limits=FAST) as client:
        found = collect_circleci(
            Target(**target), CircleAccess(host=world.base, token=token), client, lambda _: None
        )
        return Collected(
            found.part, tuple(kept(log) for log in found.logs), found.secrets, found.unlearned, found.at
        )


def kept(log: RawLog) -> RawLog:
    """Spooled logs go with their client."""
    data = log.data.read_bytes() if isinstance(log.data, Path) else log.data
    return RawLog(**{name: getattr(log, name) for name in RawLog.__slots__} | {"data": data})


def pipelines(found: Collected[Ci]) -> tuple[Pipeline, ...]:
    assert isinstance(found.part, Ci), found.part
    assert not isinstance(found.part.pipelines, Gap)
    return found.part.pipelines


def jobs(pipeline: Pipeline) -> dict[str, Job]:
    assert not isinstance(pipeline.workflows, Gap)
    return {
        job.name: job for flow in pipeline.workflows if not isinstance(flow.jobs, Gap) for job in flow.jobs
    }


def statuses(pipeline: Pipeline) -> list[str]:
    """Of its workflows."""
    assert not isinstance(pipeline.workflows, Gap)
    return [flow.status for flow in pipeline.workflows]


def texts(found: Collected[Ci]) -> dict[str, str]:
    return {log.id: log.data.decode() for log in found.logs if isinstance(log.data, bytes)}


def one_job(world: World, status: str, *actions: dict[str, Any], name: str = "test", **more: Any) -> None:
    world.pipeline(7)
    world.workflow(7, "build", "failed", world.job(70, name, status, *actions, **more))


def red(world: World, number: int) -> dict[str, Any]:
    return world.job(number, "test", "failed", world.action("Run", "failed", "why"))


# --- the whole way --------------------------------------------------------------------------------


def test_from_the_branch_to_the_output(world: World) -> None:
    world.pipeline(12, sha="b" * 40)
    test = world.job(
        120,
        "test-backend",
        "failed",
        world.action("Spin up environment", output="image", step=0),
        world.action(
            "Run tests", "failed", "E   assert 1 == 2\r\n", exit_code=1, failed=True, bash_command="pytest"
        ),
        tests=[
            {
                "name": "t",
                "classname": "c",
                "file": "f.py",
                "result": "failure",
                "message": None,
                "run_time": 1,
            }
        ],
        messages=[{"type": "warning", "message": "careful", "reason": "why"}],
    )
    deploy = world.job(None, "deploy-dev", "not_run", dependencies=["j-test-backend-120"])
    world.workflow(12, "build", "failed", test, deploy)
    world.pipeline(11, sha="a" * 40)
    world.workflow(11, "build", "success", world.job(110, "test-backend", "success"))
    world.pipeline(10, branch="other")
    found = collect(world)
    newest, before, other = pipelines(found)
    assert (newest.number, newest.sha, newest.subject, newest.actor, newest.trigger) == (
        12,
        "b" * 40,
        "S12",
        "ada",
        "webhook",
    )
    assert newest.created_at == datetime(2026, 3, 3, 14, 12, 0, 123000, UTC)
    assert newest.url == "https://app.circleci.com/pipelines/github/acme/portal/12"
    failed = jobs(newest)["test-backend"]
    assert (failed.number, failed.status, failed.url) == (120, "failed", "https://app.circleci.com/jobs/120")
    assert failed.messages[0].reason == "why"
    assert failed.contexts == ("deploy-secrets",)
    assert not isinstance(failed.steps, Gap)
    spin, run = failed.steps
    assert (spin.name, spin.log) == ("Spin up environment", None)
    assert (run.status, run.exit_code, run.command, run.log) == ("failed", 1, "pytest", "step:120/101.0")
    assert not isinstance(failed.tests, Gap)
    assert (failed.tests[0].name, failed.tests[0].result, failed.tests[0].message) == ("t", "failure", "")
    waiting = jobs(newest)["deploy-dev"]
    assert (waiting.requires, waiting.number, waiting.steps) == (("test-backend",), None, ())
    log, said = found.logs
    assert log.data == b"E   assert 1 == 2\r\n"
    assert (said.name, said.data) == ("test-backend, CircleCI's own messages", b"careful\nwhy\n")
    assert (log.kind, log.name) == ("step", "test-backend, step 'Run tests'")
    assert found.at is not None
    # the last green one, for comparison; other branches only by name
    assert before.sha == "a" * 40
    assert statuses(before) == ["success"]
    assert failed.baseline == jobs(before)["test-backend"].id
    assert other.branch == "other"
    assert isinstance(other.workflows, Gap)
    assert len(world.paths) == len(set(world.asked))  # nothing asked twice


def test_the_token_goes_to_the_api_only(world: World) -> None:
    """A presigned address is a secret of its own: fetched without the token, and neither kept nor shown."""
    one_job(world, "failed", world.action("Run", "failed", "text"), world.action("Gone", "failed", "x"))
    gone = next(
        path
        for path in world.answers
        if path.startswith("/presigned") and world.answers[path][0]["message"] == "x"
    )
    world.answers[gone] = (403, {}, b"<Error><Code>AccessDenied</Code></Error>")
    found = collect(world)
    sent = dict(world.asked)
    assert {token for target, token in sent.items() if "/presigned" in target} == {None}
    assert {token for target, token in sent.items() if "/presigned" not in target} == {TOKEN}
    shown = repr(found.part) + repr(found.logs)
    assert "presigned" not in shown
    assert TOKEN not in shown
    steps = jobs(pipelines(found)[0])["test"].steps
    assert not isinstance(steps, Gap)
    assert steps[0].log == "step:70/101.0"
    assert isinstance(steps[1].log, Gap)
    assert "403" in steps[1].log.reason


# --- traps: which pipeline ------------------------------------------------------------------------


def test_the_failure_is_in_an_older_pipeline_of_the_commit(world: World) -> None:
    """Taking only pipelines[0] hides it: a scheduled run of another workflow came after."""
    world.pipeline(9, sha="c" * 40)
    world.workflow(9, "nightly", "success", world.job(90, "scan", "success"))
    world.pipeline(8, sha="c" * 40)
    world.workflow(8, "build", "failed", red(world, 80))
    found = collect(world)
    assert [one.number for one in pipelines(found)] == [8, 9]
    assert texts(found) == {"step:80/101.0": "why"}


def test_a_rerun_that_went_well_makes_good(world: World) -> None:
    world.pipeline(9, sha="c" * 40)
    world.workflow(9, "build", "success", world.job(90, "test", "success"))
    world.pipeline(8, sha="c" * 40)
    world.workflow(8, "build", "failed", red(world, 80))
    assert pipelines(collect(world))[0].number == 9


def test_the_commit_is_on_a_later_page(world: World) -> None:
    world.page_size = 2
    for number in range(20, 12, -1):
        world.pipeline(number)
    world.workflow(16, "build", "failed", red(world, 160))
    sha = f"{16:040d}"
    assert pipelines(collect(world, sha=sha))[0].number == 16
    assert pipelines(collect(world, sha=sha[:39]))[0].number == 16


def test_the_last_green_one_is_far_back(world: World) -> None:
    for number in range(40, 20, -1):
        world.pipeline(number)
        world.workflow(number, "build", "success" if number == 25 else "failed")
    found = {one.number: one for one in pipelines(collect(world))}
    assert statuses(found[25]) == ["success"]


def test_by_number_by_job_and_numbers_that_are_none(world: World) -> None:
    world.pipeline(9)
    world.pipeline(8, branch="topic")
    world.workflow(8, "build", "failed", world.job(80, "test", "failed", pipeline="p8"))
    assert pipelines(collect(world, pipeline=8))[0].branch == "topic"
    assert pipelines(collect(world, job=80))[0].number == 8
    with pytest.raises(UsageError) as raised:
        collect(world, pipeline=80)
    assert "gh/acme/portal has no pipeline 80" in str(raised.value)
    assert raised.value.advice == "The nearest are 8, 9."
    with pytest.raises(UsageError, match="has no job 999"):
        collect(world, job=999)


def test_no_pipeline_for_the_branch_or_commit(world: World) -> None:
    world.pipeline(9, branch="other")
    assert pipelines(collect(world)) == ()
    assert pipelines(collect(world, branch="other", sha="f" * 40)) == ()


def test_a_pipeline_without_workflows_and_one_with_errors(world: World) -> None:
    """All filtered out: an empty list, never a gap. A config error stands with the pipeline itself."""
    world.pipeline(9)
    assert pipelines(collect(world))[0].workflows == ()
    world.pipelines.clear()
    world.pipeline(10, state="errored", errors=[{"type": "config", "message": "Cannot find a definition"}])
    errored = pipelines(collect(world))[0]
    assert (errored.state, errored.errors[0].type) == ("errored", "config")


# --- traps: which steps ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", ["failed", "timedout", "infrastructure_fail", "canceled", "brand-new-word"]
)
def test_the_status_decides_not_the_failed_flag(world: World, status: str) -> None:
    """A step that timed out has `failed` and `exit_code` null."""
    one_job(
        world, "failed", world.action("Fine", output="fine"), world.action("Run", status, "why", step=102)
    )
    found = collect(world)
    assert texts(found) == {"step:70/102.0": "why"}
    steps = jobs(pipelines(found)[0])["test"].steps
    assert not isinstance(steps, Gap)
    assert (steps[1].status, steps[1].exit_code) == (status, None)


def test_all_parallel_runs(world: World) -> None:
    actions = [
        world.action("Run", "failed" if index in (1, 3) else "success", f"run {index}", index=index, step=105)
        for index in range(4)
    ]
    one_job(world, "failed")
    world.answers[f"{V1}/project/{SLUG}/70"] = {"parallel": 4, "steps": [{"name": "Run", "actions": actions}]}
    found = collect(world)
    assert texts(found) == {"step:70/105.1": "run 1", "step:70/105.3": "run 3"}
    assert found.logs[0].name == "test, step 'Run', run 1"
    assert jobs(pipelines(found)[0])["test"].parallel_runs == 4


def test_container_steps_end_canceled_and_mean_nothing(world: World) -> None:
    container = world.action(
        "Container postgres:15", "canceled", "noise", background=True, step=1, canceled=True
    )
    one_job(world, "failed", container, world.action("Run", "failed", "why"))
    assert texts(collect(world)) == {"step:70/101.0": "why"}


def test_a_machine_that_never_came_up_is_read_whole(world: World) -> None:
    one_job(world, "infrastructure_fail", world.action("Spin up environment", output="no capacity", step=0))
    assert texts(collect(world)) == {"step:70/0.0": "no capacity"}


def test_green_deploy_steps_are_read_too(world: World) -> None:
    world.pipeline(7)
    actions = (
        world.action("Spin up environment", output="noise", step=0),
        world.action("Checkout code", output="noise", step=100),
        world.action("Deploy backend", output="FAILED", step=102),
    )
    ship = world.job(71, "ship-it", "success", world.action("Push", output="pushed"))
    world.workflow(7, "build", "success", world.job(70, "Deploy-dev", "success", *actions), ship)
    assert texts(collect(world)) == {"step:70/102.0": "FAILED"}
    assert texts(collect(world, deploy_jobs=("ship-it",))) == {
        "step:70/102.0": "FAILED",
        "step:71/101.0": "pushed",
    }


def test_what_deployed_last_is_read_where_the_newest_did_not_get_there(world: World) -> None:
    world.pipeline(9)
    world.workflow(9, "build", "failed", red(world, 90))
    for number in (8, 7):
        world.pipeline(number)
        deploy = world.job(
            number * 10, "deploy-dev", "success", world.action("Deploy", output=f"of {number}")
        )
        world.workflow(number, "build", "success", deploy)
    assert texts(collect(world)) == {"step:90/101.0": "why", "step:80/101.0": "of 8"}


def test_steps_that_an_orb_named_keep_their_command(world: World) -> None:
    """The compiled configuration knows what stands behind an orb's step, and the job's image."""
    one_job(world, "failed", world.action("Deploy with the orb", "failed", "why"))
    world.answers[f"{V2}/pipeline/p7/config"] = {
        "source": "version: 2.1",
        "compiled": "jobs:\n  test:\n    docker: [{image: cimg/python:3.11}]\n    steps:\n"
        "    - run: {name: Deploy with the orb, command: cf push}\n",
    }
    job = jobs(pipelines(collect(world))[0])["test"]
    assert not isinstance(job.steps, Gap)
    assert (job.steps[0].command, job.image) == ("cf push", "cimg/python:3.11")


@pytest.mark.parametrize("compiled", ["", "\t: [", "jobs: [1]", "jobs: {test: 3}", None])
def test_a_compiled_configuration_that_is_none(world: World, compiled: str | None) -> None:
    one_job(world, "failed", world.action("Run", "failed", "why"))
    world.answers[f"{V2}/pipeline/p7/config"] = {"compiled": compiled}
    assert jobs(pipelines(collect(world))[0])["test"].image is None


def test_a_step_without_an_address_is_a_gap(world: World) -> None:
    one_job(world, "failed", world.action("Run", "failed", has_output=True), world.action("Other", "failed"))
    steps = jobs(pipelines(collect(world))[0])["test"].steps
    assert not isinstance(steps, Gap)
    assert isinstance(steps[0].log, Gap)
    assert steps[1].log is None  # it says itself that it wrote nothing


# --- traps: what cannot be had --------------------------------------------------------------------


def test_a_wrong_token_answers_404(world: World) -> None:
    world.answers[f"{V2}/project/{SLUG}/pipeline"] = (404, {}, {"message": "Project not found"})
    world.answers[f"{V2}/me"] = (401, {}, {"message": "You must log in first."})
    part = collect(world).part
    assert isinstance(part, Gap)
    assert "does not accept the token" in part.reason
    assert "not a project token" in part.reason
    world.answers[f"{V2}/me"] = {"id": "u"}
    part = collect(world).part
    assert isinstance(part, Gap)
    assert "the token is good, but CircleCI has no project gh/acme/portal" in part.reason


def test_without_token_or_project_nothing_is_asked(world: World) -> None:
    assert isinstance(collect(world, token="").part, Gap)
    assert isinstance(collect(world, project=None).part, Gap)
    assert world.asked == []


def test_an_old_job_that_is_gone_aborts_nothing(world: World) -> None:
    world.pipeline(7)
    gone = world.job(70, "gone", "failed")
    for path in (f"{V1}/project/{SLUG}/70", f"{V2}/project/{SLUG}/job/70", f"{V2}/project/{SLUG}/70/tests"):
        del world.answers[path]
    kept_job = red(world, 71)
    world.workflow(7, "build", "failed", gone, kept_job)
    found = collect(world)
    assert texts(found) == {"step:71/101.0": "why"}
    missing = jobs(pipelines(found)[0])["gone"]
    assert isinstance(missing.steps, Gap)
    assert "404" in missing.steps.reason
    assert isinstance(missing.tests, Gap)


def test_a_job_answered_by_429_is_asked_again(world: World) -> None:
    one_job(world, "failed", world.action("Run", "failed", "why"))
    path = f"{V1}/project/{SLUG}/70"
    world.answers[path] = [
        (429, {"Retry-After": "0"}, {"message": "slow down"}),
        (200, {}, world.answers[path]),
    ]
    assert texts(collect(world)) == {"step:70/101.0": "why"}
    assert world.counts[path] == 2


def test_expired_workflows_have_no_id(world: World) -> None:
    world.pipeline(7)
    world.workflow(7, "build", "failed", id=None)
    world.workflow(7, "other", "success", world.job(71, "lint", "success"))
    newest = pipelines(collect(world))[0]
    assert not isinstance(newest.workflows, Gap)
    assert isinstance(newest.workflows[0].jobs, Gap)
    assert "expired" in newest.workflows[0].jobs.reason
    assert "lint" in jobs(newest)


def test_words_and_fields_that_nobody_knows_yet(world: World) -> None:
    world.pipeline(
        7, state="imagined", trigger=None, vcs={"branch": "main"}, created_at="yesterday", errors=None
    )
    world.workflow(7, "build", "paused-by-moon", world.job(70, "test", "levitating"), created_at=None)
    newest = pipelines(collect(world))[0]
    assert (newest.state, newest.sha, newest.trigger) == ("imagined", None, "")
    assert jobs(newest)["test"].status == "levitating"


@pytest.mark.parametrize(
    "answer",
    [(500, {}, b"<html>"), (403, {}, {"message": "no"}), b"{", {"items": 3}, {"items": [{"id": 3}]}, b""],
)
def test_workflows_that_cannot_be_read_are_a_gap(world: World, answer: Any) -> None:
    world.pipeline(8)
    world.answers[f"{V2}/pipeline/p8/workflow"] = answer
    world.pipeline(7)
    world.workflow(7, "build", "success")
    newest, before, *_ = pipelines(collect(world))
    assert isinstance(newest.workflows, Gap)
    assert newest.workflows.what == "the workflows of pipeline 8"
    assert not isinstance(before.workflows, Gap)


def test_an_on_hold_approval_and_a_setup_workflow(world: World) -> None:
    world.pipeline(7)
    approval = world.job(None, "hold", "on_hold", type="approval", approval_request_id="a1")
    world.workflow(7, "setup", "on_hold", approval, tag="setup")
    newest = pipelines(collect(world))[0]
    assert not isinstance(newest.workflows, Gap)
    assert newest.workflows[0].tag == "setup"
    assert (jobs(newest)["hold"].type, jobs(newest)["hold"].approval_request_id) == ("approval", "a1")


# --- output ---------------------------------------------------------------------------------------


def body_of(*messages: Any) -> bytes:
    return json.dumps([{"message": message, "time": "x", "type": "out"} for message in messages]).encode()


def test_output_is_whole(tmp_path: Path) -> None:
    """The cause stands far above the end: nothing is cut, and lines may break between segments."""
    cause = "the cause\n"
    segments = [cause + "x" * 400_000, 'half a li"ne\\', '\\"\n\x1b[32m50%\r100%\x1b[0m ünï\u2028', None, ""]
    expected = "".join(segment or "" for segment in segments).encode()
    assert text_of(body_of(*segments), tmp_path) == (expected, False)
    large = tmp_path / "large.json"
    large.write_bytes(body_of(*segments * 20))
    text, broke_off = text_of(large, tmp_path)
    assert isinstance(text, Path)
    assert (text.read_bytes(), broke_off) == (expected * 20, False)


@pytest.mark.parametrize(
    ("body", "text", "broke_off"),
    [
        (b"", b"", False),
        (b"plain text\n", b"plain text\n", False),
        (b"[]", b"", False),
        (b" [ ] ", b"", False),
        (body_of("one", "two")[:-3], b"one", True),
        (b'[{"message":"one"}', b"one", True),
        (b'[{"message":"\\ud83d"}]', b"?", False),
        (b'[{"message":"\xff"}]', "\ufffd".encode(), False),
        (b'[{"message":3},{"message":"two"}]', b"two", False),
        (b"\x00\x01\xff", b"\x00\x01\xff", False),
    ],
)
def test_output_of_every_kind(tmp_path: Path, body: bytes, text: bytes, broke_off: bool) -> None:
    assert text_of(body, tmp_path) == (text, broke_off)


def test_truncated_output_says_so(world: World) -> None:
    one_job(world, "failed", world.action("Run", "failed", "part", truncated=True))
    assert collect(world).logs[0].truncated


@pytest.mark.parametrize("name", ["job_container_output", "job_setup_output", "job_test_output"])
def test_recorded_output(tmp_path: Path, name: str) -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recorded responses are not beside this checkout")
    body = (RECORDED / "ci_runner" / f"{name}.json").read_bytes()
    text, broke_off = text_of(body, tmp_path)
    assert isinstance(text, bytes)
    assert text.decode() == "".join(entry["message"] for entry in json.loads(body))
    assert not broke_off


@pytest.mark.parametrize(("name", "expected"), [("job", set()), ("job_parallel", {"step:70/101.2"})])
def test_recorded_jobs(world: World, name: str, expected: set[str]) -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recorded responses are not beside this checkout")
    body = json.loads((RECORDED / "ci_runner" / f"{name}.json").read_text())
    for step in body["steps"]:
        for action in step["actions"]:
            action["output_url"] = f"{world.base}/presigned/recorded"
    one_job(world, "failed" if expected else "canceled")
    world.answers |= {f"{V1}/project/{SLUG}/70": body, "/presigned/recorded": [{"message": "why"}]}
    assert set(texts(collect(world))) == expected


# --- what a failed job is compared with -----------------------------------------------------------


def compared(world: World, branch: str = "main") -> Collected[Ci]:
    """A red job, and a green run of it in an older pipeline of `branch`."""
    world.pipeline(12, sha="b" * 40)
    failing = world.action("Run tests", "failed", "boom\n", step=102)
    world.workflow(
        12, "build", "failed", world.job(120, "test", "failed", world.action("Install", step=101), failing)
    )
    world.pipeline(11, branch=branch, sha="a" * 40)
    install = world.action("Install", output="many lines", step=101)
    green = world.job(110, "test", "success", install, world.action("Run tests", output="ok\n", step=102))
    world.workflow(11, "build", "success", green)
    return collect(world)


def test_the_failed_step_of_the_last_green_run_is_read_beside(world: World) -> None:
    found = compared(world)
    newest, older = pipelines(found)
    assert jobs(newest)["test"].baseline == jobs(older)["test"].id
    assert {log.id: (log.kind, log.data) for log in found.logs} == {
        "step:120/102.0": ("step", b"boom\n"),
        "step:110/102.0": ("baseline", b"ok\n"),
    }


def test_a_new_branch_is_compared_with_what_it_began_from(world: World) -> None:
    world.page_size = 50
    found = compared(world, branch="develop")
    newest, base = pipelines(found)
    assert (base.branch, jobs(newest)["test"].baseline) == ("develop", jobs(base)["test"].id)


def test_without_any_green_run_there_is_nothing_beside(world: World) -> None:
    one_job(world, "failed", world.action("Run", "failed", "why"))
    found = collect(world)
    assert jobs(pipelines(found)[0])["test"].baseline is None
    assert [log.kind for log in found.logs] == ["step"]


def test_a_green_run_costs_no_request_more(world: World) -> None:
    world.pipeline(12)
    world.workflow(12, "build", "success", world.job(120, "test", "success"))
    collect(world)
    assert not [path for path in world.paths if "flaky" in path or V1 in path or "/config" in path]


@pytest.mark.parametrize("key", ["flaky-tests", "flaky_tests"])
def test_flaky_tests_of_both_spellings(world: World, key: str) -> None:
    one_job(world, "failed", world.action("Run", "failed", "why"))
    test = {"test_name": "t", "classname": "c", "job_name": "test", "times_flaked": 3}
    world.answers[f"{V2}/insights/{SLUG}/flaky-tests"] = {key: [test], "total_flaky_tests": 1}
    found = collect(world)
    assert isinstance(found.part, Ci)
    assert isinstance(found.part.flaky, tuple)
    assert [(one.name, one.classname, one.times) for one in found.part.flaky] == [("t", "c", 3)]


def test_the_tests_of_an_older_run_that_a_rerun_made_good(world: World) -> None:
    world.pipeline(12)
    world.workflow(12, "build", "failed", red(world, 120))
    world.pipeline(11)
    test = {"name": "t", "classname": "c", "result": "failure"}
    again = world.job(110, "test", "failed", tests=[test])
    world.workflow(11, "build", "failed", again, created_at="2026-03-03T13:00:00Z")
    world.workflow(
        11, "build", "success", world.job(111, "test", "success"), created_at="2026-03-03T13:30:00Z"
    )
    older = pipelines(collect(world))[1]
    assert not isinstance(older.workflows, Gap)
    runs = [job for flow in older.workflows if not isinstance(flow.jobs, Gap) for job in flow.jobs]
    first = next(job for job in runs if job.number == 110)
    assert not isinstance(first.tests, Gap)
    assert [one.name for one in first.tests] == ["t"]


# --- v3 -------------------------------------------------------------------------------------------


def test_memory_is_asked_where_a_step_was_killed(world: World) -> None:
    one_job(world, "failed", world.action("Run", "failed", "Killed\n", exit_code=137))
    usage = {"memory_limit_bytes": 2048, "samples": [{"memory_bytes": 100}, {"memory_bytes": 2040}]}
    world.answers["/api/v3/jobs/j-test-70/resource-usage"] = usage
    memory = jobs(pipelines(collect(world))[0])["test"].memory
    assert memory == MemoryUse(peak=2040, limit=2048)


def test_memory_that_the_host_does_not_tell_is_a_gap(world: World) -> None:
    one_job(world, "failed", world.action("Run", "failed", "Killed\n", exit_code=137))
    assert isinstance(jobs(pipelines(collect(world))[0])["test"].memory, Gap)


def test_output_that_v1_has_not_comes_from_v3(world: World) -> None:
    one_job(world, "failed", world.action("Run", "failed", has_output=True))
    world.answers["/api/v3/jobs/j-test-70/stdout"] = b"out\n"
    world.answers["/api/v3/jobs/j-test-70/stderr"] = (204, {}, b"")
    found = collect(world)
    assert texts(found) == {"step:70/101.0": "out\n"}
    assert not found.logs[0].truncated


def test_steps_come_from_v3_where_there_is_no_v1(world: World) -> None:
    one_job(world, "failed", world.action("Run", "failed", "why"))
    del world.answers[f"{V1}/project/{SLUG}/70"]
    step = {
        "num": 101,
        "name": "Run",
        "outcome": "failed",
        "phase": "ended",
        "exit_code": 2,
        "command": "make",
    }
    world.answers["/api/v3/jobs/j-test-70"] = {"parallel_executions": [{"index": 0, "steps": [step]}]}
    world.answers["/api/v3/jobs/j-test-70/stdout"] = b"out\n"
    world.answers["/api/v3/jobs/j-test-70/stderr"] = b"err\n"
    found = collect(world)
    steps = jobs(pipelines(found)[0])["test"].steps
    assert not isinstance(steps, Gap)
    assert [(one.name, one.exit_code, one.command, one.log) for one in steps] == [
        ("Run", 2, "make", "step:70/101.0")
    ]
    assert texts(found) == {"step:70/101.0": "out\nerr\n"}


# --- what was typed wrong -------------------------------------------------------------------------


def test_a_slug_that_is_nearly_right(world: World) -> None:
    world.answers[f"{V2}/project/{SLUG}/pipeline"] = (404, {}, {"message": "Project not found"})
    world.answers[f"{V1}/projects"] = [
        {"vcs_type": "github", "username": "acme", "reponame": "portals"},
        {"vcs_type": "github", "username": "acme", "reponame": "shop"},
    ]
    gap = collect(world).part
    assert isinstance(gap, Gap)
    assert f"no project {SLUG}" in gap.reason
    assert "Did you mean 'gh/acme/portals'?" in gap.reason
    assert "circleci/ORG-ID/PROJECT-ID" in gap.reason  # it may have moved to the GitHub App


def test_without_a_slug_it_says_where_to_find_one(world: World) -> None:
    gap = collect(world, project=None).part
    assert isinstance(gap, Gap)
    assert "circleci/ORG-ID/PROJECT-ID" in gap.reason
    assert "Project Settings" in gap.reason
    assert world.paths == []


def test_the_branches_that_there_are_where_the_asked_one_has_no_pipeline(world: World) -> None:
    world.pipeline(12, branch="develop")
    world.pipeline(11, branch="main")
    found = collect(world, branch="develp").part
    assert isinstance(found, Ci)
    assert found.branches == ("develop", "main")


@pytest.mark.parametrize(
    ("output", "text"),
    [
        pytest.param("", b"", id="empty"),
        pytest.param("\x00\x01\x7fELF\n", b"\x00\x01\x7fELF\n", id="binary"),
        pytest.param([], b"", id="no segments"),
        pytest.param(b'[{"message": "half a li', b"", id="cut"),
    ],
)
def test_output_that_is_hardly_any(world: World, output: Any, text: bytes) -> None:
    one_job(world, "failed", world.action("Run", "failed", output, has_output=True))
    (log,) = collect(world).logs
    assert (log.data, log.truncated) == (text, isinstance(output, bytes))


# --- whose pipeline made what runs ----------------------------------------------------------------


def platform(made: str, commit: str | None = None) -> Platform:
    at = datetime.fromisoformat(made)
    droplet = Droplet(guid="d", state="STAGED", created_at=at)
    app = App(guid="a", name="app", space="s", org="o", state="STARTED", created_at=at, droplet=droplet,
              commit=commit)  # fmt: skip
    return Platform(api="https://api.example", apps=(app,))


def with_others(world: World) -> None:
    """Our branch deployed at 14:00; two pipelines of other branches came after."""
    for number, branch in ((14, "two"), (13, "one"), (12, "main")):
        world.pipeline(number, branch=branch, created_at=f"2026-03-03T{number}:00:00Z")
        started = {"started_at": f"2026-03-03T{number}:05:00Z", "stopped_at": f"2026-03-03T{number}:20:00Z"}
        world.workflow(number, "build", "success", world.job(number * 10, "deploy-dev", "success", **started))


def deployed_by(world: World, part: Platform) -> list[tuple[int, bool]]:
    """The pipelines, and whether their workflows were read."""
    access = CircleAccess(host=world.base, token=TOKEN)
    target = Target(branch="main", project=SLUG)
    with Client({}, limits=FAST) as client:
        found = collect_circleci(target, access, client, lambda _: None)
        before = len(world.asked)
        found = with_deployers(found, part, target, access, client, lambda _: None)
        world.counts["more"] = len(world.asked) - before
    return [(one.number, not isinstance(one.workflows, Gap)) for one in pipelines(found)]


def test_the_pipeline_of_the_commit_that_an_app_claims(world: World) -> None:
    with_others(world)
    found = deployed_by(world, platform("2026-03-03T13:10:00+00:00", commit=f"{13:040d}"))
    assert found == [(12, True), (14, False), (13, True)]
    assert world.counts["more"] == 2  # its workflows and its jobs


def test_without_a_claim_those_in_whose_time_the_droplet_was_made(world: World) -> None:
    with_others(world)
    assert deployed_by(world, platform("2026-03-03T13:10:00+00:00")) == [(12, True), (14, False), (13, True)]


def test_nothing_more_is_asked_where_our_own_pipeline_made_it(world: World) -> None:
    with_others(world)
    found = deployed_by(world, platform("2026-03-03T12:10:00+00:00", commit=f"{12:040d}"))
    assert found == [(12, True), (14, False), (13, False)]
    assert world.counts["more"] == 0


# --- limits ---------------------------------------------------------------------------------------


def test_pipelines_of_one_commit_that_are_not_read_are_named(world: World) -> None:
    for number in range(20, 12, -1):
        world.pipeline(number, sha="c" * 40)
        world.workflow(number, "build", "success", world.job(number * 10, "test", "success"))
    with Client({}, limits=FAST) as client:
        access, target = CircleAccess(host=world.base, token=TOKEN), Target(branch="main", project=SLUG)
        (limit,) = collect_circleci(target, access, client, lambda _: None).limits
    assert (limit.what, limit.reason) == (
        "CircleCI runs of the commit",
        "its 6 newest pipelines were read; 14, 13 were not",
    )


def test_pipelines_that_may_have_deployed_and_are_not_asked_are_counted(world: World) -> None:
    for number in range(30, 22, -1):
        world.pipeline(number, branch=f"b{number}", sha="d" * 40)
        world.workflow(number, "build", "success", world.job(number * 10, "deploy-dev", "success"))
    world.pipeline(12, created_at="2026-03-03T12:00:00Z")
    world.workflow(12, "build", "success", world.job(120, "test", "success"))
    part = platform("2026-03-03T13:10:00+00:00", commit="d" * 40)
    with Client({}, limits=FAST) as client:
        access, target = CircleAccess(host=world.base, token=TOKEN), Target(branch="main", project=SLUG)
        found = collect_circleci(target, access, client, lambda _: None)
        (limit,) = with_deployers(found, part, target, access, client, lambda _: None).limits
    assert limit.reason == "6 were asked, 2 more were not"
