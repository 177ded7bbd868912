"""One Markdown page → `Page`, strictly: a refusal names the file, the line and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

import msgspec
import yaml

from runback.errors import ConfigurationError
from runback.logs.parsers import PARSERS
from runback.model import Confidence, LogKind, Page, RemedyCall, Select, Severity, Signature, Stage, Tier
from runback.rules.body import Body, parse_body
from runback.rules.patterns import objection
from runback.rules.titles import PLACEHOLDER

Operator = Literal["in", "not_in", "regex", "lt", "gt", "exists"]
SOURCES = (*get_args(LogKind), "any")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_AT = re.compile(r" - at (?:`key` in )?`\$?([^`]*)`")


class _SignatureHeader(msgspec.Struct, forbid_unknown_fields=True):
    pattern: str
    provenance: str
    sources: list[str] = msgspec.field(default_factory=lambda: ["any"])
    harmless: list[str] = msgspec.field(default_factory=list, name="not")
    parser: str | None = None


class _SelectHeader(msgspec.Struct, forbid_unknown_fields=True):
    table: str
    where: dict[str, dict[Operator, Any]] = {}


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    title: str
    stage: Stage
    severity: Severity
    confidence: Confidence
    since: str
    tier: Tier = "specific"
    select: _SelectHeader | None = None
    signatures: list[_SignatureHeader] = []
    leads_to: list[str] = []
    remedies: list[str | dict[str, dict[str, str | int | bool]]] = []


class _Reader:
    """A page's file while it is read: turns a complaint into an error that names file and line."""

    def __init__(self, path: Path, shown: str) -> None:
        self.path = path
        self.shown = shown
        self.root: yaml.Node | None = None

    def fail(self, line: int, message: str, allowed: str = "") -> NoReturn:
        raise ConfigurationError(f"{self.shown}:{line}: {message}", allowed)

    def line_of(self, *keys: str | int) -> int:
        """The line of the page on which the value at `keys` of the front matter stands."""
        node, line = self.root, 1
        for key in keys:
            if isinstance(node, yaml.MappingNode):
                found = [pair for pair in node.value if pair[0].value == key]
                if not found:
                    break
                line, node = found[0][0].start_mark.line, found[0][1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                line = node.start_mark.line
        return line + 2 if keys and self.root is not None else line  # the front matter starts under '---'


def parse_page(path: Path, shown: str = "") -> Page:
    """The page of a Markdown file.

    `shown` is the name that errors and `Page.path` carry. Raises `ConfigurationError` on the first thing
    that the format does not allow.
    """
    reader = _Reader(path, shown or str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{reader.shown}: cannot be read: {error}") from error
    lines = text.split("\n")
    if lines[0] != "---" or "---" not in lines[1:]:
        reader.fail(1, "a page starts with a front matter between two lines '---'")
    end = lines.index("---", 1)
    header = _header(reader, "\n".join(lines[1:end]))
    _check_header(reader, header)
    body = parse_body(lines, end + 1, reader.fail, selects=header.select is not None)
    return _page(reader, header, body)


def _header(reader: _Reader, text: str) -> _Header:
    try:
        reader.root = yaml.compose(text, Loader=yaml.CSafeLoader)
        raw = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        reader.fail(line, f"the front matter is not YAML: {error.problem}")
    try:
        return msgspec.convert(raw, _Header)
    except msgspec.ValidationError as error:
        message = str(error)
        at = _AT.search(message)
        keys = _keys(at[1]) if at else []
        unknown = re.search(r"unknown field `(\w+)`", message)
        reader.fail(
            reader.line_of(*keys, *([unknown[1]] if unknown else [])),
            _AT.sub("", message) + (f" ({'.'.join(str(key) for key in keys)})" if keys else ""),
            "Allowed here: " + ", ".join(_allowed(keys)),
        )


def _keys(path: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.findall(r"\w+", path) if part]


def _allowed(keys: list[str | int]) -> Iterator[str]:
    enumerations = {"stage": Stage, "severity": Severity, "confidence": Confidence, "tier": Tier}
    if keys and keys[0] in enumerations:
        yield from get_args(enumerations[str(keys[0])])
    elif keys and keys[0] == "select" and "where" in keys:
        yield from get_args(Operator)
    else:
        parts: dict[str, type[msgspec.Struct]] = {"select": _SelectHeader, "signatures": _SignatureHeader}
        part = parts.get(str(keys[0]) if keys else "", _Header)
        yield from (field.encode_name for field in msgspec.structs.fields(part))


def _check_header(reader: _Reader, header: _Header) -> None:
    if header.id != reader.path.stem or not _ID.match(header.id):
        reader.fail(
            reader.line_of("id"),
            f"the id {header.id!r} is not the file's name",
            f"Allowed: a kebab slug, here {reader.path.stem!r}",
        )
    if (header.select is None) == (not header.signatures):
        reader.fail(reader.line_of("select"), "a page has either a select or signatures")
    for index, signature in enumerate(header.signatures):
        _check_signature(reader, index, signature)
    if header.signatures:
        known = _signature_columns(header)
        for name in PLACEHOLDER.findall(header.title):
            if name not in known:
                allowed = "Allowed: " + (", ".join(sorted(known)) or "no placeholder")
                reader.fail(
                    reader.line_of("title"), f"the title's {{{name}}} is no group of every signature", allowed
                )


def _check_signature(reader: _Reader, index: int, signature: _SignatureHeader) -> None:
    for key, patterns in (("pattern", [signature.pattern]), ("not", signature.harmless)):
        for pattern in patterns:
            if complaint := objection(pattern):
                reader.fail(reader.line_of("signatures", index, key), f"{pattern!r}: {complaint}")
    for source in signature.sources:
        if source not in SOURCES:
            line = reader.line_of("signatures", index, "sources")
            reader.fail(line, f"unknown source {source!r}", "Allowed: " + ", ".join(SOURCES))
    if signature.parser is not None and signature.parser not in PARSERS:
        line = reader.line_of("signatures", index, "parser")
        reader.fail(line, f"unknown parser {signature.parser!r}", "Allowed: " + ", ".join(PARSERS))


def _signature_columns(header: _Header) -> set[str]:
    """The names that every signature of the page fills: its groups, or its parser's columns."""
    columns = []
    for signature in header.signatures:
        names = set(re.compile(signature.pattern).groupindex)
        if signature.parser is not None:
            names |= set(PARSERS[signature.parser].columns)
        columns.append(names)
    return set.intersection(*columns)


def _page(reader: _Reader, header: _Header, body: Body) -> Page:
    select = None
    if header.select is not None:
        where = {
            column: {str(operator): operand for operator, operand in operators.items()}
            for column, operators in header.select.where.items()
        }
        select = Select(table=header.select.table, where=where)
    return Page(
        id=header.id,
        title=header.title,
        stage=header.stage,
        severity=header.severity,
        confidence=header.confidence,
        since=header.since,
        tier=header.tier,
        select=select,
        signatures=tuple(
            Signature(
                pattern=signature.pattern,
                provenance=signature.provenance,
                sources=tuple(signature.sources),
                harmless=tuple(signature.harmless),
                parser=signature.parser,
                line=reader.line_of("signatures", index, "pattern"),
            )
            for index, signature in enumerate(header.signatures)
        ),
        leads_to=tuple(header.leads_to),
        remedies=tuple(_remedy(reader, index, call) for index, call in enumerate(header.remedies)),
        meaning=body.sections.get("Meaning", ""),
        impact=body.sections.get("Impact", ""),
        diagnosis=body.sections.get("Diagnosis", ""),
        mitigation=body.sections.get("Mitigation", ""),
        examples=body.examples,
        path=reader.shown,
    )


def _remedy(reader: _Reader, index: int, call: str | dict[str, dict[str, str | int | bool]]) -> RemedyCall:
    if isinstance(call, str):
        return RemedyCall(id=call)
    if len(call) != 1:
        reader.fail(reader.line_of("remedies", index), "one remedy an entry: - name: {parameter: value}")
    ((name, parameters),) = call.items()
    return RemedyCall(id=name, parameters={key: str(value) for key, value in parameters.items()})
