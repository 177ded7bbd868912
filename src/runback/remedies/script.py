"""What a deploy script asks for: its arguments, the variables of its environment, the apps that it deletes.

Read, never run. A hostile checkout can only name apps that the platform has.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from runback.declared.cf import Call
from runback.declared.scope import Scope
from runback.declared.shell import Shell
from runback.declared.text import Hole, literal
from runback.model import SourceFile

STRATEGY = "rebuild"

_ASSIGNED = re.compile(
    r"^\s*(?:export\s+|local\s+|readonly\s+|declare\s+(?:-\w+\s+)*)*(?P<name>[A-Za-z_]\w*)="
)
_POSITIONAL = re.compile(r"^\s*(?:export\s+|readonly\s+)?(?P<name>[A-Za-z_]\w*)=\"?\$\{?(?P<number>[1-9])\b")
_FUNCTION = re.compile(r"^\s*(?:function\s+[\w-]+|[A-Za-z_][\w-]*\s*\(\))")
_USED = re.compile(r"\$(?:\{(?P<braced>[A-Z_][A-Z0-9_]*)(?P<rest>[^}]*)\}|(?P<bare>[A-Z_][A-Z0-9_]*))")
_READ = re.compile(r"^\s*for\s+(?P<name>\w+)\s+in\b|\bread\s+(?:-\w+\s+)*(?P<read>\w+)")
# What bash or the login shell always has.
_USUAL = re.compile(
    r"""(?x) BASH\w* | EUID | FUNCNAME | HOME | HOSTNAME | IFS | LANG | LINENO | OLDPWD | OSTYPE | PATH
    | PIPESTATUS | PPID | PS4 | PWD | RANDOM | REPLY | SECONDS | SHELL | SHLVL | TERM | TMPDIR | UID | USER"""
)


@dataclass(frozen=True)
class Needs:
    """What the script does when it is called with certain words."""

    deletes: tuple[str, ...]  # names of apps
    variables: tuple[str, ...]  # that it takes from its environment
    own: frozenset[str]  # of these, those that it sets by itself
    optional: frozenset[str]  # of these, those without which it can do


@dataclass(frozen=True)
class DeployScript:
    """`arguments` are the names that the script gives $1, $2 …; '' where it gives none."""

    file: SourceFile
    arguments: tuple[str, ...]

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def knows_strategy(self) -> bool:
        return re.search(rf"\b{STRATEGY}\b", self.file.text) is not None

    def called(self, words: Iterable[str], texts: Mapping[str, str]) -> Needs:
        """Follows the script with these arguments through the checkout's files."""
        shell = Shell(texts)
        shell.run(self.file.text, Scope(path=self.path, arguments=tuple(map(literal, words))))
        deletes: dict[str, None] = {}
        given: dict[str, bool] = {}  # variables of apps → whether the script itself knows the value
        for command in shell.commands:
            if len(command.words) < 3 or command.words[0].known != "cf":
                continue
            call = Call(command)
            name = call.word(1).known
            if call.verb == "delete" and call.word(0).known:
                deletes[call.word(0).known or ""] = None
            elif call.verb == "set-env" and name:
                hole = any(isinstance(part, Hole) and part.name == name for part in call.word(2).parts)
                given[name] = given.get(name, True) and not hole
            elif call.verb == "unset-env" and name:
                given.setdefault(name, True)
        assigned, used = _named(self.file.text)
        own = {name for name, known in given.items() if known} | (assigned & set(given))
        return Needs(
            deletes=tuple(deletes),
            variables=tuple(dict.fromkeys((*given, *used))),
            own=frozenset(own),
            optional=frozenset(name for name, default in used.items() if default),
        )


def read(file: SourceFile) -> DeployScript:
    numbered: dict[int, str] = {}
    inside = False
    for line in _code(file.text):
        if _FUNCTION.match(line):
            inside = True
        elif line.startswith("}"):
            inside = False
        elif not inside and (match := _POSITIONAL.match(line)):
            numbered.setdefault(int(match["number"]), match["name"])
    last = max(numbered, default=0)
    return DeployScript(file, tuple(numbered.get(number, "") for number in range(1, last + 1)))


def _named(text: str) -> tuple[frozenset[str], dict[str, bool]]:
    """What the script assigns, and what it reads beside: each name with whether there is a default."""
    assigned: set[str] = set()
    for line in _code(text):
        if match := _ASSIGNED.match(line):
            assigned.add(match["name"])
        elif match := _READ.search(line):
            assigned.add(match["name"] or match["read"])
    used: dict[str, bool] = {}
    for line in _code(text):
        for match in _USED.finditer(line):
            name = match["braced"] or match["bare"]
            default = (match["rest"] or "").lstrip(":").startswith(("-", "=", "+"))
            if name not in assigned and not _USUAL.fullmatch(name):
                used[name] = used.get(name, True) and default
    return frozenset(assigned), used


def _code(text: str) -> Iterator[str]:
    """The lines without comments, continued ones joined."""
    pending = ""
    for line in text.splitlines():
        code = "" if line.lstrip().startswith("#") else re.sub(r"\s#\s.*$", "", line)
        if code.endswith("\\"):
            pending += code[:-1] + " "
            continue
        yield pending + code
        pending = ""


def calls_of(script: str, commands: Iterable[str]) -> list[tuple[str, ...]]:
    """The words of each call of the script in the commands of CI."""
    name = script.rsplit("/", 1)[-1]
    found = []
    for text in commands:
        for line in text.replace("\\\n", " ").splitlines():
            words = [] if line.lstrip().startswith("#") else _words(line)
            at = next((i for i, word in enumerate(words) if word.rsplit("/", 1)[-1] == name), None)
            if at is not None:
                found.append(tuple(words[at + 1 :]))
    return found


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


_PLACEHOLDER = re.compile(
    r"""(?ix) \s* | \.+ | x{3,} | \*{3,} | <[^>]*> | \[[^\]]*\] | \{\{.*\}\} | \$\{?[\w-]+\}? | %\w+%
    | to-?do | tbd | fix-?me | change-?(?:me|it) | replace-?me | none | null | undefined | dummy | placeholder
    | your[- ].* | .*\byour-?(?:name|key|secret|token|password)\b.* | (?:insert|put|add|enter)[- ].*"""
)


def placeholder(value: str) -> bool:
    """Whether a value still is what a guide or a template says, and not yet a person's own."""
    return _PLACEHOLDER.fullmatch(value.replace("_", "-")) is not None
