"""The compiled configuration: what orbs, parameters and matrices became; `/pipeline/{id}/config` shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from runback.lab.circleci.plans import JobPlan, StepPlan, WorkflowPlan


def compiled(workflows: Iterable[WorkflowPlan]) -> str:
    """YAML with the jobs under the names by which workflows call them, and the workflows."""
    plans = tuple(workflows)
    jobs = {job.name: _job(job) for one in plans for job in one.jobs if not job.approval}
    flows: dict[str, Any] = {"version": 2}
    flows |= {one.name: {"jobs": [_entry(job) for job in one.jobs]} for one in plans}
    return yaml.safe_dump({"version": 2, "jobs": jobs, "workflows": flows}, sort_keys=False, width=1000)


def _job(of: JobPlan) -> dict[str, Any]:
    images = [{"image": image} for image in of.images]
    body: dict[str, Any] = {of.executor: images if of.executor == "docker" else images[0] if images else True}
    body["resource_class"] = of.resource_class
    if of.parallelism > 1:
        body["parallelism"] = of.parallelism
    if of.directory:
        body["working_directory"] = of.directory
    if of.environment:
        body["environment"] = dict(of.environment)
    return {**body, "steps": [_step(one) for one in of.steps]}


def _step(of: StepPlan) -> Any:
    if of.command is None:
        return {of.kind: dict(of.options)} if of.options else of.kind
    run: dict[str, Any] = {"name": of.name, "command": of.command}
    if of.when != "on_success":
        run["when"] = of.when
    if of.background:
        run["background"] = True
    if of.environment:
        run["environment"] = dict(of.environment)
    return {"run": run}


def _entry(of: JobPlan) -> Any:
    body: dict[str, Any] = {}
    if of.approval:
        body["type"] = "approval"
    if of.contexts:
        body["context"] = list(of.contexts)
    if of.filters:
        body["filters"] = of.filters
    if of.requires:
        body["requires"] = [
            name if of.outcomes.get(name, ("success",)) == ("success",) else {name: list(of.outcomes[name])}
            for name in of.requires
        ]
    return {of.name: body} if body else of.name
