"""How the schema of a table is written."""

from __future__ import annotations

from collections.abc import Mapping

from runback.model import ColumnType, TableSchema

TYPES: Mapping[str, ColumnType] = {
    "text": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "time": "time",
}


def table(name: str, about: str, columns: str, *, may_be_unknown: bool = True) -> TableSchema:
    """A schema from lines of 'column type what it holds'."""
    parsed: dict[str, tuple[ColumnType, str]] = {}
    for line in columns.strip().splitlines():
        column, kind, meaning = line.split(maxsplit=2)
        parsed[column] = (TYPES[kind], meaning)
    return TableSchema(name=name, about=about, columns=parsed, may_be_unknown=may_be_unknown)
