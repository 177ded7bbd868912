"""`.circleci/config.yml` of the commit, with its lines: which filter leaves a job out, where an error is.

Only what stands there literally is judged: a filter that holds a parameter says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from runback.declared import yamlnodes
from runback.declared.yamlnodes import child, items, pairs, scalar
from runback.model import Evidence, Repository, SourceFile, Where

if TYPE_CHECKING:
    from yaml.nodes import Node

PATH = ".circleci/config.yml"
_LINE = re.compile(r"\bline:? (\d+)", re.IGNORECASE)
_POINTER = re.compile(r"#/([\w/.~-]+)")
_REPEATS = re.compile(r"[*+?{]")
_NESTED = re.compile(r"\)[*+{]")
_KEY = re.compile(r"extraneous key \[([\w.-]+)\]")
_NAMED = re.compile(r"(?:named|workflow:|job:|orb) '?\"?([\w./@-]+)")


class Entry(NamedTuple):
    """A job in a workflow: its own name there, the job that it runs, and what it asks for."""

    workflow: str
    name: str
    job: str
    line: int
    type: str
    requires: tuple[str, ...]
    contexts: tuple[str, ...]
    only: tuple[str, ...] | None  # of its branch filter; None where there is none
    ignore: tuple[str, ...]
    filter_line: int


def entries(evidence: Evidence) -> tuple[Entry, ...]:
    """The jobs of all workflows; () where the file is not there or cannot be read."""
    file = config_file(evidence)
    return tuple(_entries(_root(file.text))) if file else ()


def config_file(evidence: Evidence) -> SourceFile | None:
    repository = evidence.repository
    files = repository.files if isinstance(repository, Repository) else ()
    return next((one for one in files if one.path == PATH), None)


def refusal(entry: Entry, branch: str) -> str | None:
    """Why the entry's filter leaves the branch out, in words; `None` where it does not."""
    if entry.only is not None and all(_matches(pattern, branch) is False for pattern in entry.only):
        return f"only {', '.join(entry.only) or 'no branch'}"
    if any(_matches(pattern, branch) for pattern in entry.ignore):
        return f"ignores {', '.join(entry.ignore)}"
    return None


def at(evidence: Evidence, line: int) -> Where | None:
    """A line of the file as proof."""
    file = config_file(evidence)
    lines = file.text.splitlines() if file else []
    if not 0 < line <= len(lines):
        return None
    return Where(kind="file", source=PATH, line=line, text=lines[line - 1].strip())


def meant(evidence: Evidence, message: str) -> Where | None:
    """The line that CircleCI's complaint about the file means: by number, pointer, or a name in it."""
    file = config_file(evidence)
    if file is None:
        return None
    if found := _LINE.search(message):
        return at(evidence, int(found[1]))
    for key in _KEY.findall(message):
        line = _first(file, rf"^\s*(?:- )?[\"']?{re.escape(key)}[\"']?\s*:")
        if line:
            return at(evidence, line)
    for pointer in _POINTER.findall(message):
        line = _line_of(_root(file.text), pointer.strip("/").split("/"))
        if line:
            return at(evidence, line)
    for name in reversed(_NAMED.findall(message)):  # the last is what its context lacks
        line = _first(file, rf"(?<![\w./-]){re.escape(name)}(?![\w/-])")
        if line:
            return at(evidence, line)
    return None


def _first(file: SourceFile, pattern: str) -> int:
    """The first line that the pattern matches, comments apart; 0 where there is none."""
    known = re.compile(pattern)
    lines = enumerate(file.text.splitlines(), 1)
    return next((number for number, text in lines if known.search(text.split(" #")[0])), 0)


def _matches(pattern: str, branch: str) -> bool | None:
    """Between slashes a regular expression over the whole name, else the name itself.

    `None` for an expression that could take long: the file is nobody's that we know.
    """
    if len(pattern) < 3 or not (pattern.startswith("/") and pattern.endswith("/")):
        return pattern == branch
    expression = pattern[1:-1]
    if len(_REPEATS.findall(expression)) > 3 or _NESTED.search(expression) or len(branch) > 250:
        return None
    try:
        return re.fullmatch(expression, branch) is not None
    except re.error:
        return None


@lru_cache(maxsize=4)
def _root(text: str) -> Node | None:
    try:
        return yamlnodes.root(text, PATH)
    except yamlnodes.NotYaml:
        return None


def _entries(root: Node | None) -> Iterator[Entry]:
    for name, workflow in pairs(child(root, "workflows")):
        for node in items(child(workflow, "jobs")):
            if job := scalar(node):
                yield _entry(name, job, node, None)
            for key, body in pairs(node):
                yield _entry(name, key, node, body)


def _entry(workflow: str, job: str, node: Node, body: Node | None) -> Entry:
    branches = child(body, "filters", "branches")
    only = child(branches, "only")
    return Entry(
        workflow=workflow,
        name=scalar(child(body, "name")) or job,
        job=job,
        line=yamlnodes.line(node),
        type=scalar(child(body, "type")) or "build",
        requires=_required(child(body, "requires")),
        contexts=_texts(child(body, "context")),
        only=None if only is None else _texts(only),
        ignore=_texts(child(branches, "ignore")),
        filter_line=yamlnodes.line(branches or node),
    )


def _required(node: Node | None) -> tuple[str, ...]:
    """Names, also where the outcome stands beside them: `- build: [failed]`."""
    names = [scalar(one) or next((key for key, _ in pairs(one)), "") for one in items(node)]
    return tuple(name for name in names if name)


def _texts(node: Node | None) -> tuple[str, ...]:
    single = scalar(node)
    return (single,) if single else tuple(text for one in items(node) if (text := scalar(one)))


def _line_of(node: Node | None, path: list[str]) -> int:
    """The line of the deepest part of the path that is there; 0 where none is."""
    line = 0
    for part in path:
        inner = items(node)
        node = inner[int(part)] if part.isdigit() and int(part) < len(inner) else child(node, part)
        if node is None:
            break
        line = yamlnodes.line(node)
    return line
