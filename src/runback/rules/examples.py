"""Every page's examples as tests: what the page says of them, compared with what it promises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from runback.model import Cell, Example, Gap, Log, LogText, Outcome, Page, Row, Scalar, Table, TableSchema
from runback.rules.body import fences_of
from runback.rules.runbook import Runbook

_UNKNOWN = re.compile(r"unknown\((.+)\)\Z")


class ExampleResult(msgspec.Struct, frozen=True):
    """What became of one example of a page."""

    page: str
    example: Example
    outcome: str  # fires | silent | unknown
    text: str  # what the page says
    passed: bool
    place: str  # 'runbook/connect/policy-missing.md:41'


def run(
    runbook: Runbook, schemas: Mapping[str, TableSchema], pages: Iterable[str] = ()
) -> tuple[ExampleResult, ...]:
    """The result of each example of the named pages, of all where none is named."""
    chosen = [runbook.page(name) for name in pages] or runbook.pages
    return tuple(_run_example(page, example, schemas) for page in chosen for example in page.examples)


def _run_example(page: Page, example: Example, schemas: Mapping[str, TableSchema]) -> ExampleResult:
    outcome = _outcome(page, example, schemas)
    name = "fires" if outcome.findings else "unknown" if outcome.unknown else "silent"
    text = said(outcome)
    passed = name == example.outcome and (not example.expected or text == example.expected)
    if name == "fires" and not example.expected:
        passed = False  # what a page says when it fires is always shown
    return ExampleResult(page.id, example, name, text, passed, f"{page.path}:{example.line}")


def _outcome(page: Page, example: Example, schemas: Mapping[str, TableSchema]) -> Outcome:
    alone = Runbook([page])
    if page.select is None:
        log = Log(id="example", kind="input", name="example", text=LogText(example.log.encode()))
        return alone.outcomes({}, [log])[0]
    name = page.select.table
    if example.unknown:
        return alone.outcomes({name: Gap(what=name, reason=example.unknown)})[0]
    columns = schemas[name].columns
    rows = tuple(_row({column: row.get(column) for column in columns}) for row in example.rows)
    return alone.outcomes({name: Table(name=name, rows=rows)})[0]


def _row(cells: dict[str, Scalar]) -> Row:
    read: dict[str, Cell] = {}
    for column, cell in cells.items():
        unknown = _UNKNOWN.match(cell) if isinstance(cell, str) else None
        read[column] = Gap(what=column, reason=unknown[1]) if unknown else cell
    app = cells.get("app")
    return Row(cells=read, app=app if isinstance(app, str) else None)


def said(outcome: Outcome) -> str:
    """What a page says of an example: a line for each finding, or the reasons why it cannot tell."""
    if not outcome.findings:
        return "\n".join(outcome.unknown)
    lines = []
    for finding in outcome.findings:
        place = f" (line {finding.where[0].line}" if finding.where else ""
        times = f", {finding.count} times" if finding.count > 1 else ""
        lines.append(finding.title + (f"{place}{times})" if place else ""))
    return "\n".join(lines)


def rewrite(results: Iterable[ExampleResult], root: Path) -> tuple[str, ...]:
    """Writes what pages say now as the expected text of their examples; pages' paths are under `root`.

    Returns the files that changed. An example whose outcome differs from its heading is left alone: that is a
    fault of the page or of the example, not of the wording.
    """
    by_file: dict[Path, list[ExampleResult]] = {}
    for result in results:
        if result.outcome == result.example.outcome and not result.passed:
            by_file.setdefault(root / result.place.rsplit(":", 1)[0], []).append(result)
    for file, found in by_file.items():
        lines = file.read_text(encoding="utf-8").split("\n")
        for result in sorted(found, key=lambda result: -result.example.line):
            _replace(lines, result)
        file.write_text("\n".join(lines), encoding="utf-8")
    return tuple(str(file) for file in by_file)


def _replace(lines: list[str], result: ExampleResult) -> None:
    """Puts the text into the example's ```text block, or a new one under its input."""
    start = result.example.line  # the index of the line after the heading
    end = next((i for i in range(start, len(lines)) if _heads_example(lines, start, i)), len(lines))
    fences = fences_of(list(enumerate(lines[start:end], start)))
    block = ["```text", *result.text.split("\n"), "```"]
    first = fences[1].first - 1 if len(fences) > 1 else fences[0].first + len(fences[0].lines) + 1
    last = first + len(fences[1].lines) + 2 if len(fences) > 1 else first
    lines[first:last] = block


def _heads_example(lines: list[str], start: int, index: int) -> bool:
    open_fences = sum(line.startswith("```") for line in lines[start:index])
    return lines[index].startswith("### ") and open_fences % 2 == 0
