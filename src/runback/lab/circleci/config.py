"""Reads `.circleci/config.yml` as far as the lab needs it: workflows, filters, jobs, commands, parameters.

What the lab does not know (orbs, matrices, dynamic configuration) is a `ConfigProblem`, never a silent skip.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

# The names that CircleCI gives to the steps it brings itself.
BUILT_IN = {
    "checkout": "Checkout code",
    "restore_cache": "Restoring cache",
    "save_cache": "Saving cache",
    "store_artifacts": "Uploading artifacts",
    "store_test_results": "Uploading test results",
    "setup_remote_docker": "Setup a remote Docker engine",
    "attach_workspace": "Attaching workspace",
    "persist_to_workspace": "Persisting to workspace",
    "add_ssh_keys": "Installing additional ssh keys",
}

# The C loader of PyYAML is ten times as fast as the other; both are safe.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
REFERENCE = re.compile(r"<<\s*([\w.-]+)\s*>>")


class ConfigProblem(Exception):
    """The configuration is not one; CircleCI shows the text as an error of type `config`."""


@dataclass(frozen=True)
class StepPlan:
    """One step of a job. `command` is None for the steps that CircleCI brings itself."""

    name: str
    kind: str  # 'run', or a key of BUILT_IN
    command: str | None = None
    when: str = "on_success"  # on_success | always | on_fail
    background: bool = False
    directory: str | None = None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JobPlan:
    name: str  # as the workflow calls it
    job: str
    requires: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    approval: bool = False
    images: tuple[str, ...] = ()
    resource_class: str = "medium"
    parallelism: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    steps: tuple[StepPlan, ...] = ()


@dataclass(frozen=True)
class WorkflowPlan:
    name: str
    jobs: tuple[JobPlan, ...]


def plan(
    source: str, branch: str, parameters: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[WorkflowPlan, ...]:
    """The workflows that run for a branch, filtered as CircleCI filters them.

    `parameters` override the defaults of the pipeline parameters; `values` are further `pipeline.…` values
    ('git.revision', 'number'). Raises ConfigProblem.
    """
    return _Reader(_parse(source), branch, parameters, values).workflows()


@lru_cache(maxsize=8)
def _parse(source: str) -> dict[str, Any]:
    try:
        loaded = yaml.load(source, LOADER)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ConfigProblem(f"Unable to parse YAML\n{error}") from error
    if not isinstance(loaded, dict):
        raise ConfigProblem("Unable to parse YAML\nthe configuration is not a mapping")
    return loaded


def is_setup(source: str) -> bool:
    """Whether the configuration only prepares another one, which continues the pipeline."""
    return bool(_parse(source).get("setup"))


class _Reader:
    def __init__(
        self,
        loaded: dict[str, Any],
        branch: str,
        parameters: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> None:
        self._loaded = loaded
        self._branch = branch
        declared = loaded.get("parameters") or {}
        for name in parameters:
            if name not in declared:
                raise ConfigProblem(f"Unexpected argument(s): {name}")
        self._scope: dict[str, Any] = {
            f"pipeline.parameters.{name}": parameters.get(name, what.get("default"))
            for name, what in declared.items()
        }
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
            if not self._true(self._fill(wanted, self._scope)):
                continue
            jobs = self._jobs(name, body.get("jobs") or [])
            if jobs:
                found.append(WorkflowPlan(name, jobs))
        return tuple(found)

    def _jobs(self, workflow: str, entries: list[Any]) -> tuple[JobPlan, ...]:
        plans: list[JobPlan] = []
        for entry in entries:
            job, use = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
            use = self._fill(use or {}, self._scope)
            if self._filtered(use.get("filters") or {}):
                continue
            plans.append(self._job(workflow, job, use))
        names = {one.name for one in plans}
        # A job that requires a filtered-out one is never started.
        while any(need not in names for one in plans for need in one.requires):
            plans = [one for one in plans if all(need in names for need in one.requires)]
            names = {one.name for one in plans}
        return tuple(plans)

    def _job(self, workflow: str, job: str, use: dict[str, Any]) -> JobPlan:
        name = use.get("name", job)
        requires = tuple(
            one if isinstance(one, str) else next(iter(one)) for one in use.get("requires") or ()
        )
        context = use.get("context") or ()
        contexts = (context,) if isinstance(context, str) else tuple(context)
        if use.get("type") == "approval":
            return JobPlan(name, job, requires, contexts, approval=True)
        body = (self._loaded.get("jobs") or {}).get(job)
        if body is None:
            raise ConfigProblem(
                f"Error calling workflow: '{workflow}'\nCannot find a definition for job named {job}"
            )
        scope = self._scope | self._arguments(job, body, use)
        body = self._fill({key: value for key, value in body.items() if key != "parameters"}, scope)
        body = self._executor(body, scope)
        return JobPlan(
            name=name,
            job=job,
            requires=requires,
            contexts=contexts,
            images=tuple(one["image"] for one in body.get("docker") or ()),
            resource_class=str(body.get("resource_class", "medium")),
            parallelism=int(body.get("parallelism", 1)),
            environment=_texts(body.get("environment")),
            steps=tuple(self._steps(body.get("steps") or [], scope, body.get("working_directory"))),
        )

    def _executor(self, body: dict[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
        use = body.get("executor")
        if use is None:
            return body
        name = use if isinstance(use, str) else use["name"]
        executor = (self._loaded.get("executors") or {}).get(name)
        if executor is None:
            raise ConfigProblem(f"Cannot find a definition for executor named {name}")
        arguments = self._arguments(name, executor, {} if isinstance(use, str) else use)
        filled = self._fill(
            {key: value for key, value in executor.items() if key != "parameters"}, scope | arguments
        )
        environment = _texts(filled.get("environment")) | _texts(body.get("environment"))
        return {**filled, **body, "environment": environment}

    def _steps(self, entries: list[Any], scope: dict[str, Any], directory: str | None) -> list[StepPlan]:
        plans: list[StepPlan] = []
        for entry in entries:
            kind, body = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
            if kind in ("when", "unless"):
                if self._true(body["condition"]) == (kind == "when"):
                    plans += self._steps(body["steps"], scope, directory)
            elif kind == "run":
                plans.append(_run({"command": body} if isinstance(body, str) else body, directory))
            elif kind in BUILT_IN:
                plans.append(StepPlan(str((body or {}).get("name", BUILT_IN[kind])), kind))
            else:
                plans += self._command(kind, body or {}, scope, directory)
        return plans

    def _command(
        self, name: str, use: dict[str, Any], scope: dict[str, Any], directory: str | None
    ) -> list[StepPlan]:
        command = (self._loaded.get("commands") or {}).get(name)
        if command is None:
            raise ConfigProblem(f"Cannot find a definition for command named {name}")
        inner = scope | self._arguments(name, command, use)
        return self._steps(self._fill(command.get("steps") or [], inner), inner, directory)

    def _arguments(self, name: str, body: dict[str, Any], use: dict[str, Any]) -> dict[str, Any]:
        arguments = {}
        for parameter, what in (body.get("parameters") or {}).items():
            if parameter not in use and "default" not in what:
                raise ConfigProblem(f"Error calling job: '{name}'\nMissing required argument(s): {parameter}")
            arguments[f"parameters.{parameter}"] = use.get(parameter, what.get("default"))
        return arguments

    def _fill(self, value: Any, scope: Mapping[str, Any]) -> Any:
        """`value` with every `<< name >>` of the scope replaced; a name of an inner scope stays."""
        if isinstance(value, dict):
            return {key: self._fill(one, scope) for key, one in value.items()}
        if isinstance(value, list):
            return [self._fill(one, scope) for one in value]
        if not isinstance(value, str) or "<<" not in value:
            return value
        whole = REFERENCE.fullmatch(value.strip())
        if whole and whole[1] in scope:
            return scope[whole[1]]  # keeps booleans and numbers
        return REFERENCE.sub(lambda found: _text(scope.get(found[1], found[0])), value)

    def _true(self, condition: Any) -> bool:
        if not isinstance(condition, dict):
            return bool(condition)
        operator, operand = next(iter(condition.items()))
        if operator == "and":
            return all(self._true(one) for one in operand)
        if operator == "or":
            return any(self._true(one) for one in operand)
        if operator == "not":
            return not self._true(operand)
        if operator == "equal":
            return all(one == operand[0] for one in operand)
        if operator == "matches":
            return re.search(operand["pattern"], str(operand["value"])) is not None
        raise ConfigProblem(f"Unexpected logic operator: {operator}")

    def _filtered(self, filters: dict[str, Any]) -> bool:
        branches = filters.get("branches") or {}
        only, ignore = _patterns(branches.get("only")), _patterns(branches.get("ignore"))
        if only and not any(_matches(one, self._branch) for one in only):
            return True
        return any(_matches(one, self._branch) for one in ignore)


def _run(body: dict[str, Any], directory: str | None) -> StepPlan:
    command = str(body["command"])
    return StepPlan(
        name=str(body.get("name", command.strip())),
        kind="run",
        command=command,
        when=str(body.get("when", "on_success")),
        background=bool(body.get("background", False)),
        directory=body.get("working_directory", directory),
        environment=_texts(body.get("environment")),
    )


def _patterns(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def _matches(pattern: str, branch: str) -> bool:
    if pattern.startswith("/") and pattern.endswith("/"):
        return re.fullmatch(pattern[1:-1], branch) is not None
    return pattern == branch


def _texts(value: Any) -> dict[str, str]:
    return {str(name): _text(one) for name, one in (value or {}).items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
