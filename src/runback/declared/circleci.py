"""What the jobs of .circleci/config.yml run: the scripts of their steps, with parameters filled in.

`<< parameters.x >>` of commands and jobs is what the caller gives or the default.
`<< pipeline.parameters.x >>` is unknown, but has a default. Orbs are not looked into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from runback.declared import yamlnodes
from runback.declared.text import Hole, Text, literal

if TYPE_CHECKING:
    from yaml.nodes import Node

MOST = 400  # steps of one file, over all jobs
_PLACE = re.compile(r"<<\s*([\w.-]+)\s*>>")
_DEEPEST = 6  # commands within commands


class Script(NamedTuple):
    """The script of one `run` step. `variables` are those that the job and its parameters set."""

    job: str
    text: str
    line: int  # of its first line in config.yml
    folder: str
    variables: Mapping[str, Text]


@dataclass(frozen=True)
class _Config:
    root: Node
    defaults: Mapping[str, str]  # pipeline.parameters.x → its default, '' without


def scripts(text: str) -> list[Script]:
    """The scripts of all jobs, once for each way in which a workflow calls a job. Raises NotYaml."""
    root = yamlnodes.root(text)
    if root is None:
        return []
    defaults = {
        f"pipeline.parameters.{name}": yamlnodes.scalar(yamlnodes.child(value, "default")) or ""
        for name, value in yamlnodes.pairs(yamlnodes.child(root, "parameters"))
    }
    config = _Config(root, defaults)
    found: list[Script] = []
    called = _called(config)
    for name, job in yamlnodes.pairs(yamlnodes.child(root, "jobs")):
        for given in called.get(name) or [{}]:
            if len(found) < MOST:
                found += _of_job(config, name, job, given)
    return found[:MOST]


def _called(config: _Config) -> dict[str, list[dict[str, str]]]:
    """Job → the parameters of each of its calls, each kind of call once."""
    found: dict[str, list[dict[str, str]]] = {}
    for _, workflow in yamlnodes.pairs(yamlnodes.child(config.root, "workflows")):
        for entry in yamlnodes.items(yamlnodes.child(workflow, "jobs")):
            for name, body in yamlnodes.pairs(entry):
                given = {
                    key: text
                    for key, value in yamlnodes.pairs(body)
                    if (text := yamlnodes.scalar(value)) is not None
                }
                calls = found.setdefault(name, [])
                if given not in calls and len(calls) < 12:
                    calls.append(given)
    return found


def _of_job(config: _Config, name: str, job: Node, given: Mapping[str, str]) -> Iterator[Script]:
    known = _parameters(config, job, given)
    variables = {
        key: literal(_filled(text, known))
        for key, value in yamlnodes.pairs(yamlnodes.child(job, "environment"))
        if (text := yamlnodes.scalar(value)) is not None
    }
    folder = yamlnodes.scalar(yamlnodes.child(job, "working_directory")) or "."
    folder = "." if folder.startswith(("~", "/")) else folder
    steps = yamlnodes.items(yamlnodes.child(job, "steps"))
    yield from _of_steps(config, name, steps, known, (folder, variables), 0)


def _of_steps(
    config: _Config,
    job: str,
    steps: list[Node],
    known: Mapping[str, str],
    place: tuple[str, Mapping[str, Text]],
    depth: int,
) -> Iterator[Script]:
    commands = dict(yamlnodes.pairs(yamlnodes.child(config.root, "commands")))
    for step in steps:
        called = yamlnodes.scalar(step)
        calls = [(called, None)] if called is not None else list(yamlnodes.pairs(step))
        for name, body in calls:
            if name == "run" and body is not None:
                yield from _run(job, body, known, place)
            elif name in ("when", "unless"):
                inner = yamlnodes.items(yamlnodes.child(body, "steps"))
                if depth < _DEEPEST:
                    yield from _of_steps(config, job, inner, known, place, depth + 1)
            elif name in commands and depth < _DEEPEST:
                given = {
                    key: _filled(text, known)
                    for key, value in yamlnodes.pairs(body)
                    if (text := yamlnodes.scalar(value)) is not None
                }
                own = _parameters(config, commands[name], given)
                inner = yamlnodes.items(yamlnodes.child(commands[name], "steps"))
                yield from _of_steps(config, job, inner, own, place, depth + 1)


def _run(
    job: str, body: Node, known: Mapping[str, str], place: tuple[str, Mapping[str, Text]]
) -> Iterator[Script]:
    command = body if yamlnodes.scalar(body) is not None else yamlnodes.child(body, "command")
    text = yamlnodes.scalar(command)
    if text is None or command is None:
        return
    folder, variables = place
    own = yamlnodes.scalar(yamlnodes.child(body, "working_directory"))
    for key, value in yamlnodes.pairs(yamlnodes.child(body, "environment")):
        said = yamlnodes.scalar(value)
        if said is not None:
            variables = {**variables, key: literal(_filled(said, known))}
    found, unknown = _shell_of(text, known)
    line = yamlnodes.line(command) + (1 if yamlnodes.is_block(command) else 0)
    yield Script(job, found, line, own or folder, {**variables, **unknown})


def _parameters(config: _Config, node: Node, given: Mapping[str, str]) -> dict[str, str]:
    """What `<< parameters.x >>` is within a command or job."""
    own = {
        f"parameters.{name}": text
        for name, value in yamlnodes.pairs(yamlnodes.child(node, "parameters"))
        if (text := yamlnodes.scalar(yamlnodes.child(value, "default"))) is not None
    }
    defaults = {f"{key}?": value for key, value in config.defaults.items()}
    return {**defaults, **own, **{f"parameters.{key}": value for key, value in given.items()}}


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: known.get(place[1], place[0]), text)


def _shell_of(text: str, known: Mapping[str, str]) -> tuple[str, dict[str, Text]]:
    """The script with what is known filled in; for the rest, variables that nobody knows stand in it."""
    unknown: dict[str, Text] = {}

    def variable(place: re.Match[str]) -> str:
        name = re.sub(r"\W", "_", place[1])
        called = place[1].removeprefix("pipeline.parameters.")
        unknown[name] = Text((Hole(called, known.get(f"{place[1]}?", "")),))
        return f"${{{name}}}"

    return _PLACE.sub(variable, _filled(text, known)), unknown
