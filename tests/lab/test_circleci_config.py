"""The reader of `.circleci/config.yml`: what runs for a branch, and how steps are called."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from runback.lab.circleci.compiled import compiled
from runback.lab.circleci.config import plan, process
from runback.lab.circleci.plans import ConfigProblem, JobPlan, WorkflowPlan

CONFIG = """
version: 2.1
parameters:
  target: {type: string, default: ""}
executors:
  python: {docker: [{image: "cimg/python:3.11"}, {image: "postgres:15"}], environment: {A: executor}}
commands:
  greet:
    parameters: {who: {type: string}, loud: {type: boolean, default: false}}
    steps:
      - run: echo << parameters.who >>
      - when: {condition: << parameters.loud >>, steps: [{run: {name: shout, command: echo LOUD}}]}
jobs:
  check:
    executor: python
    parallelism: 2
    environment: {B: job}
    steps:
      - checkout
      - greet: {who: "<< pipeline.git.branch >>", loud: true}
      - run: {name: after, command: "echo $A", when: always, working_directory: backend}
  deploy:
    docker: [{image: "cimg/base:2026.01"}]
    parameters: {space: {type: string}}
    steps: [{run: {name: "Deploy to << parameters.space >>", command: "bash x.sh << parameters.space >>"}}]
workflows:
  build:
    when: {not: << pipeline.parameters.target >>}
    jobs:
      - check
      - hold: {type: approval, requires: [check], filters: {branches: {only: [develop, /release-.*/]}}}
      - deploy: {name: deploy-dev, space: dev, context: [cf-dev], requires: [hold]}
  targeted:
    when: {equal: [raft, << pipeline.parameters.target >>]}
    jobs: [{deploy: {space: raft}}]
