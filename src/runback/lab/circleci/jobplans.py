"""One job of a workflow: its definition, executor, parameters and steps, put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runback.lab.circleci.definitions import Definitions, Element
from runback.lab.circleci.logic import arguments, fill, is_true, seconds, texts
from runback.lab.circleci.plans import BUILT_IN, ConfigProblem, JobPlan, StepPlan

EXECUTORS = ("docker", "machine", "macos")


class JobReader:
    """`scope` are the pipeline's values."""

    def __init__(self, definitions: Definitions, scope: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._scope = dict(scope)

    def job(self, job: str, use: Mapping[str, Any], requires: Mapping[str, tuple[str, ...]]) -> JobPlan:
        """The plan of a workflow's entry. Raises ConfigProblem."""
        name = str(use.get("name", job))
        context = use.get("context") or ()
        contexts = (context,) if isinstance(context, str) else tuple(context)
        filters = use.get("filters") or {}
        if use.get("type") == "approval":
            return JobPlan(
                name, job, tuple(requires), dict(requires), contexts, approval=True, filters=filters
            )
        found = self._definitions.find("job", job)
        declared = found.body.get("parameters") or {}
        scope = self._scope | arguments("job", job, declared, use)
        try:
            body = self._body(found, scope)
            steps = [
                *(use.get("pre-steps") or ()),
                *(body.get("steps") or ()),
                *(use.get("post-steps") or ()),
            ]
            directory = body.get("working_directory")
            read = tuple(_Steps(found.home, scope, directory).read(steps))
        except ConfigProblem as problem:
            raise ConfigProblem(f"Error calling job: '{job}'\n{problem}") from problem
        return JobPlan(
            name=name,
            job=job,
            requires=tuple(requires),
            outcomes=dict(requires),
            contexts=contexts,
            executor=next((kind for kind in EXECUTORS if kind in body), "docker"),
            images=_images(body),
            resource_class=str(body.get("resource_class", "medium")),
            parallelism=int(body.get("parallelism", 1)),
            environment=texts(body.get("environment")),
            directory=directory,
            steps=read,
            filters=filters,
        )

    def _body(self, found: Element, scope: Mapping[str, Any]) -> dict[str, Any]:
        """The job with its executor, all references filled in."""
        body = fill({key: value for key, value in found.body.items() if key != "parameters"}, scope)
        use = body.pop("executor", None)
        if use is None:
            return dict(body)
        name = use if isinstance(use, str) else use["name"]
        executor = found.home.find("executor", name)
        declared = executor.body.get("parameters") or {}
        given = arguments("executor", name, declared, {} if isinstance(use, str) else use)
        own = {key: value for key, value in executor.body.items() if key != "parameters"}
        filled = fill(own, {**scope, **given})
        environment = texts(filled.get("environment")) | texts(body.get("environment"))
        return {**filled, **body, "environment": environment}


class _Steps:
    """The steps of a job or command. Names are looked up in `home`."""

    def __init__(self, home: Definitions, scope: Mapping[str, Any], directory: str | None) -> None:
        self._home = home
        self._scope = dict(scope)
        self._directory = directory

    def read(self, entries: list[Any]) -> Iterator[StepPlan]:
        for entry in entries:
            kind, body = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
            if kind in ("when", "unless"):
                if is_true(body["condition"]) == (kind == "when"):
                    yield from self.read(body["steps"])
            elif kind == "steps":
                yield from self.read(body)
            elif kind == "run":
                yield _run({"command": body} if isinstance(body, str) else body, self._directory)
            elif kind in BUILT_IN:
                options = body or {}
                yield StepPlan(str(options.get("name", BUILT_IN[kind])), kind, options=dict(options))
            else:
                yield from self._command(kind, body or {})

    def _command(self, name: str, use: dict[str, Any]) -> Iterator[StepPlan]:
        command = self._home.find("command", name)
        declared = command.body.get("parameters") or {}
        for parameter in use:
            if parameter not in declared:
                raise ConfigProblem(f"Error calling command: '{name}'\nUnexpected argument(s): {parameter}")
        inner = self._scope | arguments("command", name, declared, use)
        steps = fill(command.body.get("steps") or [], inner)
        yield from _Steps(command.home, inner, self._directory).read(steps)


def _run(body: dict[str, Any], directory: str | None) -> StepPlan:
    command = str(body["command"])
    silence = body.get("no_output_timeout")
    return StepPlan(
        name=str(body.get("name", command.strip())),
        kind="run",
        command=command,
        when=str(body.get("when", "on_success")),
        background=bool(body.get("background", False)),
        directory=body.get("working_directory", directory),
        environment=texts(body.get("environment")),
        silence=None if silence is None else seconds(silence),
    )


def _images(body: Mapping[str, Any]) -> tuple[str, ...]:
    machine = body.get("machine")
    if isinstance(machine, dict):
        return (str(machine["image"]),) if "image" in machine else ()
    return tuple(str(one["image"]) for one in body.get("docker") or ())
