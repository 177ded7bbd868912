"""The reader of `.circleci/config.yml`: what runs for a branch, and how steps are called."""

from __future__ import annotations

from typing import Any

import pytest

from runback.lab.circleci.config import ConfigProblem, WorkflowPlan, plan

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
