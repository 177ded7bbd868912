"""What a command of a script does: run a function, another script, what `eval` is given, or a program."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from runback.declared import expansion, reading, words
from runback.declared.bash import line_of, words_of
from runback.declared.branching import Command, Ended
from runback.declared.builtins import BUILTINS
from runback.declared.scope import Scope, Value
from runback.declared.text import Text, hole, joined, literal

if TYPE_CHECKING:
    from tree_sitter import Node

    from runback.declared.steps import Steps

CF = ("cf", "cf7", "cf8")
# What comes before the command that is meant, with options and durations of its own.
_BEFORE = ("sudo", "time", "command", "exec", "nohup", "env", "then", "builtin", "timeout", "nice", "stdbuf")
_ENDING = ("exit", "return", "break", "continue")
_READING = ("read", "mapfile", "readarray")
_LEADING = (*_ENDING, *_READING, "eval", "source", ".", "xargs")
_SHELLS = ("bash", "sh", "zsh", "dash", "/bin/bash", "/bin/sh", "/usr/bin/bash")
# Files that belong to a machine or to a tool's installation, and say nothing of apps.
_OF_MACHINE = re.compile(r"^(/|~|\$\{?(HOME|BASH_ENV|NVM_DIR)\b)|(^|/)(activate|nvm\.sh|\.bashrc|\.profile)$")


def command(sh: Steps, node: Node, scope: Scope) -> None:
    sh.substitutions(node, scope)
    if _says_nothing(node, scope):
        return
    given: dict[str, Value] = {}
    found: list[Text] = []
    redirects = []
    for child in node.named_children:
        if child.type == "variable_assignment":
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if name is not None:
                given[words_of(name)] = words.text(value, scope) if value is not None else Text()
        elif child.type == "command_name":
            found += words.fields(child.children[0], scope)
        elif child.type.endswith("redirect"):
            redirects.append(child)
        else:
            found += words.fields(child, scope)
    sh.pay(len(found))
    found = _unwrapped(found, given)
    if not found:
        scope.variables.update(given)
        return
    outer, lines = scope.stdin, reading.given(redirects, scope, sh.files)
    scope.stdin = lines if lines is not None else outer
    _call(sh, found, given, scope, scope.first_line + line_of(node) - 1)
    if lines is not None:
        scope.stdin = outer


def _says_nothing(node: Node, scope: Scope) -> bool:
    """Whether it is a program that neither declares nor leads to what does, by its plain name."""
    name = node.child_by_field_name("name")
    plain = words_of(name) if name is not None and name.children[0].type == "word" else "$"
    known = plain in scope.functions or plain in BUILTINS or plain in _BEFORE or plain in _SHELLS
    return not (known or "$" in plain or "/" in plain or plain in _LEADING or plain.startswith("cf"))


def _unwrapped(found: list[Text], given: dict[str, Value]) -> list[Text]:
    """`sudo -E timeout 10m cf push` without what comes before cf."""
    while found and found[0].known in _BEFORE:
        found = found[1:]
        meant = next((place for place, one in enumerate(found[:6]) if _is_cf(one)), None)
        if meant is not None:
            return found[meant:]
        while found and re.match(r"-|\d+(\.\d+)?[smhd]?$|\w+=", found[0].shown):
            name, equals, value = (found[0].known or "").partition("=")
            if equals and name.isidentifier():
                given[name] = literal(value)
            found = found[1:]
    return found


def _is_cf(word: Text) -> bool:
    return posixpath.basename(word.known or "") in CF


def _call(sh: Steps, called: list[Text], given: dict[str, Value], scope: Scope, line: int) -> None:
    name, arguments = called[0].known, tuple(called[1:])
    if name is None:
        if any(_is_cf(one) for one in called[:3]):
            sh.doubt(scope, line, f"which command {called[0].told} is")
    elif name in scope.functions:
        sh.function(scope.functions[name], arguments, scope)
    elif builtin := BUILTINS.get(name):
        builtin(scope, arguments)
    elif name == "read":
        separators = given.get("IFS", scope.variables.get("IFS"))
        reading.read(arguments, separators if isinstance(separators, Text) else None, scope)
    elif name in _READING:
        reading.mapfile(arguments, scope)
    elif name in _ENDING:
        raise Ended(name)
    elif name == "eval":
        _eval(sh, arguments, scope, line)
    elif name == "xargs":
        for one in _of_xargs(list(arguments), scope):
            sh.pay(len(one))
            _call(sh, one, {}, scope, line)
    elif name in ("source", "."):
        _source(sh, arguments, scope, line)
    elif (script := _script_of(sh, name, arguments, scope)) is not None:
        sh.other(*script, given, scope)
    else:
        sh.commands.append(Command(tuple(called), scope.path, line, scope.folder))


def _eval(sh: Steps, arguments: tuple[Text, ...], scope: Scope, line: int) -> None:
    text = expansion.united(list(arguments)).known if arguments else ""
    if text is None:
        sh.doubt(scope, line, "what eval runs")
    elif text:
        sh.read_in(scope.path, text, line, scope)


def _of_xargs(rest: list[Text], scope: Scope) -> list[list[Text]]:
    """The commands that xargs runs with what it reads."""
    place, most = None, 0
    while rest and (option := rest[0].known or "").startswith("-"):
        rest = rest[1:]
        value = option[2:]
        if option[:2] in ("-I", "-n", "-L", "-P", "-d", "-s") and not value and rest:
            value, rest = rest[0].known or "", rest[1:]
        place = value if option.startswith("-I") else place
        most = int(value) if option[:2] in ("-n", "-L") and value.isdigit() else most
    if not rest:
        return []
    lines = scope.stdin if scope.stdin is not None else (hole("xargs"),)
    if place:
        return [[_replaced(word, place, line) for word in rest] for line in lines]
    items = [one for line in lines for one in expansion.split(line, " \t")]
    size = most or len(items) or 1
    return [rest + items[start : start + size] for start in range(0, len(items), size)]


def _replaced(word: Text, place: str, value: Text) -> Text:
    pieces = (word.known or "").split(place) if word.known is not None else []
    if len(pieces) < 2:
        return word
    parts = [part for piece in pieces for part in (value, literal(piece))][1:]
    return joined(parts)


def _source(sh: Steps, arguments: tuple[Text, ...], scope: Scope, line: int) -> None:
    path = _found(sh, arguments[0].known if arguments else None, scope)
    if path is not None:
        sh.followed.add(path)
        sh.read_in(path, sh.files[path], 1, scope)
    elif arguments and not _OF_MACHINE.search(arguments[0].shown):
        sh.doubt(scope, line, f"what {arguments[0].told} sets, which was not read")


def _script_of(
    sh: Steps, name: str, arguments: tuple[Text, ...], scope: Scope
) -> tuple[str, tuple[Text, ...]] | None:
    """The path of the checkout's script that the command runs, and its arguments."""
    if name in _SHELLS:
        plain = [index for index, one in enumerate(arguments) if not (one.known or "x").startswith("-")]
        if not plain:
            return None
        path, arguments = arguments[plain[0]].known, arguments[plain[0] + 1 :]
    else:
        path = name if "/" in name else None
    found = _found(sh, path, scope)
    return (found, arguments) if found is not None else None


def _found(sh: Steps, path: str | None, scope: Scope) -> str | None:
    resolved = scope.resolved(path) if path is not None else None
    return resolved if resolved in sh.files else None
