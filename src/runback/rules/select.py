"""Evaluation of a page's `select`: which rows of a fact table it takes, and of which it cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from runback.model import Cell, Confidence, Finding, Gap, Outcome, Page, Row, Scalar, Select, Table
from runback.rules.engine import Matcher
from runback.rules.titles import filled

_ORDER: tuple[Confidence, ...] = ("low", "medium", "high")
Operand = Scalar | list[Scalar]


def outcome(page: Page, select: Select, table: Table | Gap) -> Outcome:
    """What the page says of one table."""
    if isinstance(table, Gap):
        return Outcome(page=page.id, unknown=(f"{table.what}: {table.reason}",))
    findings, unknown = [], {f"{gap.what}: {gap.reason}": None for gap in table.unseen.values()}
    for row in table.rows:
        verdict = judge(select, row)
        if isinstance(verdict, Gap):
            unknown[f"{verdict.what}: {verdict.reason}"] = None
        elif verdict:
            findings.append(_finding(page, row))
    because = "" if findings or unknown else _because(table)
    return Outcome(page=page.id, findings=tuple(findings), unknown=tuple(unknown), because=because)


def judge(select: Select, row: Row) -> bool | Gap:
    """Whether the row is selected; the first `Gap` where that hangs on what could not be had."""
    gap: Gap | None = None
    for column, operators in select.where.items():
        cell = row.cells.get(column)
        for operator, operand in operators.items():
            if isinstance(cell, Gap):
                gap = gap or cell
            elif not _OPERATORS[operator](cell, operand):
                return False
    return gap or True


def _because(table: Table) -> str:
    count = len(table.rows)
    return f"{count} row{'s' * (count != 1)} of {table.name} looked at" if count else f"{table.name} is empty"


def _finding(page: Page, row: Row) -> Finding:
    values = {name: cell for name, cell in row.cells.items() if not isinstance(cell, Gap)}
    confidence = page.confidence
    if row.confidence is not None:
        confidence = min(confidence, row.confidence, key=_ORDER.index)
    return Finding(
        page=page.id,
        title=filled(page.title, values),
        stage=page.stage,
        severity=page.severity,
        confidence=confidence,
        tier=page.tier,
        app=row.app,
        at=row.at,
        until=row.until,
        where=row.where,
        values=values,
        leads_to=page.leads_to,
    )


def _same(cell: Scalar, operand: Scalar) -> bool:
    return cell == operand and isinstance(cell, bool) == isinstance(operand, bool)


def _in(cell: Cell, operand: Operand) -> bool:
    return isinstance(operand, list) and any(_same(_scalar(cell), value) for value in operand)


def _scalar(cell: Cell) -> Scalar:
    return None if isinstance(cell, Gap) else cell


def _less(cell: Cell, operand: Operand) -> bool:
    if isinstance(cell, str) and isinstance(operand, str):
        return cell < operand  # times in ISO form
    return isinstance(cell, int | float) and isinstance(operand, int | float) and cell < operand


def _greater(cell: Cell, operand: Operand) -> bool:
    if isinstance(cell, str) and isinstance(operand, str):
        return cell > operand
    return isinstance(cell, int | float) and isinstance(operand, int | float) and cell > operand


@lru_cache(maxsize=512)
def _matcher(pattern: str) -> Matcher:
    return Matcher([pattern])


def _regex(cell: Cell, operand: Operand) -> bool:
    return isinstance(cell, str) and _matcher(str(operand)).matches(cell.replace("\n", " ").encode())


_OPERATORS: dict[str, Callable[[Cell, Operand], bool]] = {
    "in": _in,
    "not_in": lambda cell, operand: not _in(cell, operand),
    "regex": _regex,
    "lt": _less,
    "gt": _greater,
    "exists": lambda cell, operand: (cell is not None) == operand,
}
