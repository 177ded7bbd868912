"""What every command that changes something asks: whether to, protected apps by name, values of variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path


def agreed(guarded: Iterable[str], *, yes: bool) -> bool:
    """Whether the person agrees: with y, and with the name of each protected app.

    Raises UsageError where nobody can be asked.
    """
    names = tuple(guarded)
    for name in names:
        if not _type_name(name):
            return False
    return True if yes or names else _ask("Carry this out? [y/N] ").lower() in ("y", "yes")


def _type_name(name: str) -> bool:
    if not sys.stdin.isatty():
        from runback.errors import UsageError

        raise UsageError(
            f"{name} is protected: a person must type its name, and this is no terminal",
            "Your own configuration can open its space: open_spaces under [protection] in "
            "~/.config/runback/config.toml.",
        )
    return _ask(f"{name} is protected. Type its name to change it: ") == name


def _ask(question: str) -> str:
    """An answer from the terminal; the question goes to standard error, reports alone to standard output."""
    if not sys.stdin.isatty():
        from runback.errors import UsageError

        raise UsageError("nobody is there to agree to the plan", "--yes carries it out without asking.")
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def values(
    names: Iterable[str], given: Iterable[tuple[str, str]], known: Callable[[str], str | None]
) -> Mapping[str, str]:
    """The values of the variables, each from where the person says, else from `known`, else asked for.

    Raises UsageError for a source that has none.
    """
    from runback.errors import UsageError

    sources = dict(given)
    found: dict[str, str] = {}
    for name in names:
        value = _from(name, sources[name]) if name in sources else known(name)
        if not value and sys.stdin.isatty():
            value = _prompt(name)
        if not value:
            raise UsageError(
                f"there is no value for {name}",
                f"Export {name}, or say where it is: --value {name}=SOURCE (env:NAME, file:PATH, ask).",
            )
        found[name] = value
    return found


def _from(name: str, source: str) -> str | None:
    kind, _, place = source.partition(":")
    if kind == "env":
        return os.environ.get(place)
    if kind == "file":
        from runback.errors import UsageError

        try:
            return Path(place).read_text("utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{place}, the source of {name}, cannot be read", "Check the file.") from error
    return _prompt(name)


def _prompt(name: str) -> str:
    import getpass

    return getpass.getpass(f"Value of {name} (is not shown): ")
