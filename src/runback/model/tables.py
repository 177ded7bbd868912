"""Fact tables: named columns, zero or more rows, or a `Gap`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from runback.model.record import Cell, Confidence, Gap, Record


class Where(Record, frozen=True, kw_only=True):
    """A piece of proof. `line` counts from 1 in the source."""

    kind: Literal["log", "resource", "file"]
    source: str  # Log.name, 'network policies of tdp-clamav-nginx-dev', 'scripts/deploy-backend.sh'
    text: str = ""
    line: int | None = None
    url: str | None = None
    log: str | None = None  # Log.id


class Row(Record, frozen=True, kw_only=True):
    """One row of a fact table. Every declared column has a cell; `Gap` means unknown."""

    cells: dict[str, Cell]
    app: str | None = None
    at: datetime | None = None
    until: datetime | None = None  # when it was over, where it took a while
    where: tuple[Where, ...] = ()
    confidence: Confidence | None = None  # lowers the page's, never raises it


ColumnType: TypeAlias = Literal["text", "integer", "number", "boolean", "time"]


class TableSchema(Record, frozen=True, kw_only=True):
    """What the loader of pages holds a `select` against: the columns and what each means."""

    name: str
    about: str
    columns: dict[str, tuple[ColumnType, str]]  # column → type, one line of what it holds
    may_be_unknown: bool = True  # the table depends on evidence that can be missing


class Table(Record, frozen=True, kw_only=True):
    name: str
    rows: tuple[Row, ...] = ()
    unseen: dict[str, Gap] = {}  # app → why its part could not be had: rows of it may be missing


Tables: TypeAlias = Mapping[str, Table | Gap]
