"""The command line, read as the real program's parser (go-flags) reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from runback.lab.cf.errors import IncorrectUsage


@dataclass(frozen=True)
class Flag:
    """`names` as typed: ('-s', '--strategy'). `kind`: switch, value, or list (may be given again)."""

    names: tuple[str, ...]
    kind: str = "value"

    @property
    def key(self) -> str:
        return self.names[-1].lstrip("-")


@dataclass(frozen=True)
class Command:
    name: str
    run: str  # module:function below runback.lab.cf
    about: str
    usage: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    alias: str = ""
    rest: bool = False  # the last positional takes all that follow


@dataclass
class Given:
    """What stands on the command line."""

    words: dict[str, str] = field(default_factory=dict)
    more: list[str] = field(default_factory=list)  # of a command with `rest`
    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)

    def word(self, name: str) -> str:
        return self.words.get(name, "")

    def value(self, key: str) -> str:
        return self.values.get(key, "")

    def has(self, key: str) -> bool:
        return key in self.switches or key in self.values or key in self.lists

    def number(self, key: str) -> int | None:
        """A whole number, or None where the flag was not given."""
        if key not in self.values:
            return None
        try:
            return int(self.values[key])
        except ValueError:
            flag = f"-{key}" if len(key) == 1 else f"--{key}"
            raise IncorrectUsage(f"invalid argument for flag `{flag}' (expected int)") from None

    def megabytes(self, key: str) -> int | None:
        """A size, or None where the flag was not given."""
        return megabytes(self.values[key]) if key in self.values else None


def megabytes(text: str) -> int:
    """512M, 1G, 2GB → megabytes."""
    found = re.fullmatch(r"(\d+)(MB?|GB?)", text.upper())
    if not found or int(found[1]) == 0:
        raise IncorrectUsage(
            "Byte quantity must be an integer with a unit of measurement like M, MB, G, or GB"
        )
    return int(found[1]) * (1024 if found[2].startswith("G") else 1)


def parse(command: Command, argv: Sequence[str]) -> Given:
    """Raises IncorrectUsage in the parser's words."""
    given = Given()
    flags = {name: flag for flag in command.flags for name in flag.names}
    words: list[str] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            words += rest
            break
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        name, attached = _split(word, flags)
        flag = flags.get(name)
        if flag is None:
            # Only set-env takes a value that looks like a flag.
            if command.name == "set-env" and len(words) >= 2:
                words.append(word)
                continue
            raise IncorrectUsage(f"unknown flag `{name.lstrip('-')}'")
        _take(given, flag, name, attached, rest)
    _place(command, given, words)
    return given


def _split(word: str, flags: dict[str, Flag]) -> tuple[str, str | None]:
    """The flag's name and a value written to it: --port=9000, -t180, -t=180."""
    name, equals, value = word.partition("=")
    if equals:
        return name, value
    if not word.startswith("--") and len(word) > 2 and word not in flags and word[:2] in flags:
        return word[:2], word[2:]
    return word, None


def _take(given: Given, flag: Flag, name: str, attached: str | None, rest: list[str]) -> None:
    if flag.kind == "switch":
        given.switches.add(flag.key)
        return
    if attached is None:
        if not rest or (rest[0].startswith("-") and len(rest[0]) > 1):
            raise IncorrectUsage(f"expected argument for flag `{', '.join(flag.names)}'")
        attached = rest.pop(0)
    if flag.kind == "list":
        given.lists.setdefault(flag.key, []).append(attached)
    else:
        given.values[flag.key] = attached


def _place(command: Command, given: Given, words: list[str]) -> None:
    names = command.required + command.optional
    missing = command.required[len(words) :]
    if missing:
        listed = " and ".join(", ".join(f"`{one}`" for one in missing).rsplit(", ", 1))
        many = "s" if len(missing) > 1 else ""
        raise IncorrectUsage(f"the required argument{many} {listed} {'were' if many else 'was'} not provided")
    if len(words) > len(names):
        if not command.rest:
            raise IncorrectUsage(f'unexpected argument "{words[len(names)]}"')
        given.more = words[len(names) - 1 :]
    elif command.rest:
        given.more = words[len(names) - 1 :]
    given.words = dict(zip(names, words, strict=False))
