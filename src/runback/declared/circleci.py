"""What the jobs of .circleci/config.yml run: the scripts of their steps, with parameters filled in.

`<< parameters.x >>` of commands and jobs is what the caller gives or the default.
`<< pipeline.parameters.x >>` is unknown, but has a default. Orbs are not looked into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from runback.declared import yamlnodes
from runback.declared.item import Unread
from runback.declared.text import Hole, Text, literal

if TYPE_CHECKING:
    from yaml.nodes import Node

CONFIG = ".circleci/config.yml"
MOST = 400  # steps of one file, over all jobs
_PLACE = re.compile(r"<<\s*([\w.-]+)\s*>>")
_DEEPEST = 6  # commands within commands


class Script(NamedTuple):
    """The script of one `run` step. `variables` are those that the job and its parameters set."""

    job: str
    text: str
    path: str
    line: int  # of its first line in that file
    folder: str
    variables: Mapping[str, Text]


@dataclass(frozen=True)
class _Config:
    """All files under .circleci together: dynamic configurations are put together of several."""

    jobs: dict[str, Node]
    commands: dict[str, Node]
    workflows: list[Node]
    defaults: Mapping[str, str]  # pipeline.parameters.x → its default, '' without


def scripts(files: Mapping[str, str]) -> tuple[list[Script], list[Unread]]:
    """The scripts of all jobs, once for each way in which a workflow calls one; files that are no YAML."""
    config, unread = _read(files)
    found: list[Script] = []
    called = _called(config)
    for name, job in config.jobs.items():
        for given in called.get(name) or [{}]:
            if len(found) < MOST:
                found += _of_job(config, name, job, given)
    return found[:MOST], unread


def _read(files: Mapping[str, str]) -> tuple[_Config, list[Unread]]:
    """What config.yml says counts before what its parts say."""
    config, unread = _Config({}, {}, [], {}), []
    defaults: dict[str, str] = {}
    for path in sorted(files, key=lambda path: (path != CONFIG, path)):
        try:
            root = yamlnodes.root(files[path], path)
        except yamlnodes.NotYaml as error:
            unread.append(Unread(path, error.line, f"this is not YAML: {error}"))
            continue
        config.jobs.update({**_part(root, path, "jobs"), **config.jobs})
        config.commands.update({**_part(root, path, "commands"), **config.commands})
        config.workflows.extend(_part(root, path, "workflows").values())
        for name, value in yamlnodes.pairs(yamlnodes.child(root, "parameters")):
            default = yamlnodes.scalar(yamlnodes.child(value, "default")) or ""
            defaults.setdefault(f"pipeline.parameters.{name}", default)
    return replace(config, defaults=defaults), unread


def _part(root: Node | None, path: str, key: str) -> dict[str, Node]:
    """What stands under the key; jobs.yml and its like may hold it alone, for `yq` to put it there."""
    found = yamlnodes.child(root, key)
    if found is None and path.rsplit("/", 1)[-1].partition(".")[0] == key:
        found = root
    return dict(yamlnodes.pairs(found))


def _called(config: _Config) -> dict[str, list[dict[str, str]]]:
    """Job → the parameters of each of its calls, each kind of call once."""
    found: dict[str, list[dict[str, str]]] = {}
    for workflow in config.workflows:
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
    commands = config.commands
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
    yield Script(job, found, yamlnodes.path(command), line, own or folder, {**variables, **unknown})


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
