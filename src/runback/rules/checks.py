"""What can only be checked with all pages and tables at hand: tables, columns, operators, names, cycles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NoReturn

from runback.errors import ConfigurationError
from runback.model import ColumnType, Page, Scalar, Select, TableSchema
from runback.rules.patterns import objection
from runback.rules.titles import PLACEHOLDER

_ORDERED: tuple[ColumnType, ...] = ("integer", "number", "time")


def check(pages: Mapping[str, Page], schemas: Mapping[str, TableSchema], symptoms: Iterable[str]) -> None:
    """Raises `ConfigurationError` on the first page that names what does not exist."""
    names = {*pages, *symptoms}
    for page in pages.values():
        if page.select is not None:
            _check_select(page, page.select, schemas)
        for name in page.leads_to:
            if name not in names:
                _fail(page, f"leads_to names {name!r}, which is no page and no symptom", _near(name, names))
    _check_cycles(pages)


def _fail(page: Page, message: str, advice: str = "") -> NoReturn:
    raise ConfigurationError(f"{page.path}: {message}", advice)


def _near(name: str, names: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    return "Near it: " + ", ".join(near) if near else ""


def _check_select(page: Page, select: Select, schemas: Mapping[str, TableSchema]) -> None:
    schema = schemas.get(select.table)
    if schema is None:
        _fail(page, f"unknown table {select.table!r}", "Allowed: " + ", ".join(sorted(schemas)))
    allowed = f"Columns of {schema.name}: " + ", ".join(schema.columns)
    for column, operators in select.where.items():
        if column not in schema.columns:
            _fail(page, f"unknown column {column!r} of the table {schema.name}", allowed)
        for operator, operand in operators.items():
            if complaint := _operand(schema.columns[column][0], operator, operand):
                _fail(page, f"{column}: {operator}: {complaint}")
    parameters = [value for call in page.remedies for value in call.parameters.values()]
    for text in (page.title, *parameters):
        for name in PLACEHOLDER.findall(text):
            if name not in schema.columns:
                _fail(page, f"{{{name}}} is no column of the table {schema.name}", allowed)
    outcomes = {example.outcome for example in page.examples}
    if schema.may_be_unknown and "unknown" not in outcomes:
        _fail(page, f"the table {schema.name} can be unknown: an example '### unknown: …' is missing")
    for example in page.examples:
        for row in example.rows:
            for column in row:
                if column not in schema.columns:
                    _fail(page, f"{column!r} in the example of line {example.line} is no column", allowed)


def _operand(kind: ColumnType, operator: str, operand: Scalar | list[Scalar]) -> str:
    """What is wrong with an operand; '' where nothing is."""
    if operator == "exists":
        return "" if isinstance(operand, bool) else "takes true or false"
    if operator in ("in", "not_in"):
        if not isinstance(operand, list) or not operand:
            return "takes a list"
        wrong = [value for value in operand if not _fits(kind, value)]
        return f"{wrong[0]!r} is no {kind}" if wrong else ""
    if operator == "regex":
        if kind != "text" or not isinstance(operand, str):
            return "takes a pattern, on a column of text"
        return objection(operand)
    if kind not in _ORDERED:
        return f"needs a column that has an order, not {kind}"
    return "" if not isinstance(operand, list) and _fits(kind, operand) else f"takes a {kind}"


def _fits(kind: ColumnType, value: Scalar) -> bool:
    if value is None:
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(value, int if kind == "integer" else int | float)
    return isinstance(value, str) and (kind != "time" or re.match(r"\d{4}-\d\d-\d\d", value) is not None)


def _check_cycles(pages: Mapping[str, Page]) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            _fail(
                pages[name],
                "leads_to goes round in a circle: " + " → ".join((*path[path.index(name) :], name)),
            )
        if name in done or name not in pages:
            return
        for following in pages[name].leads_to:
            visit(following, (*path, name))
        done.add(name)

    for name in pages:
        visit(name, ())
