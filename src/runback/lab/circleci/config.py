"""Processes `.circleci/config.yml`: orbs, commands, executors, parameters, matrices, conditions and filters.

What the lab does not know is a `ConfigProblem`, never a silent skip. The texts of problems are those of
CircleCI's compiler, as people recorded them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import yaml

from runback.lab.circleci.definitions import LOADER, Definitions
from runback.lab.circleci.jobplans import JobReader
from runback.lab.circleci.logic import arguments, fill, is_true
from runback.lab.circleci.matrix import expanded
from runback.lab.circleci.plans import ConfigProblem, JobPlan, WorkflowPlan
from runback.lab.circleci.schema import check

__all__ = ["LOADER", "ConfigProblem", "is_setup", "plan", "process"]

Registry = Mapping[str, Mapping[str, Any]]
NO_ORBS: Registry = MappingProxyType({})


def plan(
    source: str,
    branch: str,
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    registry: Registry = NO_ORBS,
) -> tuple[WorkflowPlan, ...]:
    """The workflows that run for a branch, filtered as CircleCI filters them.

    `parameters` override the defaults of the pipeline parameters; `values` are further `pipeline.…` values
    ('git.revision', 'number'); `registry` has the orbs that can be imported. Raises ConfigProblem.
    """
    every = process(source, branch, parameters, values, registry)
    filtered = (WorkflowPlan(one.name, _for_branch(one.jobs, branch)) for one in every)
    return tuple(one for one in filtered if one.jobs)


def process(
    source: str,
    branch: str,
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    registry: Registry = NO_ORBS,
) -> tuple[WorkflowPlan, ...]:
    """The workflows as they are compiled: all jobs, with their filters. Raises ConfigProblem."""
    return _Reader(_parse(source), branch, parameters, values, registry).workflows()


def is_setup(source: str) -> bool:
    """Whether the configuration only prepares another one, which continues the pipeline."""
    return bool(_parse(source).get("setup"))


@lru_cache(maxsize=8)
def _parse(source: str) -> dict[str, Any]:
    try:
        loaded = yaml.load(source, LOADER)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ConfigProblem(f"Unable to parse YAML\n{_as_circleci(error, source)}") from error
    if not isinstance(loaded, dict):
        raise ConfigProblem("Unable to parse YAML\nthe configuration is not a mapping")
    return loaded


def _as_circleci(error: yaml.YAMLError, source: str) -> str:
    """PyYAML's complaint in the form of SnakeYAML, which CircleCI shows: with an excerpt of each place."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return str(error)
    lines = source.splitlines()
    said = []
    for what, mark in ((error.context, error.context_mark), (error.problem, error.problem_mark)):
        said += [what] if what else []
        if mark is not None:
            said.append(f" in 'string', line {mark.line + 1}, column {mark.column + 1}:")
            excerpt = lines[mark.line] if mark.line < len(lines) else ""
            said += [f"    {excerpt}", f"    {' ' * mark.column}^"]
    return "\n".join(said)


class _Reader:
    def __init__(
        self,
        loaded: dict[str, Any],
        branch: str,
        parameters: Mapping[str, Any],
        values: Mapping[str, Any],
        registry: Registry,
    ) -> None:
        check(loaded)
        self._loaded = loaded
        self._definitions = Definitions(loaded, registry)
        declared = loaded.get("parameters") or {}
        for name in parameters:
            if name not in declared:
                raise ConfigProblem(f"Unexpected argument(s): {name}")
        given = arguments("pipeline", "pipeline", declared, parameters)
        self._scope: dict[str, Any] = {f"pipeline.{name}": value for name, value in given.items()}
        self._scope |= {f"pipeline.{name}": value for name, value in values.items()}
        self._scope["pipeline.git.branch"] = branch

    def workflows(self) -> tuple[WorkflowPlan, ...]:
        found = []
        for name, body in (self._loaded.get("workflows") or {}).items():
            if name == "version":
                continue
            wanted = body.get("when", True)
            if "unless" in body:
                wanted = {"not": body["unless"]}
            if is_true(fill(wanted, self._scope)):
                found.append(WorkflowPlan(name, self._jobs(name, body.get("jobs") or [])))
        return tuple(found)

    def _jobs(self, workflow: str, entries: list[Any]) -> tuple[JobPlan, ...]:
        groups: dict[str, list[str]] = {}  # the name to require → the jobs that it stands for
        uses = []
        for entry in entries:
            job, use = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
            group, each = expanded(job, fill(use or {}, self._scope))
            for one in each:
                groups.setdefault(group, []).append(str(one.get("name", job)))
                uses.append((job, one))
        names = [str(use.get("name", job)) for job, use in uses]
        groups = {name: [name] for name in names} | groups
        reader = JobReader(self._definitions, self._scope)
        try:
            plans = tuple(reader.job(job, use, _requires(job, use, groups, workflow)) for job, use in uses)
        except ConfigProblem as problem:
            raise ConfigProblem(_called(workflow, str(problem))) from problem
        _reachable(plans)
        return plans


def _called(workflow: str, problem: str) -> str:
    """A problem with the workflow in which it came up; what is wrong with the workflow itself says so."""
    return problem if problem.startswith("Job '") else f"Error calling workflow: '{workflow}'\n{problem}"


def _requires(
    job: str, use: Mapping[str, Any], groups: Mapping[str, list[str]], workflow: str
) -> dict[str, tuple[str, ...]]:
    """The jobs that one waits for, and in which ways each may end. Raises ConfigProblem."""
    found: dict[str, tuple[str, ...]] = {}
    for need in use.get("requires") or ():
        name, ways = (need, "success") if isinstance(need, str) else next(iter(need.items()))
        if name not in groups:
            raise ConfigProblem(
                f"Job '{use.get('name', job)}' requires '{name}', which is the name of 0 other jobs in "
                f"workflow '{workflow}'"
            )
        for one in groups[name]:
            found[one] = (ways,) if isinstance(ways, str) else tuple(ways)
    return found


def _reachable(plans: tuple[JobPlan, ...]) -> None:
    """Raises ConfigProblem for jobs that wait for each other."""
    reached: set[str] = set()
    while more := {one.name for one in plans if reached.issuperset(one.requires)} - reached:
        reached |= more
    left = [one.name for one in plans if one.name not in reached]
    if left:
        first = "" if reached else "At least one job in the workflow must have no dependencies.\n"
        raise ConfigProblem(f"{first}The following jobs are unreachable: {', '.join(left)}")


def _for_branch(plans: tuple[JobPlan, ...], branch: str) -> tuple[JobPlan, ...]:
    kept = [one for one in plans if not _filtered(one.filters, branch)]
    names = {one.name for one in kept}
    # A job that requires a filtered-out one is never started.
    while any(need not in names for one in kept for need in one.requires):
        kept = [one for one in kept if all(need in names for need in one.requires)]
        names = {one.name for one in kept}
    return tuple(kept)


def _filtered(filters: Mapping[str, Any], branch: str) -> bool:
    branches = filters.get("branches") or {}
    only, ignore = tuple(_patterns(branches.get("only"))), _patterns(branches.get("ignore"))
    if only and not any(_matches(one, branch) for one in only):
        return True
    return any(_matches(one, branch) for one in ignore)


def _patterns(value: Any) -> Iterator[str]:
    yield from [] if value is None else [value] if isinstance(value, str) else value


def _matches(pattern: str, branch: str) -> bool:
    if pattern.startswith("/") and pattern.endswith("/"):
        return re.fullmatch(pattern[1:-1], branch) is not None
    return pattern == branch