"""


def planned(branch: str, **parameters: Any) -> dict[str, WorkflowPlan]:
    return {one.name: one for one in plan(CONFIG, branch, parameters, {"number": 7})}


def test_steps_are_named_as_circleci_names_them() -> None:
    check = planned("develop")["build"].jobs[0]
    assert [step.name for step in check.steps] == ["Checkout code", "echo develop", "shout", "after"]
    assert check.steps[3].when == "always"
    assert check.steps[3].directory == "backend"


def test_executor_and_job_are_joined() -> None:
    check = planned("develop")["build"].jobs[0]
    assert check.images == ("cimg/python:3.11", "postgres:15")
    assert check.environment == {"A": "executor", "B": "job"}
    assert check.parallelism == 2


def test_a_filter_takes_a_job_and_all_that_requires_it() -> None:
    assert [job.name for job in planned("develop")["build"].jobs] == ["check", "hold", "deploy-dev"]
    assert [job.name for job in planned("release-1")["build"].jobs] == ["check", "hold", "deploy-dev"]
    assert [job.name for job in planned("feature/x")["build"].jobs] == ["check"]


def test_a_pipeline_parameter_chooses_the_workflow() -> None:
    assert list(planned("develop")) == ["build"]
    (deploy,) = planned("develop", target="raft")["targeted"].jobs
    assert (deploy.name, deploy.steps[0].name, deploy.steps[0].command) == (
        "deploy",
        "Deploy to raft",
        "bash x.sh raft",
    )


def test_contexts_and_approval() -> None:
    _, hold, deploy = planned("develop")["build"].jobs
    assert hold.approval
    assert hold.requires == ("check",)
    assert deploy.contexts == ("cf-dev",)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a: [", "Unable to parse YAML"),
        ("workflows: {w: {jobs: [nowhere]}}", "Cannot find a definition for job named nowhere"),
        (
            "jobs: {a: {docker: [{image: i}], steps: [orb/step]}}\nworkflows: {w: {jobs: [a]}}",
            "Cannot find a definition for command named orb/step",
        ),
    ],
)
def test_a_broken_configuration_is_a_problem(source: str, text: str) -> None:
    with pytest.raises(ConfigProblem, match=text):
        plan(source, "main", {}, {})


def test_an_unknown_parameter_is_a_problem() -> None:
    with pytest.raises(ConfigProblem, match=r"Unexpected argument\(s\): nothing"):
        planned("develop", nothing="x")


# The texts are those that CircleCI's compiler answered to such configurations in July 2026.
IMAGE = "docker: [{image: i}]"
CALLED = "Error calling workflow: 'main'\nError calling job: 'build'\n"
PROBLEMS = {
    "orb": (
        "orbs: {slack: circleci/slack@99.99.99}",
        "Cannot find circleci/slack@99.99.99 in the orb registry. "
        "Check that the namespace, orb name and version are correct.",
    ),
    "requires": (
        f"jobs: {{build: {{{IMAGE}, steps: [checkout]}}}}\n"
        "workflows: {main: {jobs: [{build: {requires: [nonexistent]}}]}}",
        "Job 'build' requires 'nonexistent', which is the name of 0 other jobs in workflow 'main'",
    ),
    "executor": (
        "jobs: {build: {executor: nope, steps: [checkout]}}\nworkflows: {main: {jobs: [build]}}",
        f"{CALLED}Cannot find a definition for executor named nope",
    ),
    "command": (
        f"jobs: {{build: {{{IMAGE}, steps: [chekcout]}}}}\nworkflows: {{main: {{jobs: [build]}}}}",
        f"{CALLED}Cannot find a definition for command named chekcout",
    ),
    "cycle": (
        f"jobs: {{a: {{{IMAGE}, steps: [checkout]}}, b: {{{IMAGE}, steps: [checkout]}}}}\n"
        "workflows: {main: {jobs: [{a: {requires: [b]}}, {b: {requires: [a]}}]}}",
        "At least one job in the workflow must have no dependencies.\n"
        "The following jobs are unreachable: a, b",
    ),
    "yaml": (
        "version: 2.1\njobs:\n  build:\n    docker:\n  - image: x\n",
        "Unable to parse YAML\nwhile parsing a block mapping\n in 'string', line 3, column 3:\n",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_problems_are_told_in_the_words_of_the_compiler(case: str) -> None:
    source, text = PROBLEMS[case]
    with pytest.raises(ConfigProblem) as problem:
        plan(source, "main", {}, {})
    assert text in str(problem.value)


def test_a_misspelled_key_lists_what_is_permitted() -> None:
    source = f"jobs: {{build: {{{IMAGE}, stpes: [checkout]}}}}\nworkflows: {{main: {{jobs: [build]}}}}"
    with pytest.raises(ConfigProblem) as problem:
        plan(source, "main", {}, {})
    lines = str(problem.value).splitlines()
    assert lines[0] == "ERROR IN CONFIG FILE:"
    assert "|   |   1. [#/jobs/build] extraneous key [stpes] is not permitted" in lines
    assert "|   |   2. [#/jobs/build] required key [steps] not found" in lines
    assert len(lines) == 24


ORBS = """
version: 2.1
orbs:
  python: lab/python@1.2
  tools:
    executors: {small: {docker: [{image: "cimg/base:2026.01"}], resource_class: small}}
    commands: {say: {parameters: {what: {type: string}}, steps: [{run: "echo << parameters.what >>"}]}}
    jobs: {greet: {executor: small, steps: [{say: {what: hello}}]}}
jobs:
  test:
    executor: {name: python/default, tag: << parameters.version >>}
    parameters:
      version: {type: string}
      os: {type: enum, enum: [linux, alpine], default: linux}
      after: {type: steps, default: []}
    steps:
      - python/install: {args: -q}
      - unless: {condition: {equal: [alpine, << parameters.os >>]}, steps: [{run: apt}]}
      - steps: << parameters.after >>
