"""What commands of the shell itself change of what it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runback.declared.scope import Scope
from runback.declared.text import Text, hole


def _cd(scope: Scope, arguments: tuple[Text, ...]) -> None:
    path = next((one.known for one in arguments if not (one.known or "").startswith("-")), None)
    scope.folder = scope.resolved(path) if path is not None else None


def _shift(scope: Scope, arguments: tuple[Text, ...]) -> None:
    count = int(arguments[0].known or "1") if arguments and (arguments[0].known or "").isdigit() else 1
    if scope.arguments is not None:
        scope.arguments = scope.arguments[count:]


def _set_arguments(scope: Scope, arguments: tuple[Text, ...]) -> None:
    if arguments and arguments[0].known == "--":
        scope.arguments = arguments[1:]


def _read(scope: Scope, arguments: tuple[Text, ...]) -> None:
    for one in arguments:
        name = one.known
        if name and name.isidentifier():
            scope.variables[name] = hole(name)


BUILTINS: Mapping[str, Callable[[Scope, tuple[Text, ...]], None]] = {
    "cd": _cd,
    "pushd": _cd,
    "shift": _shift,
    "set": _set_arguments,
    "read": _read,
    "mapfile": _read,
    "readarray": _read,
    "getopts": lambda scope, arguments: _read(scope, arguments[1:2]),
}
