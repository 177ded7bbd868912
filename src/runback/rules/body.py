"""The Markdown under a page's front matter: its sections, and its examples, which are the page's tests."""

from __future__ import annotations

import re
from typing import Literal, NoReturn, Protocol, TypeAlias, cast

import msgspec
import yaml

from runback.model import Example, Scalar

SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation", "Examples")
_OPTIONAL = ("Impact", "Diagnosis")
_EXAMPLE = re.compile(r"### (fires|silent|unknown): (\S.*)")
_UNKNOWN = re.compile(r"unknown\((.+)\)\Z")

Numbered: TypeAlias = list[tuple[int, str]]  # line of the page, text


class Fail(Protocol):
    """Raises ConfigurationError with the page and the line."""

    def __call__(self, line: int, message: str, allowed: str = "") -> NoReturn: ...


class Body(msgspec.Struct, frozen=True):
    """What stands below a page's front matter."""

    sections: dict[str, str]
    examples: tuple[Example, ...]


class Fence(msgspec.Struct, frozen=True):
    """A fenced block of an example."""

    language: str
    first: int  # line of the page on which the content starts
    lines: tuple[str, ...]


def parse_body(lines: list[str], start: int, fail: Fail, *, selects: bool) -> Body:
    """Sections and examples of the lines from index `start` on. `fail` raises with a line of the page."""
    sections: dict[str, Numbered] = {}
    fenced, name = False, ""
    for number, line in enumerate(lines[start:], start + 1):
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            name = line[3:].strip()
            _check_order(name, number, list(sections), fail)
            sections[name] = []
        elif name:
            sections[name].append((number, line))
        elif line.strip():
            fail(number, "text before the first section", "Allowed: " + ", ".join(SECTIONS))
    if fenced:
        fail(len(lines), "a fence ``` is not closed")
    for required in SECTIONS:
        if required not in sections and required not in _OPTIONAL:
            fail(len(lines), f"the section '## {required}' is missing")
    examples = _examples(sections.pop("Examples"), fail, selects=selects)
    _check_examples(examples, len(lines), fail)
    texts = {key: "\n".join(line for _, line in value).strip() for key, value in sections.items()}
    for key, text in texts.items():
        if not text:
            fail(len(lines), f"the section '## {key}' is empty")
    return Body(texts, examples)


def _check_order(name: str, number: int, before: list[str], fail: Fail) -> None:
    if name not in SECTIONS:
        fail(number, f"unknown section {name!r}", "Allowed: " + ", ".join(SECTIONS))
    if before and SECTIONS.index(name) <= SECTIONS.index(before[-1]):
        fail(number, f"the section {name!r} stands in the wrong place", "Order: " + ", ".join(SECTIONS))


def _check_examples(examples: tuple[Example, ...], last: int, fail: Fail) -> None:
    for outcome in ("fires", "silent"):
        if not any(example.outcome == outcome for example in examples):
            fail(last, f"the page has no example '### {outcome}: …'")


def _examples(lines: Numbered, fail: Fail, *, selects: bool) -> tuple[Example, ...]:
    starts: list[tuple[int, str, Numbered]] = []
    fenced = False
    for number, line in lines:
        fenced ^= line.startswith("```")
        if line.startswith("###") and not fenced:
            starts.append((number, line, []))
        elif starts:
            starts[-1][2].append((number, line))
        elif line.strip():
            fail(number, "text before the first example")
    return tuple(_example(number, title, body, fail, selects=selects) for number, title, body in starts)


def _example(number: int, heading: str, body: Numbered, fail: Fail, *, selects: bool) -> Example:
    match = _EXAMPLE.fullmatch(heading.strip())
    if match is None:
        fail(number, f"not an example: {heading!r}", "Allowed: ### fires|silent|unknown: what is shown")
    outcome = cast(Literal["fires", "silent", "unknown"], match[1])
    fences = fences_of(body)
    languages = [fence.language for fence in fences]
    wanted = "yaml" if selects else "log"
    if languages not in ([wanted], [wanted, "text"]):
        fail(number, f"an example has one ```{wanted} block and then one ```text block, not {languages}")
    expected = "\n".join(fences[1].lines) if len(fences) > 1 else ""
    content = "\n".join(fences[0].lines)
    if not selects:
        return Example(outcome=outcome, title=match[2], log=content, expected=expected, line=number)
    rows, unknown = _rows(content, fences[0].first, fail)
    return Example(
        outcome=outcome, title=match[2], rows=rows, unknown=unknown, expected=expected, line=number
    )


def fences_of(body: Numbered) -> list[Fence]:
    """The fenced blocks of an example, in order."""
    fences: list[Fence] = []
    language, first, content = None, 0, list[str]()
    for number, line in body:
        if line.startswith("```") and language is None:
            language, first, content = line[3:].strip(), number + 1, []
        elif line.startswith("```") and language is not None:
            fences.append(Fence(language, first, tuple(content)))
            language = None
        elif language is not None:
            content.append(line)
    return fences


def _rows(content: str, first: int, fail: Fail) -> tuple[tuple[dict[str, Scalar], ...], str]:
    """The rows of a yaml block, or the reason why the whole table is unknown."""
    try:
        raw = yaml.load(content, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = first + (error.problem_mark.line if error.problem_mark else 0)
        fail(line, f"the example is not YAML: {error.problem}")
    if isinstance(raw, str) and (match := _UNKNOWN.match(raw)):
        return (), match[1]
    try:
        rows = msgspec.convert([raw] if isinstance(raw, dict) else raw or [], list[dict[str, Scalar]])
    except msgspec.ValidationError as error:
        fail(first, f"not rows of a table: {error}", "Allowed: a list of column: value, or unknown(reason)")
    return tuple(rows), ""
