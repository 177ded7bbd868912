"""Facts of CI that join several sources: flaky tests, memory, what a green job left undone, filters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from runback.diagnose import diagnose
from runback.facts import SCHEMAS, configfile, tables
from runback.facts.pipeline import outcome_of
from runback.model import (
    Ci,
    Evidence,
    FlakyTest,
    Gap,
    Job,
    MemoryUse,
    Message,
    Pipeline,
    Repository,
    SourceFile,
    Table,
    Target,
    Workflow,
)
from runback.model import TestCase as Case  # a name that pytest does not collect
from runback.rules import load
from worlds import HEAD, OLD, at, healthy, job, log, pipeline, step, web, with_app, with_jobs, with_logs

BACKEND = "tdp-backend-raft"
CONFIG = """version: 2.1
jobs:
  test: {docker: [{image: python}]}
  deploy-dev:
    docker: [{image: cf}]
    stpes: []
workflows:
  build:
    jobs:
      - test:
          filters: {branches: {only: [/feature.*/, main]}}
      - approve: {type: approval, requires: [test]}
      - deploy-dev:
          context: [tdp-dev]
          requires: [approve]
          filters:
            branches:
              only: main
"""


def rows(evidence: Evidence, name: str) -> list[dict[str, Any]]:
    table = tables(evidence)[name]
    assert isinstance(table, Table)
    for row in table.rows:
        assert row.cells.keys() == SCHEMAS[name].columns.keys()
    return [dict(row.cells) for row in table.rows]


# --- flaky tests ----------------------------------------------------------------------------------


def case(name: str, result: str = "failure") -> Case:
    return Case(name=name, classname="c", result=result)


def red(*tests: Case, **changes: Any) -> Job:
    return job("test-backend", "failed", step("Test", None, "failed"), tests=tests, **changes)


def flaky(evidence: Evidence, *known: FlakyTest) -> Evidence:
    assert isinstance(evidence.ci, Ci)
    found: Evidence = replace(evidence, ci=replace(evidence.ci, flaky=known))
    return found


def test_insights_know_every_failed_test() -> None:
    world = flaky(
        with_jobs(healthy(), red(case("a"), case("b", "success"))),
        FlakyTest(name="a", classname="c", job="test-backend", times=3),
    )
    (row,) = rows(world, "ci.flaky")
    assert (row["test"], row["times"], row["only"], row["source"]) == ("c::a", 3, True, "insights")
    assert row["rate"] == "3 times in two weeks by CircleCI's insights"


def test_one_that_is_not_flaky_keeps_the_others_from_being_the_cause() -> None:
    world = with_jobs(healthy(), red(case("a"), case("b")))
    (row,) = rows(flaky(world, FlakyTest(name="a", classname="c")), "ci.flaky")
    assert row["only"] is False
    assert rows(flaky(world, FlakyTest(name="a", classname="other")), "ci.flaky") == []


def test_a_rerun_on_the_same_commit_that_went_well_shows_it_too() -> None:
    world = with_jobs(healthy(), red(case("a")))
    assert isinstance(world.ci, Ci)
    assert isinstance(world.ci.pipelines, tuple)
    failed = Workflow(id="1", name="w", status="failed", jobs=(red(case("a"), id="x"),), created_at=at(-60))
    good = Workflow(
        id="2", name="w", status="success", jobs=(job("test-backend", id="y"),), created_at=at(-50)
    )
    old = replace(pipeline(117, OLD), workflows=(failed, good))
    world = replace(world, ci=replace(world.ci, pipelines=(world.ci.pipelines[0], old)))
    (row,) = rows(world, "ci.flaky")
    assert (row["rate"], row["source"]) == ("in 1 of the last 2 runs of test-backend", "reruns")


def test_insights_that_cannot_be_read_are_unknown() -> None:
    gap = Gap(what="the flaky tests", reason="404")
    world = with_jobs(healthy(), red(case("a")))
    assert isinstance(world.ci, Ci)
    assert tables(replace(world, ci=replace(world.ci, flaky=gap)))["ci.flaky"] == gap


def test_the_stored_results_name_the_first_failed_test() -> None:
    bad = Case(name="b", classname="c", result="failure", message="\nassert 1 == 2\nmore")
    (row,) = rows(with_jobs(healthy(), red(case("a", "success"), bad)), "ci.tests")
    assert (row["failed"], row["total"], row["test"], row["message"]) == (1, 2, "c::b", "assert 1 == 2")


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("peak", "full"), [(2048, True), (1960, True), (900, False)])
def test_memory_at_its_limit(peak: int, full: bool) -> None:
    memory = MemoryUse(peak=peak << 20, limit=2048 << 20)
    killed = step("Test", "step:102/1.0", "failed", exit_code=137)
    world = with_jobs(healthy(), job("test-backend", "failed", killed, memory=memory))
    (row,) = rows(world, "ci.memory")
    assert (row["peak_mb"], row["limit_mb"], row["full"]) == (peak, 2048, full)


def test_memory_that_nobody_tells_is_unknown_and_a_failure_is_no_kill() -> None:
    gap = Gap(what="the memory", reason="404")
    killed = step("Test", None, "failed", exit_code=137)
    world = with_jobs(healthy(), job("test-backend", "failed", killed, memory=gap))
    assert rows(world, "ci.memory")[0]["full"] == gap
    assert rows(with_jobs(healthy(), red()), "ci.memory") == []


# --- green, but broken ----------------------------------------------------------------------------


def deployed(output: str, evidence: Evidence | None = None, status: str = "success") -> Evidence:
    world = with_jobs(evidence or healthy(), job("deploy-dev", status, step("Deploy", "step:103/1.0")))
    return with_logs(world, log("step:103/1.0", "step", "deploy", output))


def push(app: str, ending: str = "started", instances: str = "1/1") -> str:
    return (
        f"Pushing app {app} to org o / space s as ci...\n\nname:    {app}\nrequested state:   {ending}\n"
        f"type:        web\ninstances:   {instances}\n"
    )


def test_an_app_of_another_environment_was_pushed() -> None:
    world = deployed(push("tdp-backend-qasp"))
    target = replace(world.target, peers={BACKEND: ("tdp-backend-qasp",)})
    (row,) = rows(replace(world, target=target), "deploy.calls")
    assert (row["app"], row["instead_of"]) == ("tdp-backend-qasp", BACKEND)
    both = replace(deployed(push("tdp-backend-qasp") + push(BACKEND)), target=target)
    assert [row["instead_of"] for row in rows(both, "deploy.calls")] == [None, None]
    assert [row["instead_of"] for row in rows(deployed(push("a-neighbour")), "deploy.calls")] == [None]


def test_a_push_that_left_the_app_down_and_the_platform_agrees() -> None:
    stopped = with_app(healthy(), BACKEND, state="STOPPED")
    (row,) = rows(deployed(push(BACKEND, "stopped", "0/1"), stopped), "deploy.calls")
    assert (row["ended"], row["still_down"]) == ("stopped", True)
    down = with_app(healthy(), BACKEND, processes=web(BACKEND, "CRASHED"))
    (row,) = rows(deployed(push(BACKEND, "started", "0/1"), down), "deploy.calls")
    assert (row["ended"], row["still_down"]) == ("down", True)


def test_an_app_that_came_up_later_is_not_down() -> None:
    (row,) = rows(deployed(push(BACKEND, "started", "0/1")), "deploy.calls")
    assert row["still_down"] is False  # the platform shows it running
    again = push(BACKEND, "stopped", "0/1") + f"Starting app {BACKEND} in org o / space s as ci...\n"
    found = rows(deployed(again + "\nrequested state:   started\ninstances:   1/1\n"), "deploy.calls")
    assert [row["still_down"] for row in found] == [None, None]


def test_a_command_that_failed_and_the_script_went_on() -> None:
    output = (
        f"Binding service instance tdp-db-dev to app {BACKEND} in org o / space s as ci...\n"
        "Service instance 'tdp-db-dev' not found.\nFAILED\n"
    )
    (row,) = rows(deployed(output), "deploy.ignored")
    assert (row["verb"], row["reason"]) == ("bind-service", "Service instance 'tdp-db-dev' not found.")
    again = output + f"Binding service instance tdp-db-dev to app {BACKEND} in org o / space s as ci...\nOK\n"
    assert rows(deployed(again), "deploy.ignored") == []


def test_a_value_that_could_not_be_fetched_and_was_empty_then() -> None:
    output = (
        "scripts/deploy.sh: line 2: vault: command not found\n"
        "WARNING: Empty value for JWT_KEY. It will now be unset.\n"
    )
    world = deployed(output)
    script = "set -u\nexport JWT_KEY=$(vault kv get -field=key portal/jwt || true)\n"
    assert isinstance(world.repository, Repository)
    files = (SourceFile(path="scripts/deploy.sh", text=script),)
    world = replace(world, repository=replace(world.repository, files=files))
    (row,) = rows(world, "deploy.ignored")
    assert (row["command"], row["variable"]) == ("vault kv get -field=key portal/jwt", "JWT_KEY")
    assert row["reason"] == "vault: command not found"
    assert rows(deployed(output), "deploy.ignored") == []  # nothing says what line 2 does


# --- the configuration ----------------------------------------------------------------------------


def configured(text: str = CONFIG) -> Evidence:
    files = (SourceFile(path=".circleci/config.yml", text=text),)
    repository = Repository(branch="raft", head=HEAD, files=files)
    target = Target(branch="raft", deploy_jobs=("deploy-dev",))
    found: Evidence = replace(healthy(), repository=repository, target=target)
    return found


def with_pipeline(evidence: Evidence, *flows: Workflow, **changes: Any) -> Evidence:
    made = Pipeline(
        **{
            "id": "p",
            "number": 118,
            "state": "created",
            "branch": "raft",
            "sha": HEAD,
            "created_at": evidence.collected_at - timedelta(minutes=30),
            "workflows": flows,
            **changes,
        }
    )
    found: Evidence = replace(evidence, ci=Ci(project="gh/o/r", pipelines=(made,)))
    return found


def test_which_filter_leaves_the_branch_out() -> None:
    (row,) = rows(with_pipeline(configured()), "ci.halts")
    assert (row["kind"], row["filter"]) == ("filtered", "build: test only /feature.*/, main")


def test_a_green_pipeline_without_the_deploy_job() -> None:
    flow = Workflow(id="w", name="build", status="success", jobs=(job("test"),))
    (row,) = rows(with_pipeline(configured(), flow), "ci.halts")
    assert (row["kind"], row["job"], row["filter"]) == (
        "deploy_filtered",
        "deploy-dev",
        "deploy-dev only main",
    )
    deploys = Workflow(id="w", name="build", status="success", jobs=(job("deploy-dev"),))
    assert rows(with_pipeline(configured(), deploys), "ci.halts") == []


def test_who_may_approve() -> None:
    approval = Job(id="a", name="approve", status="on_hold", type="approval", approval_request_id="r")
    flow = Workflow(id="w", name="build", status="on_hold", jobs=(approval,))
    world = with_pipeline(configured(), flow)
    table = tables(world)["ci.halts"]
    assert isinstance(table, Table)
    (row,) = table.rows
    assert row.cells["contexts"] == "tdp-dev"
    assert row.where[-1].text == "by whoever may write to gh/o/r and use the context tdp-dev"


@pytest.mark.parametrize(
    ("message", "line", "title"),
    [
        ("Unable to parse YAML\n in 'string', line 6, column 5:", 6, "Unable to parse YAML"),
        ("ERROR IN CONFIG FILE:\n[#/jobs/d] 1 schema violation found\n1. [#/jobs/d] extraneous key "
         "[stpes] is not permitted", 6, "[#/jobs/d] extraneous key [stpes] is not permitted"),
        ("Error calling workflow: 'build'\nCannot find a definition for job named approve", 12,
         "Cannot find a definition for job named approve"),
        ("[#/jobs/test] something else", 3, "[#/jobs/test] something else"),
        ("nobody knows", None, "nobody knows"),
    ],
    ids=["number", "key", "name", "pointer", "nothing"],
)  # fmt: skip
def test_the_line_that_a_complaint_means(message: str, line: int | None, title: str) -> None:
    errors = (Message(type="config", message=message),)
    world = with_pipeline(configured(), state="errored", errors=errors)
    (row,) = rows(world, "ci.halts")
    place = f" (.circleci/config.yml:{line})" if line else ""
    assert row["message"] == title + place


@pytest.mark.parametrize(
    ("branches", "branch", "refused"),
    [
        ("only: main", "main", False),
        ("only: main", "mainly", True),
        ("only: /main.*/", "mainly", False),
        ("only: [/a/, b]", "ab", True),
        ("ignore: [main, /release-.*/]", "release-1", True),
        ("ignore: main", "develop", False),
        ("only: /(a+)+b/", "a" * 40, False),  # could take for ever: not judged
        ("only: '/[/'", "x", False),  # no expression
    ],
)
def test_filters_as_circleci_reads_them(branches: str, branch: str, refused: bool) -> None:
    text = f"workflows: {{w: {{jobs: [{{j: {{filters: {{branches: {{{branches}}}}}}}}}]}}}}"
    (entry,) = configfile.entries(configured(text))
    assert (configfile.refusal(entry, branch) is not None) is refused


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "workflows: 3", "workflows: {w: {jobs: x}}", "\0"])
def test_a_configuration_that_is_none(text: str) -> None:
    assert configfile.entries(configured(text)) == ()


def test_a_step_that_failed_in_a_job_that_still_runs_is_looked_at() -> None:
    """`when: on_fail`: the job's status says nothing yet."""
    output = "E   AssertionError: assert 1 == 2\n=== 1 failed, 8 passed in 1.20s ===\n"
    running = job("test-backend", "running", step("Test", "step:102/1.0", "failed"))
    world = with_jobs(healthy(), running, job("deploy-dev", "blocked"), status="running")
    world = with_logs(world, log("step:102/1.0", "step", "test", output))
    assert rows(world, "ci.halts") == []
    diagnosis = diagnose(world, load(SCHEMAS))
    assert [cause.finding.page for cause in diagnosis.causes] == ["test-failed"]
    assert diagnosis.views.steps[0].step == "Test"