workflows:
  main:
    jobs:
      - tools/greet
      - test:
          name: test-<< matrix.version >>-<< matrix.os >>
          matrix:
            alias: tests
            parameters: {version: ["3.11", "3.12"], os: [linux, alpine]}
            exclude: [{version: "3.11", os: alpine}]
          post-steps: [{run: {name: tell, command: "true", when: on_fail, no_output_timeout: 20m}}]
      - tools/greet: {name: thank, requires: [tests]}
      - tools/greet: {name: mourn, requires: [{tests: [failed, canceled]}, {thank: terminal}]}
"""
REGISTRY = {
    "lab/python": {
        "version": "1.2.3",
        "executors": {
            "default": {
                "parameters": {"tag": {"type": "string"}},
                "docker": [{"image": "cimg/python:<< parameters.tag >>"}],
            }
        },
        "commands": {
            "install": {
                "parameters": {"args": {"type": "string", "default": ""}},
                "steps": [
                    {"run": {"name": "Install packages", "command": "pip install << parameters.args >>"}}
                ],
            }
        },
    }
}


def with_orbs(source: str = ORBS) -> dict[str, JobPlan]:
    (main,) = plan(source, "main", {}, {}, REGISTRY)
    return {job.name: job for job in main.jobs}


def test_orbs_bring_jobs_commands_and_executors_under_their_names() -> None:
    jobs = with_orbs()
    assert (jobs["tools/greet"].images, jobs["tools/greet"].resource_class) == (
        ("cimg/base:2026.01",),
        "small",
    )
    assert [step.command for step in jobs["tools/greet"].steps] == ["echo hello"]
    first = jobs["test-3.11-linux"]
    assert first.images == ("cimg/python:3.11",)
    assert [(step.name, step.command) for step in first.steps][:2] == [
        ("Install packages", "pip install -q"),
        ("apt", "apt"),
    ]


def test_a_matrix_makes_jobs_and_its_alias_stands_for_all_of_them() -> None:
    jobs = with_orbs()
    matrix = ["test-3.11-linux", "test-3.12-linux", "test-3.12-alpine"]
    assert list(jobs) == ["tools/greet", *matrix, "thank", "mourn"]
    assert [step.name for step in jobs["test-3.12-alpine"].steps] == ["Install packages", "tell"]
    assert (jobs["test-3.12-alpine"].steps[1].when, jobs["test-3.12-alpine"].steps[1].silence) == (
        "on_fail",
        1200,
    )
    assert jobs["thank"].requires == tuple(matrix)


def test_a_requirement_may_name_the_ways_to_end() -> None:
    mourn = with_orbs()["mourn"]
    assert mourn.outcomes["test-3.11-linux"] == ("failed", "canceled")
    assert mourn.outcomes["thank"] == ("terminal",)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (
            '{version: ["3.11"], os: [windows]}',
            'Type error for argument os: expected type: enum("linux", "alpine")',
        ),
        ("{os: [linux]}", "Missing required argument(s): version"),
    ],
)
def test_arguments_must_be_of_their_type(given: str, text: str) -> None:
    source = ORBS.replace('{version: ["3.11", "3.12"], os: [linux, alpine]}', given)
    source = source.replace("name: test-<< matrix.version >>-<< matrix.os >>\n          ", "")
    with pytest.raises(ConfigProblem) as problem:
        with_orbs(source)
    assert text in str(problem.value)


def test_the_compiled_configuration_holds_what_runs() -> None:
    text = compiled(process(ORBS, "main", {}, {}, REGISTRY))
    loaded = yaml.safe_load(text)
    assert loaded["jobs"]["test-3.12-linux"]["docker"] == [{"image": "cimg/python:3.12"}]
    assert loaded["jobs"]["test-3.12-linux"]["steps"][0] == {
        "run": {"name": "Install packages", "command": "pip install -q"}
    }
    assert loaded["workflows"]["main"]["jobs"][-1]["mourn"]["requires"][-1] == {"thank": ["terminal"]}
