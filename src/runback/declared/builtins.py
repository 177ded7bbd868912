"""What commands of the shell itself change of what it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runback.declared.scope import Scope
from runback.declared.text import Text, hole, literal


def _cd(scope: Scope, arguments: tuple[Text, ...]) -> None:
    words = [one for one in arguments if one.known == "-" or not (one.known or "").startswith("-")]
    before, path = scope.folder, words[0].known if words else None
    if path == "-":
        there = scope.variables.get("OLDPWD")
        scope.folder = there.known if isinstance(there, Text) else None
    else:
        scope.folder = scope.resolved(path) if path is not None else None
    scope.variables["OLDPWD"] = literal(before) if before is not None else hole("OLDPWD")


def _pushd(scope: Scope, arguments: tuple[Text, ...]) -> None:
    scope.folders.append(scope.folder)
    _cd(scope, arguments)


def _popd(scope: Scope, _: tuple[Text, ...]) -> None:
    scope.folder = scope.folders.pop() if scope.folders else None


def _shift(scope: Scope, arguments: tuple[Text, ...]) -> None:
    said = arguments[0].known if arguments else "1"
    if arguments and "OPTIND" in arguments[0].shown:  # shift $((OPTIND - 1))
        said = str(scope.option)
    if scope.arguments is not None:
        scope.arguments = scope.arguments[int(said) :] if said is not None and said.isdigit() else None


def _set_arguments(scope: Scope, arguments: tuple[Text, ...]) -> None:
    if arguments and arguments[0].known == "--":
        scope.arguments = arguments[1:]


BUILTINS: Mapping[str, Callable[[Scope, tuple[Text, ...]], None]] = {
    "cd": _cd,
    "pushd": _pushd,
    "popd": _popd,
    "shift": _shift,
    "set": _set_arguments,
}