def test_a_job_that_reruns_made_good_before_is_called_flaky() -> None:
    world = with_jobs(healthy(), red())
    assert isinstance(world.ci, Ci)
    assert isinstance(world.ci.pipelines, tuple)
    failed = Workflow(id="1", name="w", status="failed", jobs=(red(id="x"),), created_at=at(-60))
    good = Workflow(id="2", name="w", status="success", jobs=(job("test-backend"),), created_at=at(-50))
    older = (
        replace(pipeline(117, OLD), workflows=(failed, good)),
        replace(pipeline(116, OLD), workflows=(failed,)),  # nobody ran it again: it may have been broken
    )
    world = replace(world, ci=replace(world.ci, pipelines=(world.ci.pipelines[0], *older)))
    (row,) = rows(world, "ci.jobs")
    assert (row["runs"], row["made_good"]) == (3, 1)


def flow(name: str, status: str) -> Workflow:
    return Workflow(id=f"{name}-{status}", name=name, status=status, created_at=at(0))


@pytest.mark.parametrize(
    ("state", "words", "outcome"),
    [
        ("errored", ("success",), "failed"),
        ("created", ("success", "success"), "success"),
        ("created", ("success", "on_hold"), "on_hold"),
        ("created", ("on_hold", "canceled"), "canceled"),
        ("created", ("running", "failing"), "failed"),  # it goes on, and cannot end well
        ("created", ("canceled", "error"), "failed"),
        ("created", ("success", "a word of tomorrow"), "success"),
        ("created", ("a word of tomorrow",), "running"),
        ("pending", (), "running"),
        ("setup", (), "running"),
        ("created", (), "none"),  # everything was filtered out
    ],
)
def test_a_pipeline_is_as_bad_as_the_worst_of_its_workflows(
    state: str, words: tuple[str, ...], outcome: str
) -> None:
    flows = tuple(flow(f"w{number}", word) for number, word in enumerate(words))
    assert outcome_of(replace(pipeline(7, HEAD), state=state, workflows=flows)) == outcome


def test_a_workflow_that_ran_again_counts_by_its_last_run() -> None:
    again = (flow("build", "failed"), replace(flow("build", "success"), created_at=at(5)))
    assert outcome_of(replace(pipeline(7, HEAD), workflows=again)) == "success"


def test_pipelines_are_told_newest_first_and_a_commit_without_words_has_none() -> None:
    world = healthy()
    assert isinstance(world.ci, Ci)
    said = replace(pipeline(120, HEAD), subject="Scan for viruses")
    world = replace(world, ci=replace(world.ci, pipelines=(said, pipeline(119, OLD))))
    assert [(row["pipeline"], row["subject"], row["newest"]) for row in rows(world, "ci.pipelines")] == [
        (120, "Scan for viruses", True),
        (119, None, False),
    ]
