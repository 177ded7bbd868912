"""What the deploy scripts and manifests say that an app should have: variables and services.

A first, small reading of bash: arrays that list variable names, and `cf bind-service` lines. An argument that
holds a shell variable becomes a pattern, which the names of the evidence must match. Everything that knows
what a shell script looks like stands in this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from runback.facts import views
from runback.model import App, Evidence, Repository, SourceFile, Where

Kind = Literal["variable", "service"]

_ARRAY = re.compile(r"^\s*(?:declare\s+-\w+\s+|local\s+(?:-\w+\s+)?)?(\w+)\+?=\(\s*(.*)$")
_VARIABLE_NAME = re.compile(r"^[A-Z_][A-Z0-9_]*$")
_WORD = re.compile(r"""[^\s"']*"([^"]*)"|[^\s"']*'([^']*)'|(\S+)""")
_FOR = re.compile(r"^\s*for\s+(?P<name>\w+)\s+in\s+(?P<words>[^;]*?)\s*(?:;\s*do)?\s*$")
_BIND = re.compile(r"\bcf\s+bind-service\s+(?P<app>\S+)\s+(?P<service>\S+)")
_SHELL_VARIABLE = re.compile(r"\$\{?\w+[^}\s\"']*\}?|\(\([^)]*\)\)|\$\w+")
_SERVICE_LIST = re.compile(r"^(?P<indent>\s*)services:\s*(?:#.*)?$")
_ITEM = re.compile(r"^\s*-\s+(?:name:\s*)?[\"']?(?P<name>[^\s\"'#]+)")
_APP_NAME = re.compile(r"^\s*-?\s*name:\s*[\"']?(?P<name>[^\s\"'#]+)")
_PARTS = ("backend", "frontend", "celery", "clamav", "worker", "proxy", "nginx")


class Expectation(NamedTuple):
    kind: Kind
    name: str  # of a service with shell variables: a regular expression
    app: str  # as the file names it; '' where it does not
    path: str
    line: int
    text: str

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def where(self) -> Where:
        return Where(kind="file", source=self.path, line=self.line, text=self.text.strip())


def expectations(evidence: Evidence, app_name: str | None) -> tuple[Expectation, ...]:
    """What the repository's files expect of this app; of an unknown app: what a deploy script lists."""
    if not isinstance(evidence.repository, Repository):
        return ()
    found: list[Expectation] = []
    app = views.app_named(evidence, app_name)
    for file in evidence.repository.files:
        for expected in _read(file):
            if app is None or concerns(expected, app, file.text):
                found.append(expected)
    return tuple(found)


def services_meant(expected: Expectation, names: list[str]) -> list[str]:
    """The service instances that the expectation can mean."""
    return [name for name in names if re.fullmatch(expected.name, name)]


def concerns(expected: Expectation, app: App, text: str) -> bool:
    """Whether the app is one that the file speaks of.

    A literal name decides; else a part of the name, of the shell variable or of the path does ('BACKEND').
    A script may deploy a second app, which it then names: 'tdp-celery-$environment'.
    """
    pattern = _pattern(expected.app)
    if expected.app and pattern not in ("", _ANY):
        return re.fullmatch(pattern, app.name) is not None
    for source in (expected.app, expected.path.rsplit("/", 1)[-1], expected.path):
        parts = [part for part in _PARTS if part in source.lower()]
        if any(part in app.name.lower() for part in parts):
            return True
    prefix = app.name.rsplit("-", 1)[0]
    return re.search(rf"\w=[\"']?{re.escape(prefix)}-\$", text) is not None


def _read(file: SourceFile) -> Iterator[Expectation]:
    if file.path.endswith((".sh", ".bash")):
        yield from _read_script(file)
    elif "manifest" in file.path and file.path.endswith((".yml", ".yaml")):
        yield from _read_manifest(file)


def _read_script(file: SourceFile) -> Iterator[Expectation]:
    array: str | None = None
    loop: tuple[str, list[str]] | None = None
    for number, line in enumerate(file.text.splitlines(), 1):
        code = line.split(" #")[0] if not line.lstrip().startswith("#") else ""
        if array is None and (start := _ARRAY.match(code)):
            array, code = start[1], start[2]
        if array is not None:
            for word in _words(code.split(")")[0]):
                if _VARIABLE_NAME.match(word):
                    yield Expectation("variable", word, "", file.path, number, line)
            array = None if ")" in code else array
        elif opened := _FOR.match(code):
            words = list(_words(opened["words"]))
            loop = None if any("$" in word for word in words) else (opened["name"], words)
        elif code.strip() == "done":
            loop = None
        elif bind := _BIND.search(code):
            app = bind["app"].strip("\"'")
            for argument in _in_loop(bind["service"], loop):
                if _says_enough(argument):
                    yield Expectation("service", _pattern(argument), app, file.path, number, line)


def _words(code: str) -> Iterator[str]:
    for match in _WORD.finditer(code):
        yield next(group for group in match.groups() if group is not None)


def _in_loop(argument: str, loop: tuple[str, list[str]] | None) -> list[str]:
    """The argument once for each word of the loop around it, where it uses the loop's variable."""
    if loop is None:
        return [argument]
    name, words = loop
    variable = re.compile(rf"\$(?:{name}(?!\w)|{{{name}}})")
    return (
        [variable.sub(word.replace("\\", ""), argument) for word in words]
        if variable.search(argument)
        else [argument]
    )


def _says_enough(argument: str) -> bool:
    """Whether enough of the name stands there literally to mean one kind of service.

    More than a few variables in one name would only make matching slow.
    """
    if len(_SHELL_VARIABLE.findall(argument)) > 3:
        return False
    return len(re.sub(r"\W", "", _SHELL_VARIABLE.sub("", argument))) >= 4


_ANY = r"[\w.-]+"


def _pattern(argument: str) -> str:
    """A regular expression for an argument whose shell variables can be anything."""
    bare = argument.strip("\"'")
    literals = _SHELL_VARIABLE.split(bare)
    return _ANY.join(re.escape(literal) for literal in literals)


def _read_manifest(file: SourceFile) -> Iterator[Expectation]:
    """The services that a manifest lists, by indentation: what a YAML reader would see, with its lines."""
    app, inside = "", -1
    for number, line in enumerate(file.text.splitlines(), 1):
        indent = len(line) - len(line.lstrip())
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if inside >= 0:
            item = _ITEM.match(line)
            if item and indent >= inside:
                yield Expectation("service", _pattern(item["name"]), app, file.path, number, line)
                continue
            inside = -1
        if start := _SERVICE_LIST.match(line):
            inside = len(start["indent"])
        elif name := _APP_NAME.match(line):
            app = name["name"]
