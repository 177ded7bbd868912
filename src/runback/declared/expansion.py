"""What a shell makes of `${…}`, as far as the text in the braces is known."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

from runback.declared.text import LONGEST, Hole, Text, hole, joined, literal

_COMPARED = 500  # characters of a text, and of a pattern, that are compared


def expanded(name: str, value: Text | None, operator: str, arguments: tuple[Text, ...]) -> Text:
    """`${name<operator>arguments}`. `value` is None where nobody in sight sets the variable."""
    if operator in (":-", "-", ":=", "="):
        return _or_default(name, value, operator, arguments)
    if operator in (":+", "+"):
        set_ = value is not None and (operator == "+" or value.parts)
        return (arguments or (Text(),))[0] if set_ else Text() if value is not None else hole(name)
    if operator in (":?", "?") or not operator:
        return value if value is not None else hole(name)
    if value is None:
        return hole(f"{name}{operator}{''.join(one.shown for one in arguments)}")
    return _OPERATORS.get(operator, _unknown)(name, value, operator, arguments)


def _or_default(name: str, value: Text | None, operator: str, arguments: tuple[Text, ...]) -> Text:
    default = arguments[0] if arguments else Text()
    if value is None:
        return hole(name, default.known or "")
    if operator.startswith(":") and not value.parts:
        return default
    if (
        value.bare
        and len(value.parts) == 1
        and isinstance(value.parts[0], Hole)
        and not value.parts[0].default
    ):
        return hole(value.parts[0].name, default.known or "")
    return value


def _without_start(name: str, value: Text, operator: str, arguments: tuple[Text, ...]) -> Text:
    return _without(name, value, arguments, longest=operator == "##", end=False)


def _without_end(name: str, value: Text, operator: str, arguments: tuple[Text, ...]) -> Text:
    return _without(name, value, arguments, longest=operator == "%%", end=True)


def _without(name: str, value: Text, arguments: tuple[Text, ...], *, longest: bool, end: bool) -> Text:
    name = f"{name}{'%' if end else '#'}{arguments[0].shown if arguments else ''}"
    pattern = arguments[0].known if arguments else ""
    if pattern is None:
        return hole(name)
    edge = value.parts[-1 if end else 0] if value.parts else ""
    plain = not re.search(r"[*?\[]", pattern)
    if isinstance(edge, str) and plain:
        return _cut(value, edge, pattern, end=end)
    text = value.known
    if text is None or len(text) > _COMPARED:
        return hole(name)
    lengths = range(len(text) + 1)
    for length in reversed(lengths) if longest else lengths:
        if _matches(text[len(text) - length :] if end else text[:length], pattern):
            return literal(text[: len(text) - length] if end else text[length:])
    return value


def _cut(value: Text, edge: str, pattern: str, *, end: bool) -> Text:
    """A literal prefix or suffix taken away, where it is there."""
    rest = edge.removesuffix(pattern) if end else edge.removeprefix(pattern)
    others = value.parts[:-1] if end else value.parts[1:]
    own = (rest,) if rest else ()
    return Text((*others, *own) if end else (*own, *others))


def _replaced(name: str, value: Text, operator: str, arguments: tuple[Text, ...]) -> Text:
    pattern = arguments[0].known if arguments else None
    new = arguments[1].known if len(arguments) > 1 else ""
    text = value.known
    if text is None or not pattern or new is None or re.search(r"[*?\[\\]", pattern):
        return hole(f"{name}/{pattern}")
    return literal(text.replace(pattern, new, -1 if operator == "//" else 1)[:LONGEST])


def _at_the_edge(name: str, value: Text, operator: str, arguments: tuple[Text, ...]) -> Text:
    """`${name/#start/new}`, `${name/%end/new}`; without a start or end, something is put before or behind."""
    pattern = arguments[0].known if arguments else ""
    new, at_end = (arguments[1] if len(arguments) > 1 else Text()), operator == "/%"
    if pattern is None or re.search(r"[*?\[\\]", pattern):
        return hole(f"{name}{operator}")
    edge = (value.parts[-1 if at_end else 0] if value.parts else "") if pattern else ""
    if not isinstance(edge, str):
        return hole(f"{name}{operator}{pattern}")
    if not (edge.endswith(pattern) if at_end else edge.startswith(pattern)):
        return value
    rest = _cut(value, edge, pattern, end=at_end) if pattern else value
    return joined((rest, new) if at_end else (new, rest))


def _upper_or_lower(name: str, value: Text, operator: str, _: tuple[Text, ...]) -> Text:
    change: Callable[[str], str] = str.upper if operator.startswith("^") else str.lower
    first_only = len(operator) == 1
    text = value.known
    if text is None:
        return hole(f"{name}{operator}")
    return literal(change(text[:1]) + text[1:] if first_only else change(text))


def _slice(name: str, value: Text, _: str, arguments: tuple[Text, ...]) -> Text:
    text, numbers = value.known, [one.known for one in arguments]
    if text is None or not all(number is not None and re.fullmatch(r"\d{1,4}", number) for number in numbers):
        return hole(f"{name}:")
    start, *length = (int(number or 0) for number in numbers)
    return literal(text[start : start + length[0]] if length else text[start:])


def _unknown(name: str, *_: object) -> Text:
    return hole(name)


_OPERATORS: dict[str, Callable[[str, Text, str, tuple[Text, ...]], Text]] = {
    "#": _without_start,
    "##": _without_start,
    "%": _without_end,
    "%%": _without_end,
    "/": _replaced,
    "//": _replaced,
    "/#": _at_the_edge,
    "/%": _at_the_edge,
    "^": _upper_or_lower,
    "^^": _upper_or_lower,
    ",": _upper_or_lower,
    ",,": _upper_or_lower,
    ":": _slice,
}


def _matches(text: str, pattern: str) -> bool:
    return (
        max(len(pattern), len(text)) <= _COMPARED
        and pattern.count("*") <= 3
        and fnmatch.fnmatchcase(text, pattern)
    )


def matches(value: Text, pattern: Text) -> bool | None:
    """Whether the text fits a pattern of `case` or `[[ … == … ]]`; None where that cannot be told."""
    glob = pattern.known
    if glob is None:
        return None
    if glob == "*":
        return True
    text = value.known
    if text is not None:
        return _matches(text, glob)
    if re.search(r"[*?\[]", glob):
        return None
    return None if value.matches(glob) else False


def fields(text: Text) -> list[Text]:
    """The words that an unquoted expansion becomes."""
    known = text.known
    if known is None:
        return [text]
    return [literal(word, text.origin) for word in known.split()]


def split(text: Text, separators: str) -> list[Text]:
    """The fields that `read` makes of a line. Blanks are one separator together, others are one each."""
    found: list[list[Text]] = [[]]
    blank = not separators.strip()
    for part in text.parts:
        pieces = (
            re.split(f"[{re.escape(separators)}]", part) if isinstance(part, str) and separators else [part]
        )
        for index, piece in enumerate(pieces):
            if index:
                found.append([])
            if isinstance(piece, Hole) or piece:
                found[-1].append(Text((piece,)))
    return [joined(one).of(text.origin) for one in found if one or not blank]


def united(texts: list[Text], between: str = " ") -> Text:
    if len(texts) == 1:
        return texts[0]
    parts: list[Text] = []
    for text in texts:
        parts += ([literal(between)] if parts else []) + [text]
    return joined(parts)
