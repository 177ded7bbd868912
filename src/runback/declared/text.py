"""Text of which parts may be unknown: what a script's word is when not every variable can be told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

LONGEST = 4096  # characters of one text; more is nobody's name or address
MOST_PARTS = 16


class Hole(NamedTuple):
    """What could not be told: the name by which the file calls it, and what it is when nobody sets it."""

    name: str
    default: str = ""


Part: TypeAlias = str | Hole


@dataclass(frozen=True, slots=True)
class Text:
    """Literal parts and holes in turn. `origin` is the file and line of a list's item, which a loop uses."""

    parts: tuple[Part, ...] = ()
    origin: tuple[str, int] | None = None

    @property
    def known(self) -> str | None:
        """The whole text; None where a part of it cannot be told."""
        if not self.parts:
            return ""
        first = self.parts[0]
        return first if len(self.parts) == 1 and isinstance(first, str) else None

    @property
    def likely(self) -> str | None:
        """The text with the defaults of its holes; None where a hole has none."""
        if any(isinstance(part, Hole) and not part.default for part in self.parts):
            return None
        return "".join(part if isinstance(part, str) else part.default for part in self.parts)

    @property
    def shown(self) -> str:
        """For people: holes as the shell writes them."""
        return "".join(part if isinstance(part, str) else f"${{{part.name}}}" for part in self.parts)

    @property
    def told(self) -> str:
        """For sentences: as `shown`, but of commands whose output would stand there nothing, as of values."""
        return "".join(part if isinstance(part, str) else _told(part.name) for part in self.parts)

    @property
    def bare(self) -> bool:
        """Whether nothing of it is known."""
        return bool(self.parts) and not any(isinstance(part, str) for part in self.parts)

    @property
    def literals(self) -> str:
        return "".join(part for part in self.parts if isinstance(part, str))

    def of(self, origin: tuple[str, int] | None) -> Text:
        return Text(self.parts, origin)

    def matches(self, name: str) -> bool:
        """Whether the text can be `name`: a hole stands for one character or more. Linear in both."""
        return self.fitted(name) is not None

    def fitted(self, name: str) -> dict[str, str] | None:
        """What each hole is when the text is `name`: the first way that fits; None where none does."""
        if self.known is not None:
            return {} if self.known == name else None
        found: dict[str, str] = {}
        parts, position = list(self.parts), 0
        tail = parts.pop() if isinstance(parts[-1], str) else ""
        end = len(name) - len(tail) if isinstance(tail, str) else len(name)
        if isinstance(tail, str) and not name.endswith(tail):
            return None
        waiting: Hole | None = None
        for part in parts:
            if isinstance(part, Hole):
                waiting = part
                continue
            start = position if waiting is None else name.find(part, position + 1, end)
            if start < 0 or not name.startswith(part, start):
                return None
            if waiting is not None:
                found[waiting.name] = name[position:start]
            position, waiting = start + len(part), None
        if waiting is None:
            return found if position == end else None
        found[waiting.name] = name[position:end]
        return found if end > position else None

    def filled(self, known: Mapping[str, str]) -> Text:
        """The text with these holes filled in."""
        parts = (known.get(part.name, part) if isinstance(part, Hole) else part for part in self.parts)
        return joined([Text((part,)) for part in parts]).of(self.origin)


def _told(name: str) -> str:
    return f"${{{name}}}" if re.fullmatch(r"[\w.:!#@ -]+", name) else "$(…)"


def literal(text: str, origin: tuple[str, int] | None = None) -> Text:
    return Text((text[:LONGEST],) if text else (), origin)


def hole(name: str, default: str = "") -> Text:
    return Text((Hole(name[:80], default[:LONGEST]),))


def joined(texts: Iterable[Text]) -> Text:
    """One text of several. Neighbouring holes are one: nobody can tell where the first ends."""
    parts: list[Part] = []
    for text in texts:
        for part in text.parts:
            last = parts[-1] if parts else None
            if isinstance(part, str) and isinstance(last, str):
                parts[-1] = last + part
            elif isinstance(part, Hole) and isinstance(last, Hole):
                parts[-1] = Hole(f"{last.name} {part.name}"[:80])
            else:
                parts.append(part)
    if len(parts) > MOST_PARTS or sum(len(part) for part in parts if isinstance(part, str)) > LONGEST:
        return hole("…")
    return Text(tuple(parts))


NOTHING = Text()
