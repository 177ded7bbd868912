"""What a deploy script asks for: its arguments, the variables of its environment, the apps that it deletes.

Read, never run. Names and literal texts of a hostile checkout can only name apps that the platform has.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from runback.model import SourceFile

STRATEGY = "rebuild"

_ASSIGNED = re.compile(
    r"^\s*(?:export\s+|local\s+|readonly\s+|declare\s+(?:-\w+\s+)*)*(?P<name>[A-Za-z_]\w*)=(?P<value>.*)$"
)
_POSITIONAL = re.compile(r"^\"?\$\{?(?P<number>[1-9])\}?\"?$")
_FUNCTION = re.compile(
    r"^\s*(?:function\s+)?[A-Za-z_][\w-]*\s*\(\)\s*\{?\s*$|^\s*function\s+[\w-]+\s*\{?\s*$"
)
_USED = re.compile(r"\$(?:\{(?P<braced>[A-Z_][A-Z0-9_]*)(?P<rest>[^}]*)\}|(?P<bare>[A-Z_][A-Z0-9_]*))")
_READ = re.compile(r"^\s*for\s+(?P<name>\w+)\s+in\b|\bread\s+(?:-\w+\s+)*(?P<read>\w+)")
_DELETED = re.compile(r"\bcf\s+(?:delete|d)\s+(?P<rest>[^;&|]+)")
_EXPANDED = re.compile(r"\$(?:\{(?P<braced>\w+)(?:(?P<how>##?|%%?|:?-)(?P<pattern>[^}]*))?\}|(?P<bare>\w+))")
# What bash or the login shell always has.
_USUAL = frozenset(
    [
        "BASH_ENV",
        "BASH_REMATCH",
        "BASH_SOURCE",
        "BASHPID",
        "EUID",
        "FUNCNAME",
        "HOME",
        "HOSTNAME",
        "IFS",
        "LANG",
        "LINENO",
        "OLDPWD",
        "OSTYPE",
        "PATH",
        "PIPESTATUS",
        "PPID",
        "PS4",
        "PWD",
        "RANDOM",
        "REPLY",
        "SECONDS",
        "SHELL",
        "SHLVL",
        "TERM",
        "TMPDIR",
        "UID",
        "USER",
    ]
)


@dataclass(frozen=True)
class Used:
    """A variable of the environment that the script reads. `default`: it can do without."""

    name: str
    line: int
    default: bool = False


@dataclass(frozen=True)
class DeployScript:
    path: str
    arguments: tuple[str, ...]  # the names that it gives $1, $2 …; '' where it gives none
    assigned: frozenset[str]
    used: tuple[Used, ...]
    knows_strategy: bool  # whether the word rebuild stands in it
    _lines: tuple[tuple[int, str, bool], ...]  # number, code, whether inside a function

    def deletes(self, arguments: Mapping[str, str]) -> tuple[str, ...]:
        """The apps that the script deletes when it is called with these, by the arguments' names."""
        known = dict(arguments)
        for _, line, inside in self._lines:
            if (
                not inside
                and (match := _ASSIGNED.match(line))
                and not _POSITIONAL.match(match["value"].strip())
            ):
                value = expanded(match["value"].strip(), known)
                if value is not None:
                    known[match["name"]] = value
        found = [
            expanded(word, known)
            for _, line, _ in self._lines
            for match in _DELETED.finditer(line)
            for word in _words(match["rest"])
            if not word.startswith("-")
        ]
        return tuple(dict.fromkeys(name for name in found if name))


def read(file: SourceFile) -> DeployScript:
    lines = tuple(_code(file.text))
    numbered: dict[int, str] = {}
    assigned: set[str] = set()
    for _, line, inside in lines:
        if match := _ASSIGNED.match(line):
            position = _POSITIONAL.match(match["value"].strip())
            if position and not inside:
                numbered.setdefault(int(position["number"]), match["name"])
            assigned.add(match["name"])
        elif match := _READ.search(line):
            assigned.add(match["name"] or match["read"])
    last = max(numbered, default=0)
    text = "\n".join(line for _, line, _ in lines)
    return DeployScript(
        path=file.path,
        arguments=tuple(numbered.get(number, "") for number in range(1, last + 1)),
        assigned=frozenset(assigned),
        used=tuple(_used(lines, assigned)),
        knows_strategy=re.search(rf"\b{STRATEGY}\b", text) is not None,
        _lines=lines,
    )


def _used(lines: tuple[tuple[int, str, bool], ...], assigned: set[str]) -> Iterator[Used]:
    seen: set[str] = set()
    for number, line, _ in lines:
        for match in _USED.finditer(line):
            name = match["braced"] or match["bare"]
            if name in assigned or name in _USUAL or name in seen:
                continue
            seen.add(name)
            yield Used(name, number, default=(match["rest"] or "").lstrip(":").startswith(("-", "=", "+")))


def _code(text: str) -> Iterator[tuple[int, str, bool]]:
    """Lines without comments, continued ones joined, and whether they stand in a function."""
    inside, pending, first = False, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        code = "" if line.lstrip().startswith("#") else re.sub(r"\s#\s.*$", "", line)
        first = first if pending else number
        if code.endswith("\\"):
            pending += code[:-1] + " "
            continue
        whole, pending = pending + code, ""
        if _FUNCTION.match(whole):
            inside = True
        elif whole.startswith("}"):
            inside = False
        elif whole.strip():
            yield first, whole, inside


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


def expanded(word: str, known: Mapping[str, str]) -> str | None:
    """The word with its variables filled in as bash does; None where one is not known."""
    if "$(" in word or "`" in word:
        return None
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        value = known.get(match["braced"] or match["bare"])
        how, pattern = match["how"] or "", match["pattern"] or ""
        if value is None and how.endswith("-"):
            value = expanded(pattern, known)
        if value is None:
            missing = True
            return ""
        if how.startswith("#"):
            return value.removeprefix(pattern)
        return value.removesuffix(pattern) if how.startswith("%") else value

    parts = _words(word)
    filled = _EXPANDED.sub(fill, parts[0] if len(parts) == 1 else word.strip("\"'"))
    return None if missing else filled


def called_with(script: str, commands: Iterable[str]) -> list[tuple[str, ...]]:
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


_PLACEHOLDER = re.compile(
    r"""(?ix) \s* | \.+ | x{3,} | \*{3,} | <[^>]*> | \[[^\]]*\] | \{\{.*\}\} | \$\{?\w+\}? | %\w+%
    | to-?do | tbd | fix-?me | change-?(?:me|it) | replace-?me | none | null | undefined | dummy | placeholder
    | your[- ].* | .*\byour-?(?:name|key|secret|token|password)\b.* | (?:insert|put|add|enter)[- ].*"""
)


def placeholder(value: str) -> bool:
    """Whether a value still is what a guide or a template says, and not yet a person's own."""
    return _PLACEHOLDER.fullmatch(value.replace("_", "-")) is not None
