"""TOML read strictly: every mistake is named with its file, line and key, and what would be allowed."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from runback.errors import ConfigurationError

KINDS = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


def near(word: str, known: Iterable[str]) -> str:
    """' Did you mean x?' for the nearest of `known`, else ''."""
    lowered = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return f" Did you mean {lowered[found[0]]!r}?" if found else ""


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Names for one line of text; the rest is counted."""
    ordered = sorted(names)
    rest = len(ordered) - limit
    return ", ".join(ordered[:limit]) + (f" and {rest} more" if rest > 0 else "")


class Checked:
    """One table of a TOML file. Asking for a key checks its type; `finish` refuses what nobody asked for."""

    def __init__(self, path: Path, source: str, keys: tuple[str, ...], content: dict[str, Any]) -> None:
        self._path = path
        self._source = source
        self._keys = keys
        self._content = content
        self._asked: list[str] = []

    def text(self, key: str) -> str:
        """The text under `key`, '' where it is not given."""
        value: str = self._get(key, str, "")
        return value.strip()

    def flag(self, key: str) -> bool:
        value: bool = self._get(key, bool, False)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, () where it is not given."""
        values: list[Any] = self._get(key, list, [])
        for value in values:
            if not isinstance(value, str) or not value.strip():
                self.refuse(key, f"every entry has to be a text, not {_shown(value)}")
        return tuple(value.strip() for value in values)

    def table(self, key: str) -> Checked:
        return Checked(self._path, self._source, (*self._keys, key), self._get(key, dict, {}))

    def tables(self) -> dict[str, Checked]:
        """All keys of this table, each of which has to be a table."""
        return {key: self.table(key) for key in self._content}

    def named_texts(self) -> dict[str, str]:
        """All keys of this table, each of which has to be a text."""
        named = {key: self.text(key) for key in self._content}
        for key, value in named.items():
            if not value:
                self.refuse(key, "this is empty")
        return named

    def has(self, key: str) -> bool:
        return key in self._content

    def finish(self) -> None:
        """Raises ConfigurationError for the first key that was never asked for."""
        for key in self._content:
            if key not in self._asked:
                self.refuse(
                    key,
                    f"this key is not known.{near(key, self._asked)}",
                    f"Allowed here: {listed(self._asked)}.",
                )

    def refuse(self, key: str, why: str, advice: str = "") -> NoReturn:
        dotted = ".".join((*self._keys, key))
        line = line_of(self._source, (*self._keys, key))
        raise ConfigurationError(f"{self._path}:{line}: {dotted}: {why}", advice)

    def _get(self, key: str, kind: type, default: Any) -> Any:
        self._asked.append(key)
        value = self._content.get(key, default)
        if type(value) is not kind:
            self.refuse(key, f"this has to be {KINDS[kind]}, not {_shown(value)}")
        return value


def parse_toml(path: Path, text: str) -> Checked:
    """The root table of a TOML file. Raises ConfigurationError with the line where it is no TOML."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(?P<why>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)$", str(error))
        where, why = (f":{found['line']}", found["why"]) if found else ("", str(error))
        raise ConfigurationError(f"{path}{where}: this is not TOML: {why}", "Mend that line.") from None
    return Checked(path, text, (), content)


def line_of(text: str, keys: tuple[str, ...]) -> int:
    """The line, from 1, on which a key is written: the longest part of the dotted key that can be found."""
    table: tuple[str, ...] = ()
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            table = _dotted(stripped.strip("[]").split("]")[0])
            written = table
        elif "=" in stripped and not stripped.startswith("#"):
            written = (*table, *_dotted(stripped.split("=", 1)[0]))
        else:
            continue
        shared = len(written) if keys[: len(written)] == written else 0
        if shared > depth:
            best, depth = number, shared
    return best


def _dotted(written: str) -> tuple[str, ...]:
    """`a."b.c"` → ('a', 'b.c')."""
    parts = re.findall(r"""\s*(?:"([^"]*)"|'([^']*)'|([^."'\s]+))\s*\.?""", written)
    return tuple("".join(part) for part in parts)


def _shown(value: object) -> str:
    return f"{KINDS.get(type(value), 'something else')} ({str(value)[:40]!r})"
