"""What every command that changes something asks: whether to, protected apps by name, values of variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
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


def passphrase() -> str | None:
    """What a person types for the snapshots of a rebuild; None where nobody can be asked."""
    if not sys.stdin.isatty():
        return None
    import getpass

    return getpass.getpass("Passphrase for the snapshot (is not shown): ")


def given(sources: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Name, source and value of what `--value` names. Raises UsageError for a source that has none."""
    from runback.errors import UsageError

    for name, source in sources:
        value = _from(name, source)
        if not value:
            raise UsageError(f"{source} has no value for {name}", "Check the source.")
        yield name, source, value


def file_values(path: Path) -> dict[str, tuple[str, str]]:
    """The lines NAME=VALUE of a file, as `export` or a .env file writes them: name → value and file."""
    from runback.errors import UsageError

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}, the file of values, cannot be read", "Check the file.") from error
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip().removeprefix("export ").strip()
        if not bare or bare.startswith("#"):
            continue
        name, sign, value = bare.partition("=")
        if not sign or not name.isidentifier():
            raise UsageError(f"{path}, line {number}: this is not NAME=VALUE", "Write one variable a line.")
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        found[name] = (value[1:-1] if quoted else value, str(path))
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
